import assert from 'node:assert/strict';
import { test } from 'node:test';
import { day, hour, second } from '../../src/clock.ts';
import { softwareAuthenticator } from '../authenticator.ts';
import { addPasskey, makePersonWithPasskey, tokenByPasskey } from '../passkeys.ts';
import { inQuickWorld } from '../quick-world.ts';
import {
  type Answer,
  codeAt,
  freshCode,
  makePerson,
  makePersonWithCode,
  type Person,
  secretOf,
  signIn,
  type World,
  wrongCode,
} from '../server.ts';
import { dump } from '../tables.ts';
import { secretIn } from './in-a-browser.ts';
import { assertProblem, assertRefused, enable, reauthenticate, recoveryCodeOf, tokenOf, tryToSignIn } from './steps.ts';

const right = (world: World, bob: Person): { otp: string } => ({ otp: freshCode(world, secretIn(bob)) });
const guess = (world: World, bob: Person, from?: string): Promise<Answer> =>
  tryToSignIn(world, bob, { otp: wrongCode(world, secretIn(bob)) }, from);
const guessRecovery = (world: World, bob: Person): Promise<Answer> =>
  tryToSignIn(world, bob, { recovery_code: 'AAAA-AAAA-AAAA-AAAA-AAAA-AAAA' });

async function often(times: number, request: () => Promise<Answer>): Promise<void> {
  for (let index = 0; index < times; index += 1) assertRefused(await request(), 401, 2);
}

function assertThrottled(answer: Answer, retryAfter: number): void {
  assertRefused(answer, 429, 4);
  assert.equal(answer.headers['retry-after'], String(retryAfter));
}

/** Wrong codes until the authenticator is off: a hundred in a row, with the delays waited out. */
async function exhaust(world: World, bob: Person): Promise<void> {
  for (let index = 0; index < 100; index += 1) {
    assertRefused(await guess(world, bob), 401, 2);
    world.turn(hour);
  }
}

test('five wrong codes in a row are free, then delays double from 30 s to an hour', () =>
  inQuickWorld(async (world) => {
    const bob = await makePersonWithCode(world);
    await often(5, () => guess(world, bob));
    for (const delay of [30, 60, 120, 240, 480, 960, 1920, 3600, 3600]) {
      assertThrottled(await guess(world, bob), delay);
      world.turn(delay * second);
      assertRefused(await guess(world, bob), 401, 2);
    }
    world.turn(hour);
    await tokenOf(world, bob, right(world, bob));
  }));

test('a right code clears the count, a right password never does', () =>
  inQuickWorld(async (world) => {
    const bob = await makePersonWithCode(world);
    await often(4, () => guess(world, bob));
    await tokenOf(world, bob, right(world, bob));
    await often(4, () => guess(world, bob));
    for (let index = 0; index < 20; index += 1) assertRefused(await tryToSignIn(world, bob), 401, 1);
    assertRefused(await guess(world, bob), 401, 2);
    assertThrottled(await guess(world, bob), 30);
    assertRefused(await tryToSignIn(world, bob), 401, 1);
    assertThrottled(await guess(world, bob), 30);
  }));

test('a new connection, another network and a restart are the same budget', () =>
  inQuickWorld(async (world) => {
    const bob = await makePersonWithCode(world);
    for (let index = 0; index < 3; index += 1) await often(1, () => guess(world, bob, `203.0.113.${index}`));
    await world.restart();
    await often(2, () => guess(world, bob));
    assertThrottled(await guess(world, bob, '198.51.100.7'), 30);
  }));

test('a spent code counts as wrong', () =>
  inQuickWorld(async (world) => {
    const bob = await makePersonWithCode(world);
    const spent = right(world, bob);
    await tokenOf(world, bob, spent);
    await often(5, () => tryToSignIn(world, bob, spent));
    assertThrottled(await tryToSignIn(world, bob, spent), 30);
  }));

test('whoever does not know the password burns no tries of the second factor', () =>
  inQuickWorld(async (world) => {
    const bob = await makePersonWithCode(world);
    const otp = wrongCode(world, secretIn(bob));
    for (let index = 0; index < 8; index += 1)
      await tryToSignIn(world, { basic: 'bob:wrong' }, { otp }, `203.0.113.${index}`);
    await often(4, () => guess(world, bob));
    await tokenOf(world, bob, right(world, bob));
  }));

test('wrong codes count wherever they are sent', () =>
  inQuickWorld(async (world) => {
    const bob = await makePersonWithCode(world);
    const token = await signIn(world, bob);
    const otp = wrongCode(world, secretIn(bob));
    await often(3, () => guess(world, bob));
    for (let index = 0; index < 2; index += 1)
      assertProblem(await reauthenticate(world, token, { password: bob.password, otp }), 422, 'wrong_otp');
    assertThrottled(await guess(world, bob), 30);
  }));

test('after a hundred wrong codes in a row the authenticator is off: rebind, whatever the code, and for good', () =>
  inQuickWorld(async (world) => {
    const bob = await makePersonWithCode(world);
    const token = await tokenOf(world, bob, right(world, bob));
    await exhaust(world, bob);
    const assertOff = (answer: Answer): void => {
      assert.deepEqual([answer.status, answer.body], [429, { token: null, status: 4, rebind: true }]);
      assert.equal(answer.headers['retry-after'], undefined);
    };
    assertOff(await guess(world, bob));
    assertOff(await tryToSignIn(world, bob, right(world, bob)));
    await world.restart();
    world.turn(365 * day);
    await world.server.service.sweep();
    assertOff(await tryToSignIn(world, bob, right(world, bob)));
    assertRefused(await tryToSignIn(world, bob), 401, 1);
    assert.equal((await world.call('GET', '/whoami', { token })).status, 401);
  }));

test('a recovery code still gets in, and binds anew', () =>
  inQuickWorld(async (world) => {
    const bob = await makePersonWithCode(world);
    await exhaust(world, bob);
    const token = await tokenOf(world, bob, recoveryCodeOf(bob));
    const wrong = { password: bob.password, ...right(world, bob) };
    const refused = await reauthenticate(world, token, wrong);
    assertProblem(refused, 429, 'too_many_tries');
    assert.deepEqual([refused.body.rebind, refused.headers['retry-after']], [true, undefined]);
    assert.match(refused.body.detail, /sign in with a recovery code or a passkey/);
    assert.equal((await world.call('POST', '/auth/otp/replace', { token })).status, 204);
    const secret = await secretOf(world, token);
    const { body } = await enable(world, token, { enabled: true, otp: codeAt(secret, world.now()) });
    assert.equal(body.confirmed, true);
    await tokenOf(world, bob, { otp: freshCode(world, secret) });
    await often(5, () => guess(world, { ...bob, secret }));
    assertThrottled(await guess(world, { ...bob, secret }), 30);
  }));

test('recovery codes have a budget of their own, with the same delays and no cut-off', () =>
  inQuickWorld(async (world) => {
    const bob = await makePersonWithCode(world);
    await often(5, () => guess(world, bob));
    await often(5, () => guessRecovery(world, bob));
    assertThrottled(await guess(world, bob), 30);
    assertThrottled(await tryToSignIn(world, bob, recoveryCodeOf(bob)), 30);
    world.turn(30 * second);
    await tokenOf(world, bob, { otp: codeAt(secretIn(bob), world.now()) });
    assertRefused(await guessRecovery(world, bob), 401, 2);
    assertThrottled(await tryToSignIn(world, bob, recoveryCodeOf(bob)), 60);
    for (let index = 0; index < 100; index += 1) {
      world.turn(hour);
      assertRefused(await guessRecovery(world, bob), 401, 2);
    }
    assertThrottled(await tryToSignIn(world, bob, recoveryCodeOf(bob)), 3600);
    world.turn(hour);
    await tokenOf(world, bob, recoveryCodeOf(bob));
    await often(4, () => guessRecovery(world, bob));
  }));

test('codes that are to bind an authenticator are counted too', () =>
  inQuickWorld(async (world) => {
    const token = await signIn(world, await makePerson(world));
    const secret = await secretOf(world, token);
    const wrong = { enabled: true, otp: wrongCode(world, secret) };
    for (let index = 0; index < 5; index += 1) assertProblem(await enable(world, token, wrong), 422, 'wrong_otp');
    const throttled = await enable(world, token, { enabled: true, otp: codeAt(secret, world.now()) });
    assertProblem(throttled, 429, 'too_many_tries');
    assert.deepEqual([throttled.headers['retry-after'], throttled.body.rebind], ['30', undefined]);
    world.turn(30 * second);
    assert.equal((await enable(world, token, { enabled: true, otp: codeAt(secret, world.now()) })).status, 200);
  }));

test('a right code refused during a delay is not spent', () =>
  inQuickWorld(async (world) => {
    const bob = await makePersonWithCode(world);
    world.turn(60 * second);
    await often(5, () => guess(world, bob));
    const otp = codeAt(secretIn(bob), world.now() + 30 * second);
    assertThrottled(await tryToSignIn(world, bob, { otp }), 30);
    world.turn(30 * second);
    await tokenOf(world, bob, { otp });
  }));

test('a reset leaves no count of codes, whatever they were for', () =>
  inQuickWorld(async (world) => {
    const bob = await makePersonWithCode(world);
    const token = await signIn(world, bob);
    assert.equal((await world.call('POST', '/auth/otp/replace', { token })).status, 204);
    const pending = wrongCode(world, await secretOf(world, token));
    const before = dump(world)['budgets'];
    await often(2, () => guess(world, bob));
    await often(2, () => guessRecovery(world, bob));
    for (let index = 0; index < 2; index += 1)
      assertProblem(await enable(world, token, { enabled: true, otp: pending }), 422, 'wrong_otp');
    assert.notDeepEqual(dump(world)['budgets'], before);
    await world.server.service.admin.resetSecondFactors('operator', bob.id);
    assert.deepEqual(dump(world)['budgets'], before);
  }));

test('the count goes with the last passkey: new recovery codes have all their tries', () =>
  inQuickWorld(async (world) => {
    const carol = await makePersonWithPasskey(world);
    const token = await tokenByPasskey(world, carol.device);
    await often(5, () => guessRecovery(world, carol));
    assertThrottled(await tryToSignIn(world, carol, recoveryCodeOf(carol)), 30);
    assert.equal((await world.call('DELETE', `/auth/passkeys/${carol.passkeyId}`, { token })).status, 204);
    const { body } = await addPasskey(world, await tokenOf(world, carol), softwareAuthenticator());
    await tokenOf(world, carol, { recovery_code: body.recovery_codes[0] ?? '' });
  }));

test('the count goes with the authenticator that is taken away', () =>
  inQuickWorld(async (world) => {
    const bob = await makePersonWithCode(world);
    const token = await signIn(world, bob);
    await often(5, () => guess(world, bob));
    await enable(world, token, { enabled: false });
    await enable(world, token);
    const secret = await secretOf(world, token);
    await tokenOf(world, bob, { otp: codeAt(secret, world.now()) });
  }));
