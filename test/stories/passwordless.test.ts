/** Iris has a passkey and no password, and is like anybody else. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { minute } from '../../src/clock.ts';
import { softwareAuthenticator } from '../authenticator.ts';
import { addPasskey, signInWithPasskey, tokenByPasskey } from '../passkeys.ts';
import { makePasswordlessPerson, type PasswordlessPerson } from '../passwordless.ts';
import { quickHash } from '../quick-hash.ts';
import { type Answer, codeAt, inWorld, makePerson, secretOf, signIn, type World } from '../server.ts';
import { dump } from '../tables.ts';
import {
  assertProblem,
  assertRefused,
  changePassword,
  enable,
  isAlive,
  reauthenticate,
  tokenOf,
  tryToSignIn,
  watchArgon2,
} from './steps.ts';

const chosen = 'quite another long password';

const enter = (world: World, { device }: Pick<PasswordlessPerson, 'device'>): Promise<string> =>
  tokenByPasskey(world, device);

const setPassword = (world: World, token: string, next = chosen): Promise<Answer> =>
  world.call('PUT', '/auth/password', { token, body: { new: next } });

const passkeyOf = async (world: World, token: string): Promise<string> =>
  (await world.call('GET', '/auth/passkeys', { token })).body.passkeys[0]?.id ?? assert.fail();

test('a password is set by `new` alone, and stands beside the passkey from then on', () =>
  inWorld(async (world) => {
    const iris = await makePasswordlessPerson(world);
    const other = await enter(world, iris);
    const token = await enter(world, iris);
    const answer = await setPassword(world, token);
    assert.deepEqual([answer.status, answer.text], [204, '']);
    assert.deepEqual([await isAlive(world, token), await isAlive(world, other)], [true, false]);

    const alone = await tryToSignIn(world, { basic: `iris:${chosen}` });
    assert.deepEqual([alone.status, alone.body.status], [401, 1]);
    const both = await tokenOf(world, { basic: `iris:${chosen}` }, { recovery_code: iris.recoveryCodes[0] ?? '' });
    const { factors } = (await world.call('GET', '/me', { token: both })).body;
    assert.deepEqual(
      factors.map(({ type }) => type),
      ['password', 'passkey'],
    );
    assert.equal((await signInWithPasskey(world, iris.device)).status, 200);
    const row = dump(world)['audit']?.find(({ event }) => event === 'password.changed');
    assert.deepEqual([row?.['user_id'], row?.['detail']], [iris.id, '{"first":true}']);
  }));

test('`current` is given where there is one, and nowhere else', () =>
  inWorld(async (world) => {
    const iris = await makePasswordlessPerson(world);
    const token = await enter(world, iris);
    const before = dump(world, ['audit']);
    for (const current of ['', 'anything', chosen]) {
      const answer = await changePassword(world, token, current, chosen);
      assertProblem(answer, 422, 'invalid');
      assert.deepEqual(answer.body.errors[0]?.pointer, '/current');
    }
    assertProblem(await setPassword(world, token, 'kq7 vx2z'), 422, 'weak_password');
    assert.deepEqual(dump(world, ['audit']), before);
    assert.equal((await setPassword(world, token)).status, 204);
    assertProblem(await setPassword(world, token, 'still another long password'), 422, 'invalid');
    assert.equal((await changePassword(world, token, chosen, 'still another long password')).status, 204);

    const alice = await makePerson(world);
    assertProblem(await setPassword(world, await signIn(world, alice)), 422, 'invalid');
    await tokenOf(world, alice);
  }));

test('setting one takes a fresh session, and of two at once one is set', async () => {
  const watched = watchArgon2(quickHash);
  await inWorld(
    async (world) => {
      const iris = await makePasswordlessPerson(world);
      const old = await enter(world, iris);
      world.turn(10 * minute);
      assertProblem(await setPassword(world, old), 403, 'reauthentication_required');
      const token = await enter(world, iris);
      const held = watched.holdNext();
      const late = setPassword(world, token, 'the one that comes too late');
      await held.begun;
      assert.equal((await setPassword(world, token)).status, 204);
      held.release();
      assertProblem(await late, 422, 'wrong_password');
      assert.equal((await tryToSignIn(world, { basic: `iris:${chosen}` })).body.status, 1);
    },
    {},
    { argon2: watched.argon2 },
  );
});

test('the page sets it as well, without a field for what there is not', () =>
  inWorld(async (world) => {
    const iris = await makePasswordlessPerson(world);
    const headers = { cookie: `countersign=${await enter(world, iris)}` };
    const page = await world.call('GET', '/account/password', { headers });
    assert.match(page.text, /<h1>Set a password<\/h1>/);
    assert.doesNotMatch(page.text, /name="current"/);
    const weak = await world.call('POST', '/account/password', { headers, form: { new: 'kq7 vx2z' } });
    assert.equal(weak.status, 422);
    assert.match(weak.text, /<title>Error: Set a password/);
    const done = await world.call('POST', '/account/password', { headers, form: { new: chosen } });
    assert.deepEqual([done.status, done.headers['location']], [303, '/account?done=password']);
    const [cookie = ''] = [done.headers['set-cookie']].flat().map(String);
    const next = { cookie: cookie.split(';')[0] ?? '' };
    const told = await world.call('GET', '/account?done=password', { headers: next });
    assert.match(told.text, /Your password is set, and every other session has ended\./);
    const after = await world.call('GET', '/account/password', { headers: next });
    assert.match(after.text, /<h1>Change your password<\/h1>.*name="current"/s);
  }));

test('iris proves again with her passkey and in no other way; a password is a wrong one, at the price of any', async () => {
  const watched = watchArgon2(quickHash);
  await inWorld(
    async (world) => {
      const iris = await makePasswordlessPerson(world);
      const alice = await makePerson(world);
      const token = await enter(world, iris);
      world.turn(10 * minute);
      const before = watched.done.verifies;
      const [recovery_code = ''] = iris.recoveryCodes;
      for (const code of [{}, { recovery_code }, { otp: '123456' }])
        assertProblem(await reauthenticate(world, token, { password: chosen, ...code }), 422, 'wrong_password');
      const hashes = watched.done.verifies - before;
      const hers = await signIn(world, alice);
      const between = watched.done.verifies;
      for (let index = 0; index < 3; index += 1) await reauthenticate(world, hers, { password: 'wrong' });
      assert.equal(hashes, watched.done.verifies - between);
      assertProblem(await reauthenticate(world, token, { recovery_code }), 422, 'invalid');
      assert.equal((await world.call('GET', '/auth/recovery-codes', { token })).body.left, 10);
      assertProblem(await setPassword(world, token), 403, 'reauthentication_required');

      const { body } = await world.call('POST', '/auth/passkeys/reauthentication/options', { token });
      const again = await reauthenticate(world, token, { passkey: iris.device.get(body.options) });
      assert.equal((await setPassword(world, again.body.token)).status, 204);
    },
    {},
    { argon2: watched.argon2 },
  );
});

test('the last passkey goes only with the consequence named, and then nobody gets in before an administrator helps', () =>
  inWorld(async (world) => {
    const iris = await makePasswordlessPerson(world);
    const token = await enter(world, iris);
    const id = await passkeyOf(world, token);
    const secret = await secretOf(world, token);
    await enable(world, token, { enabled: true, otp: codeAt(secret, world.now()) });
    const remove = (accept = '') => world.call('DELETE', `/auth/passkeys/${id}${accept}`, { token });
    assertProblem(await remove(), 409, 'last_way_in');
    assertProblem(await remove('?accept=yes'), 422, 'invalid');
    assert.equal((await signInWithPasskey(world, iris.device)).status, 200, 'nothing has been removed');
    assert.equal((await remove('?accept=no_way_in')).status, 204);
    assert.equal((await signInWithPasskey(world, iris.device)).status, 401);
    const code = { otp: codeAt(secret, world.now() + 30_000) };
    assertRefused(await tryToSignIn(world, { basic: 'iris:' }, code), 401, 3);
    const left = (await world.call('GET', '/me', { token })).body.factors;
    assert.deepEqual(left, [{ type: 'otp', proved: true }]);
  }));

test('another passkey makes the first one removable, and removing it ends the other sessions', () =>
  inWorld(async (world) => {
    const iris = await makePasswordlessPerson(world);
    const first = await enter(world, iris);
    const id = await passkeyOf(world, first);
    const key = softwareAuthenticator();
    assert.equal((await addPasskey(world, first, key, { name: 'Key' })).body.recovery_codes, undefined);
    const second = await enter(world, { device: key });
    assert.equal((await world.call('DELETE', `/auth/passkeys/${id}`, { token: second })).status, 204);
    assert.deepEqual([await isAlive(world, first), await isAlive(world, second)], [false, true]);
    assert.equal((await signInWithPasskey(world, iris.device)).status, 401);
  }));

test('deleted, nothing of her is left but the log', () =>
  inWorld(async (world) => {
    const iris = await makePasswordlessPerson(world);
    await enter(world, iris);
    await world.server.service.admin.remove('operator', iris.id);
    const { users, passkeys, passkey_holders, recovery_codes, sessions, audit } = dump(world);
    assert.deepEqual([users, passkeys, passkey_holders, recovery_codes, sessions], [[], [], [], [], []]);
    assert.ok(audit?.some(({ user_id }) => user_id === iris.id));
    assert.equal((await signInWithPasskey(world, iris.device)).status, 401);
  }));
