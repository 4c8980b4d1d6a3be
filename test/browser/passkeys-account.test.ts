/** A person's passkeys in a real browser: adding, naming and removing them, with devices that Chromium makes up. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { minute } from '../../src/clock.ts';
import { makePerson, makePersonWithCode, type Person } from '../server.ts';
import { stored } from '../tables.ts';
import { add, cardsOn, isInOrder, passkeysUrl, rename, unfold } from './passkey-steps.ts';
import { enter, type Hand, looks, openPlace, type Place, saveCodes, signIn, tryToSignIn } from './steps.ts';
import { addDevice, type Device, named } from './virtual-authenticator.ts';

let place: Place;

before(async () => {
  place = named(await openPlace());
});

after(() => place?.close());

for (const { name: look, options } of looks) {
  /** A story of somebody at a page that has a device. */
  const story = (
    sentence: string,
    make: (name: string) => Promise<Person>,
    run: (hand: Hand, person: Person, device: Device) => Promise<void>,
    expected?: RegExp,
  ): void => {
    test(`${sentence} (${look})`, async () => {
      const person = await make(`${sentence.split(' ')[0]}-${look}`);
      const hand = await enter(place, options);
      const device = await addDevice(hand.page);
      await run(hand, person, device);
      await hand.close(expected);
    });
  };
  const withPassword = (name: string) => makePerson(place.world, name);
  const withCode = (name: string) => makePersonWithCode(place.world, name);

  story('alice adds her first passkey, and gets recovery codes with it', withPassword, async (hand, alice, device) => {
    await signIn(place, hand, alice);
    await hand.follow('Add a passkey');
    await hand.at('Your passkeys');
    assert.doesNotMatch(await hand.text(), /JavaScript/, 'here there is a button for it');
    await isInOrder(hand);
    await add(hand, 'My phone');
    const codes = await saveCodes(hand);
    await hand.at('Your account');
    await hand.says('status', /Your passkey is added/);
    const [held, ...more] = await device.held();
    assert.deepEqual([held?.rpId, held?.userName, more], ['localhost', alice.name, []]);
    assert.equal(await tryToSignIn(place, alice), 401);
    assert.equal(await tryToSignIn(place, alice, { recovery_code: codes[0] ?? '' }), 200);
  });

  story(
    'bob has several, each on a device of its own, and one device never has two',
    withCode,
    async (hand, bob, phone) => {
      await signIn(place, hand, bob);
      await hand.open(passkeysUrl);
      await add(hand, 'Phone');
      await hand.says('status', /Your passkey is added/);
      await hand.page.getByRole('button', { name: 'Add another passkey' }).click();
      const said = hand.page.getByText('This device has a passkey for this account already. To add another one', {
        exact: false,
      });
      await said.waitFor();
      assert.deepEqual(await cardsOn(hand), ['Phone']);
      assert.equal((await phone.held()).length, 1);
      await phone.remove();
      place.world.turn(minute);
      const key = await addDevice(hand.page, { transport: 'usb', synced: false });
      await add(hand, 'Key in the drawer');
      assert.deepEqual(await cardsOn(hand), ['Phone', 'Key in the drawer']);
      assert.match(await hand.text(), /Synced between your devices[\s\S]*On one device only/);
      assert.equal((await key.held()).length, 1);
      await isInOrder(hand);
    },
  );

  story(
    'carol gives one another name, and the browser is told what she is called',
    withPassword,
    async (hand, carol) => {
      await signIn(place, hand, carol);
      await hand.open(passkeysUrl);
      await add(hand, 'Old name');
      await saveCodes(hand);
      await hand.open(passkeysUrl);
      await rename(hand, 'Old name', '<b>New</b> name');
      await hand.says('status', /has its new name/);
      assert.deepEqual(await cardsOn(hand), ['<b>New</b> name']);
    },
  );

  story('fay leaves the page open, and the name that she typed is not lost', withCode, async (hand, fay) => {
    await signIn(place, hand, fay);
    await hand.open(passkeysUrl);
    await hand.page.getByLabel('Name of the passkey').fill('Key in the drawer');
    place.world.turn(6 * minute);
    await hand.page.clock.setFixedTime(place.world.now());
    await add(hand);
    assert.deepEqual(await cardsOn(hand), ['Key in the drawer']);
  });

  story('dora removes one, and her browser forgets it too', withCode, async (hand, dora, phone) => {
    await signIn(place, hand, dora);
    await hand.open(passkeysUrl);
    await add(hand, 'Phone');
    const spare = await addDevice(hand.page, { transport: 'usb' });
    const [held] = await phone.held();
    assert.ok(held);
    await unfold(hand, 'Remove', 'Phone');
    await hand.press(/^Remove/);
    await hand.says('status', /You have no passkey any more/);
    // The browser was told which are accepted: none.
    await phone.until(`deleted ${held.id}`);
    assert.deepEqual(await phone.held(), []);
    await spare.remove();
  });

  test(`erin removes the last way in, which takes a tick, and is told what that means (${look})`, async () => {
    const { link = '' } = await place.world.server.users.create({ name: `erin-${look}` });
    const hand = await enter(place, options);
    await addDevice(hand.page);
    await hand.open(link);
    await hand.press('Create a passkey instead');
    await saveCodes(hand);
    // The device answers at once where its passkeys stand in the list of the name field.
    await hand.at('Your account');
    await hand.open(passkeysUrl);
    const [{ name = '' } = {}] = stored(
      place.world,
      'SELECT passkeys.name FROM passkeys JOIN users ON users.id = user_id WHERE users.name = ?',
      `erin-${look}`,
    ).map((row) => ({ name: String(row['name']) }));
    await unfold(hand, 'Remove', name);
    assert.match(await hand.text(), /nobody can sign in any more, not even you/);
    await isInOrder(hand);
    await hand.page.getByRole('button', { name: `Remove ${name}` }).click();
    await hand.page.locator('input:invalid[type=checkbox]:focus').waitFor();
    await hand.page.getByLabel('I know that nobody can sign in').check();
    await hand.press(/^Remove/);
    await hand.at('Your account');
    assert.match(await hand.text(), /Nobody can sign in to this account any more, not even you/);
    await hand.close();
  });
}

test('what the browser is told of passkeys: which are accepted, and what their owner is called', async () => {
  const heidi = await makePerson(place.world, 'heidi');
  const hand = await enter(place);
  await hand.page.addInitScript(`
    window.told = [];
    for (const method of ['signalAllAcceptedCredentials', 'signalCurrentUserDetails', 'signalUnknownCredential'])
      PublicKeyCredential[method] = async (options) => void window.told.push([method, options]);
  `);
  const device = await addDevice(hand.page);
  await signIn(place, hand, heidi);
  await hand.open(passkeysUrl);
  await add(hand);
  await saveCodes(hand);
  await hand.open(passkeysUrl);
  const [held] = await device.held();
  const told = await hand.page.evaluate<[string, Record<string, unknown>][]>('window.told');
  const [userId] = told.map(([, options]) => options['userId']);
  assert.match(String(userId), /^[\w-]{86}$/, 'a handle that says nothing');
  assert.deepEqual(told, [
    ['signalAllAcceptedCredentials', { rpId: 'localhost', userId, allAcceptedCredentialIds: [held?.id] }],
    ['signalCurrentUserDetails', { rpId: 'localhost', userId, name: 'heidi', displayName: 'heidi' }],
  ]);
  await hand.close();
});
