/** A link that somebody was given, opened in a real browser on a device that can make passkeys. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { minute } from '../../src/clock.ts';
import { enter, looks, openPlace, type Place, saveCodes } from './steps.ts';
import { addDevice, named } from './virtual-authenticator.ts';

let place: Place;

before(async () => {
  place = await openPlace();
});

after(() => place?.close());

const linkFor = async (name: string): Promise<string> => {
  const { link } = await place.world.server.users.create({ name });
  return link ?? assert.fail('no link was made');
};

for (const { name: look, options } of looks) {
  test(`iris needs no password: a passkey, recovery codes, and she signs in (${look})`, async () => {
    const link = await linkFor(`iris-${look}`);
    const hand = await enter(named(place), options);
    const phone = await addDevice(hand.page);
    await hand.open(link);
    await hand.at('Choose how you sign in');
    assert.match(await hand.text(), /fingerprint, face or screen lock/);
    await hand.press('Create a passkey instead');
    await hand.says('status', /Your passkey is set/);
    const codes = await saveCodes(hand);
    // The sign-in page offers what the device has, and this one takes it at once.
    await hand.at('Your account');
    const [held] = await phone.held();
    assert.deepEqual([held?.userName, held?.rpId], [`iris-${look}`, 'localhost']);
    assert.match(await hand.text(), new RegExp(`You are signed in as iris-${look}`));
    await hand.open('/account/password');
    await hand.at('Set a password');
    await hand.send({ new: 'quite another long password' });
    await hand.at('Your account');
    assert.equal(codes.length, 10);
    await hand.open(link);
    await hand.at('This link does not work any more');
    await hand.close();
  });

  test(`ivy thinks better of it, and tries again by keyboard alone (${look})`, async () => {
    const hand = await enter(named(place), options);
    const { page } = hand;
    const phone = await addDevice(page, { userVerified: false });
    await hand.open(await linkFor(`ivy-${look}`));
    const button = page.getByRole('button', { name: 'Create a passkey instead' });
    const said = page.locator('main [aria-live]').last();
    await button.focus();
    await page.keyboard.press('Enter');
    // The device does not know its owner, so that it gives up by itself: nothing is sent.
    await page.waitForFunction(`!document.querySelector('main form[data-passkey] [aria-live]').textContent`);
    assert.equal(await said.textContent(), '');
    assert.deepEqual(await phone.held(), []);
    await phone.verifies(true);
    await button.focus();
    await Promise.all([page.waitForEvent('load'), page.keyboard.press('Enter')]);
    await saveCodes(hand);
    await hand.at('Your account');
    await hand.close();
  });

  test(`a device that says nobody was verified is refused, in words, and the link stays good (${look})`, async () => {
    const link = await linkFor(`iva-${look}`);
    const hand = await enter(named(place), options);
    const phone = await addDevice(hand.page);
    await phone.lies({ userVerified: false });
    await hand.open(link);
    await hand.press('Create a passkey instead');
    await hand.says('alert', /fingerprint, face or screen lock|PIN/);
    await phone.lies({});
    await hand.press('Create a passkey instead');
    await saveCodes(hand);
    await hand.at('Your account');
    await hand.close();
  });

  test(`a page that was left open asks anew before it asks the device (${look})`, async () => {
    const hand = await enter(named(place), options);
    await addDevice(hand.page);
    await hand.open(await linkFor(`ilse-${look}`));
    place.world.turn(6 * minute);
    await hand.page.clock.setFixedTime(place.world.now());
    await hand.press('Create a passkey instead');
    await saveCodes(hand);
    await hand.at('Your account');
    await hand.close();
  });
}

test('without a script, and under a number for a name, there is the password alone', async () => {
  const link = await linkFor('ida');
  const plain = await enter(named(place), { javaScriptEnabled: false });
  await plain.open(link);
  assert.equal(await plain.page.getByRole('button', { name: 'Create a passkey instead' }).isVisible(), false);
  await plain.page.context().close();
  const byNumber = await enter(place);
  await addDevice(byNumber.page);
  await byNumber.open(link);
  assert.equal(await byNumber.page.getByRole('button', { name: 'Create a passkey instead' }).isVisible(), false);
  await byNumber.send({ password: 'quite another long password' });
  await byNumber.at('Your password is set');
  await byNumber.close();
});
