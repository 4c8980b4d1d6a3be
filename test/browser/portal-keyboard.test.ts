/** Signing in, setting up an authenticator, ending sessions and signing out with nothing but a keyboard. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Locator, Page } from 'playwright-core';
import { codeAt, makePerson, makePersonWithCode, wrongCode } from '../server.ts';
import { keyboardWalk } from './checks.ts';
import { enter, type Hand, looks, nextCode, openPlace, type Place, scan, tryToSignIn } from './steps.ts';

let place: Place;

before(async () => {
  place = await openPlace();
});

after(() => place?.close());

for (const { name: look, options } of looks) {
  test(`signing in with a code: the focus is where one types, and on what went wrong (${look})`, async () => {
    const bob = await makePersonWithCode(place.world, `bob-${look}`);
    const hand = await enter(place, options);
    const { page } = hand;
    await hand.open('/sign-in');
    await hasFocus(page.getByLabel('Name'));
    assert.deepEqual(await keyboardWalk(page), [
      'Skip to content',
      'Countersign',
      'Name',
      'Password',
      'Show password',
      'Sign in',
      'API pages',
    ]);
    await hand.open('/sign-in');
    await hasFocus(page.getByLabel('Name'));
    await page.keyboard.type(bob.name);
    await page.keyboard.press('Tab');
    await page.keyboard.type('not the password');
    await enterAndArrive(page);
    await isWrong(hand, ['Name', 'Password']);
    await tabTo(page.getByLabel('Password', { exact: true }));
    await page.keyboard.type(bob.password);
    await tabTo(page.getByRole('button', { name: 'Show password' }));
    await page.keyboard.press('Space');
    assert.equal(await page.getByLabel('Password', { exact: true }).getAttribute('type'), 'text');
    await tabTo(page.getByRole('button', { name: 'Sign in' }));
    await enterAndArrive(page, 'Space');

    await hand.at('Enter your code');
    await hasFocus(page.getByLabel('6-digit code'));
    await page.keyboard.type(wrongCode(place.world, bob.secret ?? Buffer.of()));
    await enterAndArrive(page);
    await isWrong(hand, ['6-digit code']);
    await keyboardWalk(page);
    await tabTo(page.getByRole('link', { name: 'Use a recovery code' }));
    await enterAndArrive(page);
    await hand.at('Use a recovery code');
    await hasFocus(page.getByLabel('Recovery code'));
    await keyboardWalk(page);
    await tabTo(page.getByRole('link', { name: 'Use a code of the app' }));
    await enterAndArrive(page);
    await hasFocus(page.getByLabel('6-digit code'));
    await page.keyboard.type(nextCode(place, bob));
    await enterAndArrive(page);
    await hand.at('Your account');
    await hand.close();
  });

  test(`setting up an authenticator, saving the codes, ending sessions, signing out (${look})`, async () => {
    const alice = await makePerson(place.world, `alice-${look}`);
    await tryToSignIn(place, alice);
    const hand = await enter(place, options);
    const { page } = hand;
    await hand.open('/sign-in?return_to=/account');
    await hasFocus(page.getByLabel('Name'));
    await page.keyboard.type(alice.name);
    await page.keyboard.press('Tab');
    await page.keyboard.type(alice.password);
    await enterAndArrive(page);
    await hand.at('Your account');
    await keyboardWalk(page);
    await tabTo(page.getByRole('link', { name: 'Set up an authenticator app' }));
    await enterAndArrive(page);

    await hand.at('Set up your authenticator app');
    const { secret } = await scan(hand);
    await keyboardWalk(page);
    await tabTo(page.getByLabel('6-digit code'));
    await page.keyboard.type(wrongCode(place.world, secret));
    await enterAndArrive(page);
    await isWrong(hand, ['6-digit code']);
    await tabTo(page.getByLabel('6-digit code'));
    await page.keyboard.type(codeAt(secret, place.world.now()));
    await enterAndArrive(page);
    await hand.at('Save your recovery codes');
    await keyboardWalk(page);
    await tabTo(page.getByLabel('I have saved them'));
    await page.keyboard.press('Space');
    await tabTo(page.getByRole('button', { name: 'Continue' }));
    await enterAndArrive(page);
    await hand.at('Your account');

    await tryToSignIn(place, alice, { otp: nextCode(place, { ...alice, secret }) });
    await openMenuAnd(page, page.getByRole('link', { name: 'Sessions', exact: true }));
    await hand.at('Where you are signed in');
    await keyboardWalk(page);
    await tabTo(page.getByRole('button', { name: 'Sign out everywhere else' }));
    await enterAndArrive(page);
    await hand.says('status', /signed out everywhere else/);
    await openMenuAnd(page, page.locator('header').getByRole('button', { name: 'Sign out' }));
    await hand.says('status', /You are signed out/);
    await hand.close();
  });
}

/** A page gives the focus when it is drawn, which may be after it has come. */
function hasFocus(locator: Locator): Promise<void> {
  return locator.and(locator.page().locator(':focus')).waitFor();
}

function isFocused(locator: Locator): Promise<boolean> {
  return locator.evaluate((element: { matches(selector: string): boolean }) => element.matches(':focus'));
}

/** Goes on by Tab until this has the focus, which must be seen there. */
async function tabTo(locator: Locator): Promise<void> {
  const page = locator.page();
  for (let presses = 0; presses < 40; presses += 1) {
    await page.keyboard.press('Tab');
    if (!(await isFocused(locator))) continue;
    const outline = await page.evaluate<string>('getComputedStyle(document.activeElement).outlineStyle');
    return assert.notEqual(outline, 'none', `${locator} does not show that it has the focus`);
  }
  assert.fail(`the keyboard does not reach ${locator}`);
}

async function enterAndArrive(page: Page, key: 'Enter' | 'Space' = 'Enter'): Promise<void> {
  await Promise.all([page.waitForEvent('load'), page.keyboard.press(key)]);
}

/** Unfolds the menu where it is folded, and uses something in it. */
async function openMenuAnd(page: Page, locator: Locator): Promise<void> {
  const menu = page.locator('header summary');
  if (await menu.isVisible()) {
    await tabTo(menu);
    await page.keyboard.press('Enter');
  }
  await tabTo(locator);
  await enterAndArrive(page);
}

/** The summary has the focus, the title says so, and these fields point to it. */
async function isWrong({ page }: Hand, labels: string[]): Promise<void> {
  assert.match(await page.title(), /^Error: /);
  await hasFocus(page.getByRole('alert'));
  for (const label of labels) {
    const field = page.getByLabel(label, { exact: true });
    assert.equal(await field.getAttribute('aria-invalid'), 'true', label);
    const described = (await field.getAttribute('aria-describedby'))?.split(' ') ?? [];
    assert.ok(described.includes('error'), label);
  }
  assert.notEqual((await page.locator('#error').innerText()).trim(), '');
}
