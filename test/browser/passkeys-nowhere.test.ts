/** Where there can be no passkeys nothing is offered that would not work, and where there can be the page is as small as ever. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { minute } from '../../src/clock.ts';
import { transferred } from './checks.ts';
import { openPage } from './chromium.ts';
import { enter, looks, openPlace, type Place } from './steps.ts';
import { named, personWithPasskey } from './virtual-authenticator.ts';

let place: Place;

before(async () => {
  place = named(await openPlace());
});

after(() => place?.close());

const button = 'Sign in with a passkey';

test('without a script there is no dead button, the password goes on, and where a passkey is needed it is said', async () => {
  const carol = await personWithPasskey(place, 'scriptless');
  const hand = await enter(place, { ...looks[0]?.options, javaScriptEnabled: false });
  await hand.open('/sign-in');
  assert.equal(await hand.page.getByRole('button', { name: button }).count(), 0);
  await hand.send({ username: carol.name, password: carol.password });
  await hand.at('Use your passkey');
  assert.match(await hand.text(), /cannot be used here: that takes JavaScript/);
  assert.equal(await hand.page.locator('main button:visible').count(), 0);
  await hand.follow('Use a recovery code');
  await hand.send({ recovery_code: carol.recoveryCodes?.[0] ?? '' });
  await hand.at('Your account');
  place.world.turn(11 * minute);
  await hand.open('/reauthenticate');
  assert.match(await hand.text(), /cannot be used here.*\n+With your password and a recovery code/);
  assert.equal(await hand.page.locator('main button:visible').count(), 1);
  await hand.send({ password: carol.password, recovery_code: carol.recoveryCodes?.[1] ?? '' });
  await hand.at('Your account');
  await hand.close();
});

test('where the browser knows no passkeys, or the page has another name, nothing is offered that would not work', async () => {
  const carol = await personWithPasskey(place, 'elsewhere');
  const { port } = new URL(place.origin);
  const old = await enter(place);
  await old.page.addInitScript('delete window.PublicKeyCredential');
  const numbered = await enter({ ...place, origin: `http://127.0.0.1:${port}` });
  for (const hand of [old, numbered]) {
    await hand.open('/sign-in');
    assert.equal(await hand.page.getByRole('button', { name: button }).count(), 0);
    await hand.send({ username: carol.name, password: carol.password });
    await hand.at('Use your passkey');
    assert.match(await hand.text(), /cannot be used here/);
    const address = hand.page.getByRole('link', { name: place.origin });
    assert.equal(await address.getAttribute('href'), place.origin);
    assert.equal(await hand.page.locator('main button:visible').count(), 0);
    await hand.close();
  }
});

test('with everything for passkeys in it the sign-in page is as small as before: 15 kB, three requests', async () => {
  const { page, troubles } = await openPage(place.browser, place.origin);
  const { requests, bytes } = await transferred(page, '/sign-in');
  assert.ok(await page.getByRole('button', { name: button }).isVisible());
  assert.ok(bytes <= 15_000, `${bytes} bytes`);
  assert.ok(requests.length <= 3, requests.join(' '));
  assert.deepEqual(troubles, []);
  await page.context().close();
});
