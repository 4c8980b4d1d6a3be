/** Passkeys beside the other factors: what comes and goes with what, in whatever order. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { minute } from '../../src/clock.ts';
import { softwareAuthenticator } from '../authenticator.ts';
import { addPasskey, makePersonWithPasskey, signInWithPasskey, tokenByPasskey } from '../passkeys.ts';
import { inQuickWorld } from '../quick-world.ts';
import { codeAt, inWorld, makePerson, makePersonWithCode, secretOf, signIn, type World } from '../server.ts';
import { dump } from '../tables.ts';
import {
  assertProblem,
  assertRefused,
  enable,
  isAlive,
  reauthenticate,
  recoveryCodeOf,
  tokenOf,
  tryToSignIn,
} from './steps.ts';

const remove = (world: World, token: string, id: string, accept = '') =>
  world.call('DELETE', `/auth/passkeys/${id}${accept}`, { token });

const codesLeft = async (world: World, token: string): Promise<number> =>
  (await world.call('GET', '/auth/recovery-codes', { token })).body.left;

const isFresh = async (world: World, token: string): Promise<boolean> =>
  (await world.call('GET', '/auth/otp/generate', { token })).status !== 403;

/** Sets up an authenticator, and answers its secret and what the service said. */
async function setUp(world: World, token: string) {
  const secret = await secretOf(world, token);
  return { secret, said: await enable(world, token, { enabled: true, otp: codeAt(secret, world.now()) }) };
}

test('recovery codes come with the first second factor, whichever it is, and with no other', () =>
  inWorld(async (world) => {
    const carol = await makePersonWithPasskey(world);
    assert.equal(carol.recoveryCodes?.length, 10);
    const token = await tokenByPasskey(world, carol.device);
    const { said } = await setUp(world, token);
    assert.deepEqual([said.status, said.body.confirmed, said.body.recovery_codes], [200, true, undefined]);
    const second = await addPasskey(world, token, softwareAuthenticator(), { name: 'Key' });
    assert.deepEqual([second.status, second.body.recovery_codes], [201, undefined]);

    const bob = await makePersonWithCode(world);
    const added = await addPasskey(world, await signIn(world, bob), softwareAuthenticator());
    assert.deepEqual([added.status, added.body.recovery_codes], [201, undefined]);
    await tokenOf(world, bob, recoveryCodeOf(bob));
    await tokenOf(world, carol, recoveryCodeOf(carol));
  }));

test('switched on without a code, an authenticator stands beside the passkeys, and brings no codes either', () =>
  inWorld(async (world) => {
    const carol = await makePersonWithPasskey(world);
    const token = await tokenByPasskey(world, carol.device);
    const on = await enable(world, token);
    assert.deepEqual([on.status, on.body.confirmed, on.body.recovery_codes], [200, false, undefined]);
    assert.deepEqual(
      (await tryToSignIn(world, carol)).body.methods.map(({ type }) => type),
      ['otp', 'passkey', 'recovery_code'],
    );
    assert.equal(await isAlive(world, token), true);
    const off = await enable(world, token, { enabled: false });
    assert.deepEqual([off.status, off.body.otp_configured], [200, false]);
    assert.equal(await codesLeft(world, token), 10);
  }));

test('a session by passkey that sets up an authenticator stays as fresh as it was', () =>
  inWorld(async (world) => {
    const { device } = await makePersonWithPasskey(world);
    const token = await tokenByPasskey(world, device);
    await setUp(world, token);
    assert.deepEqual((await world.call('GET', '/me', { token })).body.session.proved, ['passkey']);
    assert.equal((await world.call('POST', '/auth/recovery-codes', { token })).status, 200);
  }));

test('while a passkey is left, the authenticator goes without its recovery codes, and without a gap', () =>
  inWorld(async (world) => {
    const bob = await makePersonWithCode(world);
    const phone = softwareAuthenticator();
    const { body } = await addPasskey(world, await signIn(world, bob), phone);
    const token = await signIn(world, bob);
    const other = await tokenByPasskey(world, phone);
    assert.equal((await enable(world, token, { enabled: false })).status, 200);
    assert.equal(await isAlive(world, other), false, 'a factor that goes ends the others');
    assert.deepEqual(
      (await tryToSignIn(world, bob)).body.methods.map(({ type }) => type),
      ['passkey', 'recovery_code'],
    );
    assert.equal(await codesLeft(world, token), 10);
    // It has proved a code of what is gone: that is no more what a sign-in would demand.
    assertProblem(await remove(world, token, body.passkey.id), 403, 'reauthentication_required');
    assert.equal(await isAlive(world, token), true);
  }));

test('of several passkeys each goes by itself; with the last factor go the codes', () =>
  inWorld(async (world) => {
    const carol = await makePersonWithPasskey(world);
    const key = softwareAuthenticator();
    const before = await tokenByPasskey(world, carol.device);
    const token = await tokenOf(world, carol, recoveryCodeOf(carol));
    const { passkey } = (await addPasskey(world, token, key, { name: 'Key' })).body;
    assert.equal(await isAlive(world, before), false, 'one that comes ends the others too');
    assert.equal((await remove(world, token, carol.passkeyId)).status, 204);
    assert.equal((await signInWithPasskey(world, carol.device)).status, 401);
    assert.equal((await tryToSignIn(world, carol)).body.status, 1);
    assert.equal(await codesLeft(world, token), 9);
    const other = await tokenByPasskey(world, key);
    assert.equal((await remove(world, token, passkey.id)).status, 204);
    assert.deepEqual([await isAlive(world, token), await isAlive(world, other)], [true, false]);
    assert.equal(await codesLeft(world, token), 0);
    await tokenOf(world, carol);
    assertProblem(await world.call('POST', '/auth/recovery-codes', { token }), 409, 'second_factor_required');
  }));

test('a session by passkey that removes the last one goes on, and must prove the password for more', () =>
  inWorld(async (world) => {
    const carol = await makePersonWithPasskey(world);
    const token = await tokenByPasskey(world, carol.device);
    const since = (await world.call('GET', '/me', { token })).body.session.authenticated_at;
    assert.equal((await remove(world, token, carol.passkeyId)).status, 204);
    assert.equal((await world.call('GET', '/whoami', { token })).text, '"carol"');
    const { session } = (await world.call('GET', '/me', { token })).body;
    assert.deepEqual([session.proved, session.authenticated_at], [['passkey'], since], 'it has proved nothing else');
    assert.equal(await isFresh(world, token), false);
    const again = await world.call('POST', '/auth/reauthenticate', { token, body: { password: carol.password } });
    assert.equal(await isFresh(world, again.body.token), true);
  }));

test('whoever proves again with a passkey has done so now, however long ago the password was', () =>
  inQuickWorld(async (world) => {
    const carol = await makePersonWithPasskey(world);
    const old = await tokenOf(world, carol, recoveryCodeOf(carol));
    world.turn(10 * minute);
    const { body } = await world.call('POST', '/auth/passkeys/reauthentication/options', { token: old });
    const { token } = (await reauthenticate(world, old, { passkey: carol.device.get(body.options) })).body;
    const { proved, authenticated_at } = (await world.call('GET', '/me', { token })).body.session;
    assert.deepEqual([proved, Date.parse(authenticated_at)], [['password', 'passkey'], world.now()]);
  }));

test('a code that is proved after the passkey has gone is what the session has proved', () =>
  inWorld(async (world) => {
    const carol = await makePersonWithPasskey(world);
    const before = await tokenByPasskey(world, carol.device);
    assert.equal((await enable(world, before)).status, 200);
    const secret = await secretOf(world, before);
    assert.equal((await remove(world, before, carol.passkeyId)).status, 204);
    const given = { password: carol.password };
    const { token } = (await world.call('POST', '/auth/reauthenticate', { token: before, body: given })).body;
    const confirmed = await enable(world, token, { enabled: true, otp: codeAt(secret, world.now()) });
    assert.equal(confirmed.status, 200, confirmed.text);
    assert.deepEqual((await world.call('GET', '/me', { token })).body.session.proved, ['password', 'otp']);
    assert.equal((await world.call('POST', '/auth/recovery-codes', { token })).status, 200);
  }));

test('where a factor is required the last one stays, and one that nobody has proved does not count', () =>
  inWorld(
    async (world) => {
      const alice = await makePerson(world);
      const enrolling = await tokenOf(world, alice);
      const phone = softwareAuthenticator();
      const { body } = await addPasskey(world, enrolling, phone);
      assert.equal((await world.call('GET', '/whoami', { token: enrolling })).text, '"alice"', 'no longer enrolling');
      assertProblem(await remove(world, enrolling, body.passkey.id), 409, 'second_factor_required');
      await enable(world, enrolling);
      assertProblem(await remove(world, enrolling, body.passkey.id), 409, 'second_factor_required');
      assert.equal((await enable(world, enrolling, { enabled: false })).status, 200, 'the passkey is enough');
      await setUp(world, enrolling);
      assert.equal((await remove(world, enrolling, body.passkey.id)).status, 204);
      assertProblem(await enable(world, enrolling, { enabled: false }), 403, 'reauthentication_required');
      assert.equal((await signInWithPasskey(world, phone)).status, 401);
    },
    { requireSecondFactor: 'everyone' },
  ));

test('a short password that is left alone must be changed first', () =>
  inWorld(
    async (world) => {
      const short = 'kq7 vx2z';
      await world.server.users.create({ name: 'alice', password: short });
      const alice = { basic: `alice:${short}` };
      const phone = softwareAuthenticator();
      const { body } = await addPasskey(world, await tokenOf(world, alice), phone);
      await world.restart({ requireSecondFactor: 'nobody' });
      const token = await tokenByPasskey(world, phone);
      assert.equal((await world.call('GET', '/whoami', { token })).status, 200);
      assert.equal((await remove(world, token, body.passkey.id)).status, 204);
      assertProblem(await world.call('GET', '/whoami', { token }), 403, 'forbidden');
      assert.equal((await tryToSignIn(world, alice)).body.password_change, true);
    },
    { requireSecondFactor: 'everyone' },
  ));

test('changing phones beside passkeys makes new codes, and removing the authenticator then leaves those', () =>
  inWorld(async (world) => {
    const bob = await makePersonWithCode(world);
    const token = await signIn(world, bob);
    await addPasskey(world, token, softwareAuthenticator());
    assert.equal((await world.call('POST', '/auth/otp/replace', { token })).status, 204);
    const { said } = await setUp(world, token);
    assert.equal(said.body.recovery_codes.length, 10);
    assertRefused(await tryToSignIn(world, bob, recoveryCodeOf(bob)), 401, 2);
    await enable(world, token, { enabled: false });
    await tokenOf(world, bob, { recovery_code: said.body.recovery_codes[0] ?? '' });
  }));

test('there is nothing to replace where there are passkeys alone, and new codes are to be had', () =>
  inWorld(async (world) => {
    const carol = await makePersonWithPasskey(world);
    const token = await tokenByPasskey(world, carol.device);
    assert.equal((await world.call('POST', '/auth/otp/replace', { token })).status, 204);
    assert.deepEqual(dump(world)['authenticators'], []);
    const renewed = await world.call('POST', '/auth/recovery-codes', { token });
    assertRefused(await tryToSignIn(world, carol, recoveryCodeOf(carol)), 401, 2);
    await tokenOf(world, carol, { recovery_code: renewed.body.recovery_codes[0] ?? '' });
  }));
