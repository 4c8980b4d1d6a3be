/** Passkeys through the front door: carol's phone holds one, and signs in alone or after the password. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { softwareAuthenticator } from '../authenticator.ts';
import { addPasskey, askToSignIn, makePersonWithPasskey, signInWithPasskey } from '../passkeys.ts';
import { inWorld, makePerson, signIn } from '../server.ts';
import { dump } from '../tables.ts';

test('a passkey is added by a fresh session, with recovery codes, and signs in alone from then on', () =>
  inWorld(async (world) => {
    const alice = await makePerson(world);
    const token = await signIn(world, alice);
    const phone = softwareAuthenticator();
    const { status, body } = await addPasskey(world, token, phone, { name: 'Phone' });
    assert.equal(status, 201, JSON.stringify(body));
    assert.equal(body.passkey.name, 'Phone');
    assert.equal(body.recovery_codes.length, 10);
    const signedIn = await signInWithPasskey(world, phone);
    assert.equal(signedIn.status, 200, signedIn.text);
    assert.equal(signedIn.body.status, 0);
    const me = await world.call('GET', '/me', { token: signedIn.body.token });
    assert.deepEqual(me.body.session.proved, ['passkey']);
    assert.deepEqual(
      me.body.factors.map(({ type }) => type),
      ['password', 'passkey'],
    );
    const whoami = await world.call('GET', '/whoami', { token: signedIn.body.token });
    assert.equal(whoami.text, '"alice"');
  }));

test('an account without a passkey is asked for none', () =>
  inWorld(async (world) => {
    const token = await signIn(world, await makePerson(world));
    const { status, body } = await world.call('POST', '/auth/passkeys/reauthentication/options', { token });
    assert.deepEqual([status, body.code], [404, 'not_found']);
    assert.match(body.detail, /send the password to POST \/auth\/reauthenticate/);
  }));

test('one answer signs in once', () =>
  inWorld(async (world) => {
    const { device } = await makePersonWithPasskey(world);
    const { ceremony, options } = await askToSignIn(world);
    const credential = device.get(options);
    const answers = await Promise.all(
      Array.from({ length: 50 }, () =>
        world.call('POST', '/auth/passkeys/sign-in', { body: { ceremony, credential } }),
      ),
    );
    const refused = answers.filter(({ status }) => status !== 200);
    assert.equal(refused.length, 49);
    for (const { status, body } of refused) assert.deepEqual([status, body.reason], [401, 'challenge']);
    // What was answered once is no answer to anything any more: it is not worth a row each time that it is sent.
    const rows = dump(world)['audit'] ?? [];
    assert.deepEqual(
      rows.filter(({ event }) => event === 'sign_in.refused'),
      [],
    );
  }));
