import assert from 'node:assert/strict';
import { test } from 'node:test';
import { minute } from '../../src/clock.ts';
import {
  type Answer,
  codeAt,
  freshCode,
  inWorld,
  makePersonWithCode,
  secretOf,
  signIn,
  type World,
  wrongCode,
} from '../server.ts';
import { dump } from '../tables.ts';
import { secretIn } from './in-a-browser.ts';
import {
  assertProblem,
  assertRefused,
  enable,
  generate,
  inStep,
  isAlive,
  reauthenticate,
  recoveryCodeOf,
  tokenOf,
  tryToSignIn,
} from './steps.ts';

const replace = (world: World, token: string): Promise<Answer> => world.call('POST', '/auth/otp/replace', { token });
const confirm = (world: World, token: string, secret: Buffer): Promise<Answer> =>
  enable(world, token, { enabled: true, otp: codeAt(secret, world.now()) });

test('the old authenticator works until a code of the new one confirms it, and there is never a gap', () =>
  inWorld(async (world) => {
    const bob = await makePersonWithCode(world);
    const token = await signIn(world, bob);
    assert.equal((await replace(world, token)).status, 204);
    assertRefused(await tryToSignIn(world, bob), 401, 1);
    const secret = await secretOf(world, token);
    assert.notDeepEqual(secret, bob.secret);
    assertRefused(await tryToSignIn(world, bob, { otp: freshCode(world, secret) }), 401, 2);
    await tokenOf(world, bob, { otp: freshCode(world, secretIn(bob)) });
    assert.equal((await enable(world, token)).body.recovery_codes, undefined);
    await tokenOf(world, bob, { otp: freshCode(world, secretIn(bob)) });

    world.turn(minute);
    assert.equal((await confirm(world, token, secret)).status, 200);
    assertRefused(await tryToSignIn(world, bob), 401, 1);
    assertRefused(await tryToSignIn(world, bob, { otp: freshCode(world, secretIn(bob)) }), 401, 2);
    await tokenOf(world, bob, { otp: freshCode(world, secret) });
  }));

test('the swap ends the other sessions, makes new recovery codes, and spends the code', () =>
  inWorld(async (world) => {
    const bob = await makePersonWithCode(world);
    const other = await signIn(world, bob);
    await replace(world, other);
    const token = await signIn(world, bob);
    await replace(world, token);
    const secret = await secretOf(world, token);
    const { body } = await confirm(world, token, secret);
    assert.deepEqual(
      [body.otp_configured, body.confirmed, body.qr_needed, body.recovery_codes.length],
      [true, true, false, 10],
    );
    assert.equal(await isAlive(world, token), true);
    assert.equal(await isAlive(world, other), false);
    assert.equal(dump(world)['pending_authenticators']?.length, 0);
    assertRefused(await tryToSignIn(world, bob, { otp: codeAt(secret, world.now()) }), 401, 2);
    assertRefused(await tryToSignIn(world, bob, recoveryCodeOf(bob)), 401, 2);
    await tokenOf(world, bob, recoveryCodeOf({ ...bob, recoveryCodes: body.recovery_codes }));
    assertProblem(await generate(world, token), 409, 'otp_already_confirmed');
  }));

test('a wrong code of the new one, and one of the old, change nothing', () =>
  inWorld(async (world) => {
    const bob = await makePersonWithCode(world);
    const token = await signIn(world, bob);
    await replace(world, token);
    const secret = await secretOf(world, token);
    assertProblem(await enable(world, token, { enabled: true, otp: wrongCode(world, secret) }), 422, 'wrong_otp');
    const old = freshCode(world, secretIn(bob));
    assertProblem(await enable(world, token, { enabled: true, otp: old }), 422, 'wrong_otp');
    assert.deepEqual(await secretOf(world, token), secret);
    await tokenOf(world, bob, { otp: old });
    assert.equal((await confirm(world, token, secret)).status, 200);
  }));

test('replace twice is one replacement, with one secret', () =>
  inWorld(async (world) => {
    const bob = await makePersonWithCode(world);
    const token = await signIn(world, bob);
    await replace(world, token);
    const secret = await secretOf(world, token);
    assert.equal((await replace(world, token)).status, 204);
    assert.deepEqual(await secretOf(world, token), secret);
  }));

test('of two sessions that replace at once, one does', () =>
  inWorld(async (world) => {
    const bob = await makePersonWithCode(world);
    const tokens = [await signIn(world, bob), await signIn(world, bob)];
    const secrets: Buffer[] = [];
    for (const token of tokens) {
      await replace(world, token);
      secrets.push(await secretOf(world, token));
    }
    assert.notDeepEqual(secrets[0], secrets[1]);
    const requests = tokens.map((token, index) => () => confirm(world, token, secrets[index] ?? Buffer.alloc(0)));
    const answers = await inStep(world, 2, requests);
    const winner = answers.findIndex(({ status }) => status === 200);
    assertProblem(answers[1 - winner] ?? assert.fail(), 401, 'unauthenticated');
    const alive = await Promise.all(tokens.map((token) => isAlive(world, token)));
    assert.deepEqual(
      alive,
      tokens.map((_, index) => index === winner),
    );
    await tokenOf(world, bob, { otp: freshCode(world, secrets[winner] ?? Buffer.alloc(0)) });
  }));

test('a replacement that is not confirmed within ten minutes is forgotten, and the old one stays', () =>
  inWorld(async (world) => {
    const bob = await makePersonWithCode(world);
    const old = await signIn(world, bob);
    await replace(world, old);
    const secret = await secretOf(world, old);
    world.turn(10 * minute);
    const otp = freshCode(world, secretIn(bob));
    const { body } = await reauthenticate(world, old, { password: bob.password, otp });
    assertProblem(await confirm(world, body.token, secret), 409, 'otp_already_confirmed');
    assertProblem(await generate(world, body.token), 409, 'otp_already_confirmed');
    await tokenOf(world, bob, { otp: freshCode(world, secretIn(bob)) });
  }));

test('replacing takes a fresh session', () =>
  inWorld(async (world) => {
    const bob = await makePersonWithCode(world);
    const token = await signIn(world, bob);
    world.turn(10 * minute);
    assertProblem(await replace(world, token), 403, 'reauthentication_required');
  }));

test('an unproved secret can be replaced too, by its own session', () =>
  inWorld(async (world) => {
    const bob = await makePersonWithCode(world);
    const token = await signIn(world, bob);
    await enable(world, token, { enabled: false });
    await enable(world, token);
    const first = await secretOf(world, token);
    await replace(world, token);
    const second = await secretOf(world, token);
    assert.notDeepEqual(second, first);
    assert.equal((await confirm(world, token, second)).body.confirmed, true);
    assertRefused(await tryToSignIn(world, bob, { otp: freshCode(world, first) }), 401, 2);
    await tokenOf(world, bob, { otp: freshCode(world, second) });
  }));
