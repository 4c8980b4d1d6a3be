import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hour, minute } from '../../src/clock.ts';
import { registeredRoutes } from '../routes.ts';
import {
  codeAt,
  freshCode,
  inWorld,
  makePerson,
  makePersonWithCode,
  secretOf,
  signIn,
  type World,
  wrongCode,
} from '../server.ts';
import { secretIn } from './in-a-browser.ts';
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

const fresh = async (world: World, token: string): Promise<boolean> => {
  const answer = await world.call('POST', '/auth/otp/replace', { token });
  if (answer.status !== 204) assertProblem(answer, 403, 'reauthentication_required');
  return answer.status === 204;
};

test('a session is fresh for ten minutes', () =>
  inWorld(async (world) => {
    for (const person of [await makePerson(world), await makePersonWithCode(world)]) {
      const token = await signIn(world, person);
      world.turn(10 * minute - 1);
      assert.equal(await fresh(world, token), true);
      world.turn(1);
      assert.equal(await fresh(world, token), false);
      assert.equal((await world.call('GET', '/whoami', { token })).status, 200);
    }
  }));

test('every route that asks for a fresh session refuses a stale one', () =>
  inWorld(async (world) => {
    const bob = await makePersonWithCode(world);
    const token = await signIn(world, bob);
    world.turn(10 * minute);
    const asking = (await registeredRoutes()).filter(({ access }) => access?.startsWith('fresh'));
    assert.ok(asking.length > 10, `${asking.length} routes`);
    for (const { method, url, page } of asking) {
      const answer = await world.call(method as 'POST', url, { token, headers: { 'sec-fetch-site': 'same-origin' } });
      const what = `${method} ${url}`;
      if (page) assert.match(`${answer.status} ${answer.headers['location']}`, /^303 \/reauthenticate\b/, what);
      else assertProblem(answer, 403, 'reauthentication_required');
    }
  }));

test('reauthenticate renews the token of the same session: same id, same end, and the old token is void', () =>
  inWorld(async (world) => {
    const bob = await makePersonWithCode(world);
    const token = await signIn(world, bob);
    const before = (await world.call('GET', '/me', { token })).body.session;
    world.turn(30 * minute);
    const otp = freshCode(world, secretIn(bob));
    const { status, body } = await reauthenticate(world, token, { password: bob.password, otp });
    assert.deepEqual([status, body.expires_at], [200, before.expires_at]);
    assert.match(body.token, /^csn_/);
    assert.equal(await isAlive(world, token), false);
    const after = (await world.call('GET', '/me', { token: body.token })).body.session;
    assert.deepEqual([after.id, after.expires_at], [before.id, before.expires_at]);
    assert.equal(Date.parse(after.authenticated_at), world.now());
    assert.equal(await fresh(world, body.token), true);
    assert.equal((await world.call('GET', '/auth/sessions', { token: body.token })).body.sessions.length, 1);
  }));

test('reauthenticate does not prolong a session beyond its overall end', () =>
  inWorld(async (world) => {
    const alice = await makePerson(world);
    const token = await signIn(world, alice);
    world.turn(23 * hour);
    const { body } = await reauthenticate(world, token, { password: alice.password });
    world.turn(hour);
    assert.equal(await isAlive(world, body.token), false);
  }));

test('reauthenticate keeps the pending secret of its session', () =>
  inWorld(async (world) => {
    const alice = await makePerson(world);
    const token = await signIn(world, alice);
    const secret = await secretOf(world, token);
    const { body } = await reauthenticate(world, token, { password: alice.password });
    assert.deepEqual(await secretOf(world, body.token), secret);
  }));

test('reauthenticate demands what a sign-in would: the password, and a code of a proved authenticator', () =>
  inWorld(async (world) => {
    const bob = await makePersonWithCode(world);
    const token = await signIn(world, bob);
    const { password } = bob;
    const otp = freshCode(world, secretIn(bob));
    const wrong = { otp: wrongCode(world, secretIn(bob)) };
    assertProblem(await reauthenticate(world, token, { password: 'wrong', otp }), 422, 'wrong_password');
    assertProblem(await reauthenticate(world, token, { password }), 422, 'wrong_otp');
    assertProblem(await reauthenticate(world, token, { password, otp: '' }), 422, 'wrong_otp');
    assertProblem(await reauthenticate(world, token, { password, ...wrong }), 422, 'wrong_otp');
    assertProblem(await reauthenticate(world, token, { otp }), 422, 'invalid');
    assertProblem(await reauthenticate(world, token, { password, otp, ...recoveryCodeOf(bob) }), 422, 'invalid');
    assert.equal(await isAlive(world, token), true);
    assert.equal((await reauthenticate(world, token, { password, otp })).status, 200);
  }));

test('a recovery code counts as the second factor, and is spent', () =>
  inWorld(async (world) => {
    const bob = await makePersonWithCode(world);
    const old = await tokenOf(world, bob, recoveryCodeOf(bob));
    assert.equal(await fresh(world, old), true);
    world.turn(10 * minute);
    assert.equal(await fresh(world, old), false);
    const code = recoveryCodeOf(bob, 1);
    const { body } = await reauthenticate(world, old, { password: bob.password, ...code });
    assert.equal(await fresh(world, body.token), true);
    assertProblem(await reauthenticate(world, body.token, { password: bob.password, ...code }), 422, 'wrong_otp');
    assertRefused(await tryToSignIn(world, bob, code), 401, 2);
  }));

test('an authenticator never proved is not demanded, once proved it is', () =>
  inWorld(async (world) => {
    const alice = await makePerson(world);
    const token = await signIn(world, alice);
    await enable(world, token);
    const secret = await secretOf(world, token);
    world.turn(10 * minute);
    assert.equal(await fresh(world, token), false);
    const { body } = await reauthenticate(world, token, { password: alice.password });
    assert.equal(await fresh(world, body.token), true);

    await tokenOf(world, alice, { otp: freshCode(world, secret) });
    assert.equal(await fresh(world, body.token), false);
    assertProblem(await reauthenticate(world, body.token, { password: alice.password }), 422, 'wrong_otp');
    const otp = freshCode(world, secret);
    const again = await reauthenticate(world, body.token, { password: alice.password, otp });
    assert.equal(await fresh(world, again.body.token), true);
  }));

test('proving an authenticator by a sign-in is no change of factors, and ends no session', () =>
  inWorld(async (world) => {
    const alice = await makePerson(world);
    const token = await signIn(world, alice);
    await enable(world, token);
    const secret = await secretOf(world, token);
    const other = await tokenOf(world, alice, { otp: codeAt(secret, world.now()) });
    assert.deepEqual([await isAlive(world, token), await isAlive(world, other)], [true, true]);
    assert.equal((await world.call('GET', '/whoami', { token })).status, 200);
  }));

test('a code that is sent though it is not demanded is judged, and proves the authenticator', () =>
  inWorld(async (world) => {
    const alice = await makePerson(world);
    const token = await signIn(world, alice);
    await enable(world, token);
    const secret = await secretOf(world, token);
    const { password } = alice;
    const otp = codeAt(secret, world.now());
    assertProblem(await reauthenticate(world, token, { password, otp: wrongCode(world, secret) }), 422, 'wrong_otp');
    const { body } = await reauthenticate(world, token, { password, otp });
    const me = (await world.call('GET', '/me', { token: body.token })).body;
    assert.deepEqual([me.factors[1]?.proved, me.session.proved], [true, ['password', 'otp']]);
    assertRefused(await tryToSignIn(world, alice, { otp }), 401, 2);
  }));

test('where there is no second factor a code sent to reauthenticate is ignored', () =>
  inWorld(async (world) => {
    const alice = await makePerson(world);
    const token = await signIn(world, alice);
    const { status } = await reauthenticate(world, token, { password: alice.password, otp: 'nonsense' });
    assert.equal(status, 200);
  }));
