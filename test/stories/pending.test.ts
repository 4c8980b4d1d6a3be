import assert from 'node:assert/strict';
import { test } from 'node:test';
import { minute } from '../../src/clock.ts';
import { codeAt, freshCode, inWorld, makePerson, makePersonWithCode, secretOf, signIn } from '../server.ts';
import { dump } from '../tables.ts';
import {
  assertProblem,
  changePassword,
  enable,
  generate,
  isAlive,
  reauthenticate,
  recoveryCodeOf,
  tokenOf,
} from './steps.ts';

test('a pending secret is the same at every call of its session, and another session gets another', () =>
  inWorld(async (world) => {
    const alice = await makePerson(world);
    const desk = await signIn(world, alice);
    const phone = await signIn(world, alice);
    const secret = await secretOf(world, desk);
    assert.deepEqual(await secretOf(world, desk), secret);
    assert.notDeepEqual(await secretOf(world, phone), secret);
    assert.deepEqual(await secretOf(world, desk), secret);
    assert.equal(secret.length, 20);
    const { body } = await world.call('GET', '/me', { token: desk });
    assert.deepEqual(body.factors, [{ type: 'password', proved: true }]);
  }));

test('whoever was shown a secret before is shown it again without waiting for those who write', () =>
  inWorld(async (world) => {
    const { database } = world.server.service;
    const token = await signIn(world, await makePerson(world));
    const bound = await signIn(world, await makePerson(world, 'bound'));
    await enable(world, bound);
    const shown = [await generate(world, token), await generate(world, bound)];
    const over = Promise.withResolvers<void>();
    const writing = database.transaction(() => over.promise);
    for (const [index, asking] of [token, bound].entries()) {
      const headers = { authorization: `Bearer ${asking}`, accept: 'application/json' };
      // A call waits for what goes on behind its answer; this is the answer alone.
      const again = await world.server.inject({ url: '/auth/otp/generate', headers });
      assert.deepEqual([again.statusCode, again.payload], [200, shown[index]?.text]);
    }
    over.resolve();
    await writing;
  }));

test('the QR code comes as PNG, SVG or JSON by Accept, as nothing else, and is never stored', () =>
  inWorld(async (world) => {
    const token = await signIn(world, await makePerson(world));
    const kinds = [
      [undefined, 'image/png'],
      ['*/*', 'image/png'],
      ['image/svg+xml', 'image/svg+xml; charset=utf-8'],
      ['application/json', 'application/json; charset=utf-8'],
    ] as const;
    for (const [accept, type] of kinds) {
      const answer = await world.call('GET', '/auth/otp/generate', { token, headers: accept ? { accept } : {} });
      assert.deepEqual([answer.status, answer.headers['content-type']], [200, type]);
      assert.equal(answer.headers['cache-control'], 'no-store');
    }
    const text = await world.call('GET', '/auth/otp/generate', { token, headers: { accept: 'text/plain' } });
    assertProblem(text, 406, 'not_acceptable');
  }));

test('a pending secret goes with its session', () =>
  inWorld(async (world) => {
    const token = await signIn(world, await makePerson(world));
    await secretOf(world, token);
    assert.equal(dump(world)['pending_authenticators']?.length, 1);
    await world.call('DELETE', '/auth/sessions/current', { token });
    assert.equal(dump(world)['pending_authenticators']?.length, 0);
  }));

test('a pending secret goes with a password change', () =>
  inWorld(async (world) => {
    const alice = await makePerson(world);
    const token = await signIn(world, alice);
    const secret = await secretOf(world, token);
    const changed = await changePassword(world, token, alice.password, 'quite another long password');
    assert.equal(changed.status, 204);
    const late = await enable(world, token, { enabled: true, otp: codeAt(secret, world.now()) });
    assertProblem(late, 409, 'otp_already_confirmed');
    assert.notDeepEqual(await secretOf(world, token), secret);
  }));

test('a pending secret goes after ten minutes, however often it was looked at', () =>
  inWorld(async (world) => {
    const alice = await makePerson(world);
    const old = await signIn(world, alice);
    world.turn(5 * minute);
    const secret = await secretOf(world, old);
    const { body } = await reauthenticate(world, old, { password: alice.password });
    world.turn(10 * minute - 1);
    assert.deepEqual(await secretOf(world, body.token), secret);
    world.turn(1);
    const renewed = await reauthenticate(world, body.token, { password: alice.password });
    const late = await enable(world, renewed.body.token, { enabled: true, otp: codeAt(secret, world.now()) });
    assertProblem(late, 409, 'otp_already_confirmed');
    assert.notDeepEqual(await secretOf(world, renewed.body.token), secret);
  }));

test('a secret in force outlives the ten minutes', () =>
  inWorld(async (world) => {
    const alice = await makePerson(world);
    const token = await signIn(world, alice);
    const secret = await secretOf(world, token);
    await enable(world, token);
    world.turn(30 * minute);
    const { body } = await reauthenticate(world, token, { password: alice.password });
    assert.deepEqual(await secretOf(world, body.token), secret);
    assert.equal((await tokenOf(world, alice, { otp: freshCode(world, secret) })).startsWith('csn_'), true);
  }));

test('switching on ends every other session and every pending secret', () =>
  inWorld(async (world) => {
    const alice = await makePerson(world);
    const [desk, phone, tablet] = [await signIn(world, alice), await signIn(world, alice), await signIn(world, alice)];
    for (const token of [desk, phone, tablet]) await secretOf(world, token);
    await enable(world, desk);
    assert.equal(await isAlive(world, desk), true);
    assert.equal(await isAlive(world, phone), false);
    assert.equal(await isAlive(world, tablet), false);
    assert.equal(dump(world)['pending_authenticators']?.length, 0);
  }));

test('a secret in force and not proved is shown to the session that switched it on and to a sign-in by recovery code', () =>
  inWorld(async (world) => {
    const alice = await makePerson(world);
    const token = await signIn(world, alice);
    const { body } = await enable(world, token);
    const secret = await secretOf(world, token);
    const rescued = await tokenOf(world, alice, recoveryCodeOf({ ...alice, recoveryCodes: body.recovery_codes }));
    assert.deepEqual(await secretOf(world, rescued), secret);
    assert.equal(await isAlive(world, token), true);

    await tokenOf(world, alice, { otp: codeAt(secret, world.now()) });
    assertProblem(await generate(world, rescued), 409, 'otp_already_confirmed');
  }));

test('a proved secret is never shown again, which only a fresh session is told', () =>
  inWorld(async (world) => {
    const bob = await makePersonWithCode(world);
    const token = await signIn(world, bob);
    assertProblem(await generate(world, token), 409, 'otp_already_confirmed');
    world.turn(10 * minute);
    assertProblem(await generate(world, token), 403, 'reauthentication_required');
  }));
