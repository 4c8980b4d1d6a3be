/** Pages that stand open for longer than a passkey may be asked for, in a real browser. */

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { minute } from '../../src/clock.ts';
import type { PasskeyPerson } from '../passkeys.ts';
import { enter, type Hand, openPlace, type Place } from './steps.ts';
import { addDevice, type Device, named, personWithPasskey } from './virtual-authenticator.ts';

let place: Place;

before(async () => {
  place = named(await openPlace());
});

after(() => place?.close());

const button = 'Sign in with a passkey';

/** A browser with a device that holds somebody's passkey, and answers what a button asks, but not in a list. */
async function enterWith(person: PasskeyPerson): Promise<{ hand: Hand; device: Device }> {
  const hand = await enter(place);
  await hand.page.addInitScript('PublicKeyCredential.isConditionalMediationAvailable = async () => false');
  const device = await addDevice(hand.page);
  await device.take(person.device);
  return { hand, device };
}

test('a page that stood open for longer than a challenge lives asks for a new one, and the passkey signs in', async () => {
  const carol = await personWithPasskey(place, 'late');
  const { hand } = await enterWith(carol);
  await hand.open('/sign-in');
  await hand.page.getByRole('button', { name: button }).waitFor();
  place.world.turn(6 * minute);
  await hand.page.clock.setFixedTime(place.world.now());
  const asked = hand.page.waitForRequest(/\/sign-in\/passkey\/options$/);
  await hand.press(button);
  assert.equal((await asked).method(), 'POST');
  await hand.at('Your account');
  await hand.close();
});

test('a page that says what went wrong, and then stood open, still leads to where one was going', async () => {
  const carol = await personWithPasskey(place, 'slow');
  const { hand, device } = await enterWith(carol);
  await hand.open('/sign-in');
  await hand.press(button);
  await hand.at('Your account');
  place.world.turn(11 * minute);
  await hand.open('/reauthenticate?return_to=/account/sessions');
  await device.lies({ userVerified: false });
  await hand.press('Use your passkey');
  await hand.says('alert', /fingerprint, face or screen lock/);
  place.world.turn(6 * minute);
  await hand.page.clock.setFixedTime(place.world.now());
  await device.lies({});
  await hand.press('Use your passkey');
  await hand.at('Where you are signed in');
  await hand.close();
});
