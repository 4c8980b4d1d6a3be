/** The forms that people and their password managers fill in: how heavy, how named, and what a script adds to them. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Page } from 'playwright-core';
import { makePerson, makePersonWithCode } from '../server.ts';
import { dump } from '../tables.ts';
import { transferred } from './checks.ts';
import { openPage } from './chromium.ts';
import { enter, nextCode, openPlace, type Place } from './steps.ts';

let place: Place;
/** What every form waits for before it is judged. */
let held: Promise<void> | undefined;

before(async () => {
  place = await openPlace({
    prepare: ({ server }) =>
      server.addHook('preHandler', async ({ method }) => {
        if (method === 'POST') await held;
      }),
  });
});

after(() => place?.close());

test('the sign-in page and all that it loads is small, is three requests at most, and all our own', async () => {
  const { page, troubles } = await openPage(place.browser, place.origin);
  const { requests, bytes } = await transferred(page, '/sign-in');
  assert.ok(bytes > 1000 && bytes <= 15_000, `${bytes} bytes`);
  assert.ok(requests.length <= 3, requests.join(' '));
  assert.ok(
    requests.some((url) => /\/portal\.[^/]*js$/.test(url)),
    'with its script',
  );
  assert.deepEqual(troubles, []);
  await page.context().close();
});

test('password managers find one form, the names they know, and a page without it after success', async () => {
  const bob = await makePersonWithCode(place.world, 'bob');
  const hand = await enter(place);
  const fields = () => describeFields(hand.page);
  await hand.open('/sign-in');
  assert.deepEqual(await fields(), [
    '/sign-in',
    'text username username username webauthn',
    'password password password current-password',
  ]);
  await hand.send({ username: bob.name, password: bob.password });
  assert.deepEqual(await fields(), ['/sign-in/code', 'text username username username', 'text otp otp one-time-code']);
  assert.equal(await hand.page.locator('#username').inputValue(), bob.name);
  const answers: [number, string][] = [];
  hand.page.on('response', (answer) => {
    if (answer.request().isNavigationRequest()) answers.push([answer.status(), new URL(answer.url()).pathname]);
  });
  await hand.send({ otp: nextCode(place, bob) });
  assert.deepEqual(answers, [
    [303, '/sign-in/code'],
    [200, '/account'],
  ]);
  assert.equal(await hand.page.locator('main form').count(), 0);
  await hand.open('/account/password');
  assert.deepEqual(await fields(), [
    '/account/password',
    'text username username username',
    'password current current current-password',
    'password new new new-password',
  ]);
  assert.equal(await hand.page.locator('#username').inputValue(), bob.name);
  await hand.open('/reauthenticate');
  assert.deepEqual(await fields(), [
    '/reauthenticate',
    'text username username username',
    'password password password current-password',
    'text otp otp one-time-code',
  ]);
  const { link = '' } = await place.world.server.users.create({ name: 'ivy' });
  await hand.open(link);
  assert.deepEqual(await fields(), [
    '/invitation',
    'text username username username',
    'password password password new-password',
  ]);
  await hand.close();
});

test('a password can be shown, is hidden again when it is sent, and nothing is lost by it', async () => {
  const { page } = await enter(place);
  await page.goto('/sign-in');
  const field = page.getByLabel('Password', { exact: true });
  const button = page.getByRole('button', { name: 'Show password' });
  const state = async () => [await field.getAttribute('type'), await button.getAttribute('aria-pressed')];
  await page.getByLabel('Name').fill('alice');
  await field.fill('  correct horse ');
  assert.deepEqual(await state(), ['password', 'false']);
  await button.click();
  assert.deepEqual(await state(), ['text', 'true']);
  await button.click();
  assert.deepEqual(await state(), ['password', 'false']);
  await button.click();
  // Sent, but for once not away: so that one can look.
  await page.evaluate('document.addEventListener("submit", (event) => event.preventDefault())');
  await field.press('Enter');
  assert.deepEqual(await state(), ['password', 'false']);
  assert.equal(await field.inputValue(), '  correct horse ');
  await page.context().close();
});

test('whatever one types can be pasted instead', async () => {
  const root = await makePersonWithCode(place.world, 'root', true);
  const hand = await enter(place, { permissions: ['clipboard-read', 'clipboard-write'] });
  const seen: string[] = [];
  const pasteEverywhere = async (): Promise<void> => {
    await hand.page.evaluate('navigator.clipboard.writeText("123456")');
    for (const field of await hand.page.locator('main input:not([type=hidden], [type=checkbox], [type=date])').all()) {
      if (!(await field.isVisible()) || !(await field.isEditable())) continue;
      await field.fill('');
      await field.press('ControlOrMeta+V');
      assert.equal(await field.inputValue(), '123456', String(field));
      seen.push((await field.getAttribute('name')) ?? '');
    }
    assert.equal(await hand.page.locator('[autocomplete=off], [onpaste], [maxlength="6"]').count(), 0);
  };
  await hand.open('/sign-in');
  await pasteEverywhere();
  await hand.send({ username: root.name, password: root.password });
  await pasteEverywhere();
  await hand.follow('Use a recovery code');
  await pasteEverywhere();
  await hand.follow('Use a code of the app');
  await hand.send({ otp: nextCode(place, root) });
  const { link = '' } = await place.world.server.users.create({ name: 'zoe' });
  for (const path of ['/reauthenticate', '/account/password', '/admin/users', '/admin/service-tokens', link]) {
    await hand.open(path);
    await pasteEverywhere();
  }
  const wanted = ['username', 'password', 'otp', 'recovery_code', 'password', 'otp', 'current', 'new', 'q', 'name'];
  assert.deepEqual(seen, [...wanted, 'name', 'days', 'password']);
  await hand.close();
});

test('a form that is sent twice before the answer has come is sent once', async () => {
  const carol = await makePersonWithCode(place.world, 'carol');
  const hand = await enter(place);
  const { page } = hand;
  const sent: string[] = [];
  page.on('request', (request) => void (request.method() === 'POST' && sent.push(new URL(request.url()).pathname)));
  const twice = async (press: () => Promise<void>): Promise<void> => {
    let release = (): void => {};
    held = new Promise((resolve) => {
      release = resolve;
    });
    const arrived = page.waitForEvent('load');
    const asked = page.waitForRequest((request) => request.method() === 'POST');
    await press();
    await asked;
    await press();
    release();
    await arrived;
  };
  /** The bare mouse, which does not wait for a page that is on its way. */
  const mouseOn = async (name: string): Promise<() => Promise<void>> => {
    const { x = 0, y = 0 } = (await page.getByRole('button', { name }).boundingBox()) ?? {};
    return () => page.mouse.click(x + 9, y + 9);
  };
  await hand.open('/sign-in');
  await page.getByLabel('Name').fill(carol.name);
  await page.getByLabel('Password', { exact: true }).fill(carol.password);
  await twice(() => page.keyboard.press('Enter'));
  await hand.at('Enter your code');
  await page.getByLabel('6-digit code').fill(nextCode(place, carol));
  await twice(await mouseOn('Continue'));
  await hand.at('Your account');
  await hand.open('/account/recovery-codes');
  const made = () => dump(place.world)['audit']?.filter(({ event }) => event === 'recovery_codes.made').length ?? 0;
  const before = made();
  await twice(await mouseOn('Make new recovery codes'));
  await hand.at('Save your recovery codes');
  assert.equal(made(), before + 1);
  assert.deepEqual(sent, ['/sign-in', '/sign-in/code', '/account/recovery-codes']);
  await hand.close();
});

test('who must wait is told how long, and again when it is over; meanwhile nothing is in the way', async () => {
  const dave = await makePerson(place.world, 'dave');
  const { page } = await openPage(place.browser, place.origin);
  await page.clock.install({ time: place.world.now() });
  await page.goto('/sign-in');
  let after: string | undefined;
  page.on('response', (answer) => {
    after = answer.headers()['retry-after'] ?? after;
  });
  for (let tries = 0; tries < 6; tries += 1) {
    await page.getByLabel('Name').fill(dave.name);
    await page.getByLabel('Password', { exact: true }).fill('not the password');
    await Promise.all([page.waitForEvent('load'), page.getByRole('button', { name: 'Sign in' }).click()]);
  }
  assert.equal(after, '30');
  assert.match(await page.getByRole('alert').innerText(), /try again in 30 seconds/);
  const countdown = page.locator('[aria-live=polite][data-wait]');
  assert.match(await countdown.innerText(), /^Wait (30|29) seconds more\.$/);
  await page.clock.runFor(11_000);
  assert.equal(await countdown.innerText(), 'Wait 20 seconds more.');
  await page.clock.runFor(5000);
  assert.equal(await countdown.innerText(), 'Wait 20 seconds more.', 'not every second');
  await page.clock.runFor(15_000);
  assert.equal(await countdown.innerText(), 'You can try again now.');
  assert.equal(await page.getByRole('alert').count(), 0, 'what stood above it is over, too');
  place.world.turn(31_000);
  assert.equal(await page.getByLabel('Name').inputValue(), dave.name);
  await page.getByLabel('Password', { exact: true }).fill(dave.password);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByRole('heading', { name: 'Your account' }).waitFor();
  await page.context().close();
});

/** The one form that is shown: where it goes, and of each of its fields the type, name, id and what may be filled in. */
async function describeFields(page: Page): Promise<string[]> {
  assert.equal(await page.locator('main form:visible').count(), 1);
  return page.evaluate(`(() => {
    const form = document.querySelector('main form');
    const fields = [...form.elements].filter((each) => each.localName === 'input' && each.type !== 'hidden');
    return [new URL(form.action).pathname, ...fields.map((each) => [each.type, each.name, each.id, each.autocomplete].join(' '))];
  })()`);
}
