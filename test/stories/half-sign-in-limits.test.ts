import assert from 'node:assert/strict';
import { test } from 'node:test';
import { minute, second } from '../../src/clock.ts';
import { inQuickWorld } from '../quick-world.ts';
import { codeAt, freshCode, makePersonWithCode, signIn, type World } from '../server.ts';
import { dump } from '../tables.ts';
import { enter } from './account-steps.ts';
import { begin, cookiesIn, finish, givePassword, secretIn, sessionsOf } from './in-a-browser.ts';
import { inStep, recoveryCodeOf } from './steps.ts';

/** Who can take a half sign-in from whom, and how far the password carries that it holds. */

const halves = (world: World): number => dump(world)['half_sign_ins']?.length ?? 0;

test('somebody who knows the password cannot push out the half sign-in of the owner in another network', () =>
  inQuickWorld(async (world) => {
    const bob = await makePersonWithCode(world);
    const [owner, thief] = ['203.0.113.5', '2001:db8:1:2::3'];
    const half = await begin(world, bob, owner);
    for (let index = 0; index < 20; index += 1) {
      world.turn(second);
      await begin(world, bob, thief);
    }
    assert.equal(halves(world), 6, 'five of the thief, and the one');
    for (const other of ['2001:db8:1:2::4', '::ffff:203.0.113.5']) await begin(world, bob, other);
    assert.equal(halves(world), 7, 'the rest of a /64 is the same network, and an IPv4 address however it is written');
    const answer = await finish(world, half, { otp: codeAt(secretIn(bob), world.now()) });
    assert.equal(answer.headers['location'], '/account');
  }));

test('nor that of the owner in a browser that the account knows, in the same network', () =>
  inQuickWorld(async (world) => {
    const bob = await makePersonWithCode(world);
    const known = await enter(world, bob);
    await givePassword(known, bob);
    for (let index = 0; index < 6; index += 1) {
      world.turn(second);
      await begin(world, bob);
    }
    assert.equal(halves(world), 6);
    await known.submit({ otp: freshCode(world, secretIn(bob)) });
    assert.equal(known.path, '/account');
  }));

test('two right recovery codes at once finish one half sign-in once, and the other code stays', () =>
  inQuickWorld(async (world) => {
    const bob = await makePersonWithCode(world);
    const half = await begin(world, bob);
    const codes = [recoveryCodeOf(bob, 0), recoveryCodeOf(bob, 1)];
    const answers = await inStep(
      world,
      2,
      codes.map((code) => () => finish(world, half, code)),
    );
    assert.deepEqual(answers.map(({ headers }) => String(headers['location'])).sort(), [
      '/account?done=recovery-code',
      '/sign-in?done=expired',
    ]);
    assert.equal(answers.flatMap(cookiesIn).filter((line) => line.includes('=csn_')).length, 1);
    assert.equal(sessionsOf(world, bob), 1);
    assert.equal(dump(world)['recovery_codes']?.filter((row) => row['user_id'] === bob.id).length, 9);
  }));

test('a session is fresh for ten minutes from the password, however late the code came', () =>
  inQuickWorld(async (world) => {
    const bob = await makePersonWithCode(world);
    const half = await begin(world, bob);
    const since = world.now();
    world.turn(4 * minute + 55 * second);
    const answer = await finish(world, half, { otp: codeAt(secretIn(bob), world.now()) });
    const token = /countersign=(csn_[^;]+)/.exec(cookiesIn(answer).join())?.[1] ?? '';
    const isFresh = async () => (await world.call('POST', '/auth/recovery-codes', { token })).status === 200;
    world.turn(since + 10 * minute - 1 - world.now());
    assert.equal(await isFresh(), true);
    world.turn(1);
    assert.equal(await isFresh(), false);
  }));

test('a session that is ended alone leaves half sign-ins; all others at once takes them', () =>
  inQuickWorld(async (world) => {
    const bob = await makePersonWithCode(world);
    const [token, other] = [await signIn(world, bob), await signIn(world, bob)];
    const { body } = await world.call('GET', '/me', { token: other });
    await begin(world, bob, '203.0.113.5');
    assert.equal((await world.call('DELETE', `/auth/sessions/${body.session.id}`, { token })).status, 204);
    assert.equal(halves(world), 1);
    assert.equal((await world.call('DELETE', '/auth/sessions', { token })).status, 204);
    assert.equal(halves(world), 0);
  }));
