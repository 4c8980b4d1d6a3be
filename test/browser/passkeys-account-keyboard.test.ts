/** The page about the own passkeys by keyboard alone, and without scripts. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Locator } from 'playwright-core';
import { makePerson } from '../server.ts';
import { keyboardWalk } from './checks.ts';
import { cardsOn, passkeysUrl, rename, unfold } from './passkey-steps.ts';
import { enter, looks, openPlace, type Place, saveCodes, signIn } from './steps.ts';
import { addDevice, named, personWithPasskey } from './virtual-authenticator.ts';

let place: Place;

before(async () => {
  place = named(await openPlace());
});

after(() => place?.close());

for (const { name: look, options } of looks) {
  test(`frank adds, names and removes with nothing but a keyboard (${look})`, async () => {
    const frank = await makePerson(place.world, `frank-${look}`);
    const hand = await enter(place, options);
    const { page } = hand;
    await signIn(place, hand, frank);
    await hand.open(passkeysUrl);
    await keyboardWalk(page);
    // Behind the walk, which ends a session of the DevTools and with it what such sessions have added.
    await addDevice(page);
    const main = page.locator('main');
    const press = () => Promise.all([page.waitForEvent('load'), page.keyboard.press('Enter')]);
    await tabTo(main.getByRole('button', { name: 'Add a passkey' }));
    await press();
    await saveCodes(hand);
    await hand.open(passkeysUrl);
    await tabTo(main.locator('summary', { hasText: 'Rename' }));
    await page.keyboard.press('Enter');
    await tabTo(main.getByLabel('New name'));
    await page.keyboard.press('ControlOrMeta+A');
    await page.keyboard.type('By keyboard');
    await press();
    assert.deepEqual(await cardsOn(hand), ['By keyboard']);
    await keyboardWalk(page);
    await hand.open(passkeysUrl);
    await tabTo(main.locator('summary', { hasText: 'Remove' }));
    await page.keyboard.press('Enter');
    await tabTo(main.getByRole('button', { name: 'Remove By keyboard' }));
    await press();
    await hand.says('status', /You have no passkey any more\./);
    await hand.close();
  });

  test(`without scripts the page says what adding takes; naming and removing need none (${look})`, async () => {
    const grace = await personWithPasskey(place, `grace-${look}`);
    const codes = grace.recoveryCodes ?? [];
    const hand = await enter(place, { ...options, javaScriptEnabled: false });
    await hand.open('/sign-in');
    await hand.send({ username: grace.name, password: grace.password });
    await hand.open('/sign-in/recovery-code');
    await hand.send({ recovery_code: codes[0] ?? '' });
    await hand.at('Your account');
    assert.match(await hand.text(), /Is the device with your passkey gone\?/);
    await hand.follow('Look after your passkeys');
    await hand.at('Your passkeys');
    assert.match(await hand.text(), /Adding a passkey takes JavaScript/);
    assert.equal(await hand.page.locator('form[data-passkey]:visible').count(), 0);
    await rename(hand, 'Phone', 'Lost');
    assert.deepEqual(await cardsOn(hand), ['Lost']);
    await unfold(hand, 'Remove', 'Lost');
    await hand.press(/^Remove/);
    await hand.says('status', /You have no passkey any more/);
    await hand.close();
  });
}

/** Goes on by Tab until this has the focus. */
async function tabTo(target: Locator): Promise<void> {
  const { keyboard } = target.page();
  for (let presses = 0; presses < 60; presses += 1) {
    await keyboard.press('Tab');
    if (await target.evaluate((element: { matches(selector: string): boolean }) => element.matches(':focus'))) return;
  }
  assert.fail(`the keyboard does not reach ${target}`);
}
