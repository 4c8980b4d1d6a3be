/** Signing in with a passkey in a real browser, whose devices are Chromium's own virtual ones. */
import assert from 'node:assert/strict';
import { EventEmitter, once } from 'node:events';
import { after, before, test } from 'node:test';
import { minute } from '../../src/clock.ts';
import { softwareAuthenticator } from '../authenticator.ts';
import type { PasskeyPerson } from '../passkeys.ts';
import { axeViolations, keyboardWalk, smallTargets } from './checks.ts';
import { enter, type Hand, looks, openPlace, type Place } from './steps.ts';
import { addDevice, type Device, named, personWithPasskey } from './virtual-authenticator.ts';

let place: Place;

before(async () => {
  place = named(await openPlace());
});

after(() => place?.close());

const button = 'Sign in with a passkey';

/**
 * A browser with a device that holds somebody's passkey. Nobody is there to answer what it asks, until somebody is; then
 * it would also answer what stands open in the list of the name field, so that there is none where `list` is off.
 */
async function enterWith(
  person: Pick<PasskeyPerson, 'device'>,
  { options = looks[0]?.options ?? {}, list = false } = {},
): Promise<{ hand: Hand; device: Device; calls: (wanted: RegExp) => Promise<void> }> {
  const hand = await enter(place, options);
  const calls = await followCalls(hand);
  if (!list) await hand.page.addInitScript('PublicKeyCredential.isConditionalMediationAvailable = async () => false');
  const device = await addDevice(hand.page, { present: false });
  await device.take(person.device);
  return { hand, device, calls };
}

/** Waits until the page has asked these questions of the browser's passkeys, and they have ended so. */
async function followCalls({ page }: Hand): Promise<(wanted: RegExp) => Promise<void>> {
  const seen: string[] = [];
  const told = new EventEmitter();
  await page.exposeFunction('noteCall', (call: number, words: string) => {
    seen[call] = words;
    told.emit('call');
  });
  await page.addInitScript(noteCalls);
  return async (wanted) => {
    const signal = AbortSignal.timeout(10_000);
    while (!wanted.test(seen.join()) && !signal.aborted) await once(told, 'call', { signal }).catch(() => undefined);
    assert.match(seen.join(), wanted);
  };
}

/** Tells each question that a page asks of the browser's passkeys, and how it ends. */
const noteCalls = `
  let calls = 0;
  const get = CredentialsContainer.prototype.get;
  CredentialsContainer.prototype.get = function (options) {
    const call = calls;
    calls += 1;
    const words = options.mediation ?? 'aloud';
    void noteCall(call, words);
    return get.call(this, options).catch((error) => {
      void noteCall(call, words + ' ' + error.name);
      throw error;
    });
  };`;

for (const { name: look, options } of looks) {
  test(`the button signs in, and takes the place of what stood open in the list of the name field (${look})`, async () => {
    const carol = await personWithPasskey(place, `carol-${look}`);
    const { hand, device, calls } = await enterWith(carol, { options, list: true });
    await hand.open('/sign-in?return_to=/account/sessions');
    await calls(/^conditional$/);
    await hand.page.getByRole('button', { name: button }).click();
    await calls(/^conditional AbortError,aloud$/);
    // What to do is said before the dialog of the system; whoever has lost that presses once more.
    await hand.page.locator('[data-passkey] [aria-live=polite]', { hasText: /face or screen lock/ }).waitFor();
    await device.answers(true);
    const sent = hand.page.waitForRequest((request) => request.method() === 'POST');
    await hand.press(button);
    assert.equal(new URL((await sent).url()).pathname, '/sign-in/passkey');
    await hand.at('Where you are signed in');
    assert.deepEqual(device.events, [`asserted ${carol.device.held[0]?.id.toString('base64url')}`]);
    await hand.close();
  });

  test(`a passkey from the list of the name field signs in without any button (${look})`, async () => {
    const carol = await personWithPasskey(place, `lisa-${look}`);
    const { hand, device } = await enterWith(carol, { options, list: true });
    await device.answers(true);
    await hand.open('/sign-in');
    await hand.at('Your account');
    assert.match(await hand.text(), new RegExp(`lisa-${look}`));
    await hand.close();
  });

  test(`after the password the passkey is the second factor, and proves later that it is still the same person (${look})`, async () => {
    const carol = await personWithPasskey(place, `second-${look}`);
    const { hand, device } = await enterWith(carol, { options });
    await hand.open('/sign-in');
    await hand.send({ username: carol.name, password: carol.password });
    await hand.at('Use your passkey');
    assert.doesNotMatch(await hand.text(), /cannot be used here/);
    await isUsable(hand);
    await device.answers(true);
    await hand.press('Use your passkey');
    await hand.at('Your account');
    place.world.turn(11 * minute);
    await hand.open('/reauthenticate?return_to=/account/sessions');
    await hand.at('Confirm that it is you');
    assert.doesNotMatch(await hand.text(), /cannot be used here/);
    await isUsable(hand);
    await hand.press('Use your passkey');
    await hand.at('Where you are signed in');
    await hand.close();
  });

  test(`with nothing but a keyboard: to the button, by Enter, and what went wrong has the focus (${look})`, async () => {
    const carol = await personWithPasskey(place, `keys-${look}`);
    const walker = await enter(place, options);
    await walker.open('/sign-in');
    await walker.page.getByRole('button', { name: button }).waitFor();
    await isUsable(walker);
    assert.deepEqual((await keyboardWalk(walker.page)).slice(-4), ['Show password', 'Sign in', button, 'API pages']);
    await walker.close();
    const { hand, device } = await enterWith(carol, { options });
    const { page } = hand;
    await hand.open('/sign-in');
    await device.lies({ userVerified: false });
    await device.answers(true);
    await page.getByRole('button', { name: button }).focus();
    await Promise.all([page.waitForEvent('load'), page.keyboard.press('Enter')]);
    await hand.says('alert', /fingerprint, face or screen lock/);
    await page.locator('#error:focus').waitFor();
    assert.match(await page.title(), /^Error: /);
    await hand.open('/account');
    await hand.at('Sign in');
    await hand.close();
  });
}

test('who cancels is told nothing, the list is offered again, and the next try works', async () => {
  const carol = await personWithPasskey(place, 'carol');
  const { hand, device, calls } = await enterWith(carol, { list: true });
  await hand.open('/sign-in');
  await calls(/^conditional$/);
  // As when the fingerprint is not the owner's, or the dialog is closed.
  await device.verifies(false);
  await device.answers(true);
  await hand.page.getByRole('button', { name: button }).click();
  await calls(/^conditional \w+,aloud NotAllowedError,conditional NotAllowedError$/);
  assert.equal(await hand.page.getByRole('alert').count(), 0);
  assert.equal(await hand.page.locator('[aria-live]:not(:empty)').count(), 0);
  await device.verifies(true);
  await hand.press(button);
  await hand.at('Your account');
  await hand.close();
});

test('without user verification nobody is signed in, whatever the device says', async () => {
  const carol = await personWithPasskey(place, 'unverified');
  const { hand, device } = await enterWith(carol);
  await hand.open('/sign-in');
  await hand.send({ username: carol.name, password: carol.password });
  await device.lies({ userVerified: false });
  await device.answers(true);
  await hand.press('Use your passkey');
  await hand.says('alert', /fingerprint, face or screen lock/);
  await hand.open('/account');
  await hand.at('Use your passkey');
  await device.lies({});
  await hand.press('Use your passkey');
  await hand.at('Your account');
  await hand.close();
});

test('a passkey that is not known here is refused in words, and its device forgets it', async () => {
  const stranger = softwareAuthenticator({ origin: place.origin });
  stranger.create({
    rp: { id: 'localhost', name: 'Countersign' },
    user: { id: Buffer.alloc(64, 1).toString('base64url'), name: 'x', displayName: 'x' },
    challenge: 'AAAA',
    pubKeyCredParams: [],
    excludeCredentials: [],
    authenticatorSelection: {},
  });
  const { hand, device } = await enterWith({ device: stranger });
  await hand.open('/sign-in');
  await device.answers(true);
  await hand.press(button);
  await hand.says('alert', /does not sign in here/);
  const id = stranger.held[0]?.id.toString('base64url');
  await device.until(`deleted ${id}`);
  assert.deepEqual(device.events, [`asserted ${id}`, `deleted ${id}`]);
  assert.deepEqual(await device.held(), []);
  await hand.close();
});

test('one of several devices answers, each with its own passkey', async () => {
  const one = await personWithPasskey(place, 'several-one');
  const two = await personWithPasskey(place, 'several-two');
  const { hand, device } = await enterWith(one);
  const key = await addDevice(hand.page, { transport: 'usb', present: false });
  await key.take(two.device);
  await hand.open('/sign-in');
  await key.answers(true);
  await hand.press(button);
  await hand.at('Your account');
  assert.match(await hand.text(), /several-two/);
  assert.equal(device.events.length, 0);
  await key.remove();
  await hand.signOut();
  await device.answers(true);
  await hand.press(button);
  await hand.at('Your account');
  assert.match(await hand.text(), /several-one/);
  await hand.close();
});

async function isUsable({ page }: Hand): Promise<void> {
  assert.deepEqual(await smallTargets(page), []);
  assert.deepEqual(await axeViolations(page), []);
}
