import assert from 'node:assert/strict';
import { test } from 'node:test';
import { minute } from '../../src/clock.ts';
import type { Options } from '../../src/options.ts';
import {
  codeAt,
  freshCode,
  inWorld,
  makePerson,
  makePersonWithCode,
  type Person,
  secretOf,
  signIn,
  type World,
  wrongCode,
} from '../server.ts';
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

const isEnrolling = async (world: World, token: string): Promise<boolean> =>
  (await world.call('GET', '/me', { token })).body.enrolling === true;

/** An administrator, a full one, who makes others one. */
async function promote(world: World, person: Person): Promise<void> {
  const root = await makePersonWithCode(world, 'root', true);
  const token = await signIn(world, root);
  const { status } = await world.call('PATCH', `/users/${person.id}`, { token, body: { roles: ['administrator'] } });
  assert.equal(status, 200);
}

test("an administrator's first sign-in is an enrolling session", () =>
  inWorld(async (world) => {
    const root = await makePerson(world, 'root', true);
    const { status, body } = await tryToSignIn(world, root);
    assert.deepEqual([status, body.status, body.enrolling], [200, 0, true]);
    assert.equal(await isEnrolling(world, body.token), true);
  }));

test('an enrolling session reaches me, generate, enable and sign-out, and nothing else', () =>
  inWorld(async (world) => {
    const root = await makePerson(world, 'root', true);
    const token = await tokenOf(world, root);
    const { session } = (await world.call('GET', '/me', { token })).body;
    const closed = [
      ['GET', '/whoami'],
      ['GET', '/auth/sessions'],
      ['DELETE', '/auth/sessions'],
      ['DELETE', `/auth/sessions/${session.id}`],
      ['GET', '/auth/recovery-codes'],
      ['POST', '/auth/recovery-codes'],
      ['POST', '/auth/otp/replace'],
      ['POST', '/auth/reauthenticate', { password: root.password }],
      ['PUT', '/auth/password', { current: root.password, new: 'quite another long password' }],
      ['GET', '/users'],
      ['POST', '/users', { name: 'mallory' }],
      ['GET', `/users/${root.id}`],
      ['PATCH', `/users/${root.id}`, { disabled: false }],
      ['DELETE', `/users/${root.id}`],
      ['DELETE', `/users/${root.id}/second-factors`],
    ] as const;
    for (const [method, url, body] of closed) {
      assertProblem(await world.call(method, url, { token, ...(body ? { body } : {}) }), 403, 'forbidden');
    }
    await secretOf(world, token);
    assertProblem(await enable(world, token, { enabled: false }), 409, 'second_factor_required');
    assert.equal((await enable(world, token)).status, 200);
    assert.equal((await world.call('DELETE', '/auth/sessions/current', { token })).status, 204);
    assert.equal(await isAlive(world, token), false);
  }));

test('it becomes a full one only by a right code that it sends to enable itself', () =>
  inWorld(async (world) => {
    const root = await makePerson(world, 'root', true);
    const token = await tokenOf(world, root);
    const secret = await secretOf(world, token);
    assertProblem(await enable(world, token, { enabled: true, otp: wrongCode(world, secret) }), 422, 'wrong_otp');
    assert.equal(await isEnrolling(world, token), true);
    const { body } = await enable(world, token, { enabled: true, otp: codeAt(secret, world.now()) });
    assert.equal(body.recovery_codes.length, 10);
    assert.equal(await isEnrolling(world, token), false);
    assert.equal((await world.call('GET', '/users', { token })).status, 200);
  }));

test('the walk works for the first administrator too', () =>
  inWorld(async (world) => {
    const root = await makePerson(world, 'root', true);
    const token = await tokenOf(world, root);
    assert.equal((await enable(world, token)).status, 200);
    const secret = await secretOf(world, token);
    assert.equal(await isEnrolling(world, token), true);
    const full = await tokenOf(world, root, { otp: codeAt(secret, world.now()) });
    assert.equal(await isEnrolling(world, full), false);
    assert.equal((await world.call('GET', '/whoami', { token: full })).text, '"root"');
    assert.equal(await isEnrolling(world, token), true);
    assertProblem(await world.call('GET', '/whoami', { token }), 403, 'forbidden');
  }));

test('a code for an unproved secret in force makes it a full one too', () =>
  inWorld(async (world) => {
    const root = await makePerson(world, 'root', true);
    const token = await tokenOf(world, root);
    await enable(world, token);
    const secret = await secretOf(world, token);
    await enable(world, token, { enabled: true, otp: codeAt(secret, world.now()) });
    assert.equal(await isEnrolling(world, token), false);
  }));

test('who is made an administrator with a password alone is enrolling from then on', () =>
  inWorld(async (world) => {
    const alice = await makePerson(world);
    const token = await signIn(world, alice);
    await promote(world, alice);
    assert.equal(await isEnrolling(world, token), true);
    assertProblem(await world.call('GET', '/whoami', { token }), 403, 'forbidden');
    assertProblem(await world.call('GET', '/users', { token }), 403, 'forbidden');
    const secret = await secretOf(world, token);
    await enable(world, token, { enabled: true, otp: codeAt(secret, world.now()) });
    assert.equal((await world.call('GET', '/users', { token })).status, 200);
  }));

test('who is made an administrator with two proved factors goes on', () =>
  inWorld(async (world) => {
    const bob = await makePersonWithCode(world);
    const token = await signIn(world, bob);
    await promote(world, bob);
    assert.equal((await world.call('GET', '/users', { token })).status, 200);
  }));

test('a factor switched on and not proved by the session itself leaves it enrolling', () =>
  inWorld(async (world) => {
    const alice = await makePerson(world);
    const token = await signIn(world, alice);
    await enable(world, token);
    assert.equal((await world.call('GET', '/whoami', { token })).status, 200);
    await promote(world, alice);
    assert.equal(await isEnrolling(world, token), true);
  }));

test('having proved a factor that is gone does not count for the next one', () =>
  inWorld(async (world) => {
    const bob = await makePersonWithCode(world);
    const token = await signIn(world, bob);
    await enable(world, token, { enabled: false });
    const me = (await world.call('GET', '/me', { token })).body;
    assert.deepEqual(me.session.proved, ['password']);
    await promote(world, bob);
    await enable(world, token);
    assert.equal(await isEnrolling(world, token), true);
    assertProblem(await world.call('GET', '/users', { token }), 403, 'forbidden');
  }));

test('a recovery code makes a full session, also of an administrator', () =>
  inWorld(async (world) => {
    const root = await makePersonWithCode(world, 'root', true);
    const token = await tokenOf(world, root, recoveryCodeOf(root));
    assert.equal((await world.call('GET', '/users', { token })).status, 200);
  }));

test('an enrolling session that is stale binds nothing: one signs in again', () =>
  inWorld(async (world) => {
    const root = await makePerson(world, 'root', true);
    const token = await tokenOf(world, root);
    world.turn(10 * minute);
    assertProblem(await enable(world, token), 403, 'reauthentication_required');
    assertProblem(await reauthenticate(world, token, { password: root.password }), 403, 'forbidden');
    await secretOf(world, await tokenOf(world, root));
  }));

test('where a second factor is required, taking away the last one is refused', () =>
  inWorld(async (world) => {
    const root = await makePersonWithCode(world, 'root', true);
    const token = await signIn(world, root);
    assertProblem(await enable(world, token, { enabled: false }), 409, 'second_factor_required');
    assertRefused(await tryToSignIn(world, root), 401, 1);
    assert.equal((await world.call('GET', '/auth/recovery-codes', { token })).body.left, 10);
    await tokenOf(world, root, { otp: freshCode(world, root.secret ?? Buffer.alloc(0)) });
  }));

test('a second factor can be required of everyone, or of nobody', async () => {
  const cases: [Options['requireSecondFactor'], boolean, boolean][] = [
    ['everyone', true, true],
    ['administrators', false, true],
    ['nobody', false, false],
  ];
  for (const [requireSecondFactor, ordinary, administrator] of cases) {
    await inWorld(
      async (world) => {
        const alice = await tokenOf(world, await makePerson(world));
        const root = await tokenOf(world, await makePerson(world, 'root', true));
        assert.deepEqual([await isEnrolling(world, alice), await isEnrolling(world, root)], [ordinary, administrator]);
        const off = await enable(world, alice, { enabled: false });
        assert.equal(off.status, ordinary ? 409 : 200);
        assert.equal((await world.call('GET', '/users', { token: root })).status, administrator ? 403 : 200);
      },
      { requireSecondFactor },
    );
  }
});

test('a recovery code makes up for no authenticator that was never proved', () =>
  inWorld(async (world) => {
    const root = await makePerson(world, 'root', true);
    const { body } = await enable(world, await tokenOf(world, root));
    const token = await tokenOf(world, root, { recovery_code: body.recovery_codes[0] ?? '' });
    assert.equal((await world.call('GET', '/users', { token })).status, 403);
    const otp = codeAt(await secretOf(world, token), world.now());
    assert.equal((await enable(world, token, { enabled: true, otp })).status, 200);
    assert.equal((await world.call('GET', '/users', { token })).status, 200);
  }));

test('an administrator who signs in with a first right code is told nothing of enrolling', () =>
  inWorld(async (world) => {
    const root = await makePerson(world, 'root', true);
    const enrolling = await tokenOf(world, root);
    await enable(world, enrolling);
    const otp = codeAt(await secretOf(world, enrolling), world.now());
    const { body } = await tryToSignIn(world, root, { otp });
    assert.deepEqual([body.status, body.enrolling], [0, undefined]);
    assert.equal((await world.call('GET', '/whoami', { token: body.token })).status, 200);
  }));
