import assert from 'node:assert/strict';
import { test } from 'node:test';
import { codeAt, inWorld, makePerson, makePersonWithCode, secretOf, signIn } from '../server.ts';
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
} from './steps.ts';

const next = 'quite another long password';

test('a new password takes the place of the old one, and ends the other sessions', () =>
  inWorld(async (world) => {
    const alice = await makePerson(world);
    const other = await signIn(world, alice);
    const token = await signIn(world, alice);
    const answer = await changePassword(world, token, alice.password, next);
    assert.deepEqual([answer.status, answer.text], [204, '']);
    assert.deepEqual([await isAlive(world, token), await isAlive(world, other)], [true, false]);
    assertRefused(await tryToSignIn(world, alice), 401, 3);
    await tokenOf(world, { basic: `alice:${next}` });
  }));

test('the password that it is already is no new one, and nothing changes', () =>
  inWorld(async (world) => {
    const alice = await makePerson(world);
    const token = await signIn(world, alice);
    const before = dump(world, ['sessions']);
    const answer = await changePassword(world, token, alice.password, alice.password);
    assertProblem(answer, 422, 'weak_password');
    assert.equal(answer.body.reason, 'unchanged');
    assert.deepEqual(dump(world, ['sessions']), before);
  }));

test('a password that is not the present one is wrong, also where it is given as the new one; spelling makes none new', () =>
  inWorld(async (world) => {
    const alice = await makePerson(world);
    const token = await signIn(world, alice);
    assertProblem(await changePassword(world, token, next, next), 422, 'wrong_password');
    const accented = 'fünf lange unnütze Wörter';
    assert.equal((await changePassword(world, token, alice.password, accented.normalize('NFC'))).status, 204);
    const answer = await changePassword(world, token, accented.normalize('NFC'), accented.normalize('NFD'));
    assert.deepEqual([answer.status, answer.body.reason], [422, 'unchanged']);
  }));

test('a new password ends pending secrets, of this session too, and no second factor', () =>
  inWorld(async (world) => {
    const bob = await makePersonWithCode(world);
    const token = await signIn(world, bob);
    await world.call('POST', '/auth/otp/replace', { token });
    assert.equal(dump(world)['pending_authenticators']?.length, 1);
    await changePassword(world, token, bob.password, next);
    assert.equal(dump(world)['pending_authenticators']?.length, 0);
    await signIn(world, { ...bob, basic: `bob:${next}` });
    assert.equal((await world.call('GET', '/auth/recovery-codes', { token })).body.left, 10);
  }));

test('a wrong present password changes nothing', () =>
  inWorld(async (world) => {
    const alice = await makePerson(world);
    const other = await signIn(world, alice);
    const token = await signIn(world, alice);
    assertProblem(await changePassword(world, token, 'wrong', next), 422, 'wrong_password');
    assert.equal(await isAlive(world, other), true);
    await tokenOf(world, alice);
  }));

test('a weak password is refused with the reason, and changes nothing', () =>
  inWorld(
    async (world) => {
      const alice = await makePerson(world, 'alice.liddell');
      const other = await signIn(world, alice);
      const token = await signIn(world, alice);
      const weak = [
        ['fourteen chars', 'too_short'],
        ['', 'too_short'],
        ['x'.repeat(257), 'too_long'],
        ['alice.liddell-2026', 'contains_only_context'],
        ['wonderland wonderland', 'contains_only_context'],
        ['MomSanaLadventure', 'common'],
        ['a tab\tin the middle of it', 'control_characters'],
      ] as const;
      for (const [password, reason] of weak) {
        const answer = await changePassword(world, token, alice.password, password);
        assertProblem(answer, 422, 'weak_password');
        assert.equal(answer.body.reason, reason, password);
      }
      assert.equal(await isAlive(world, other), true);
      await tokenOf(world, alice);
    },
    { issuer: 'Wonderland' },
  ));

test('what is right about a password: spaces, any script, no composition rules, up to 256 characters', () =>
  inWorld(async (world) => {
    const alice = await makePerson(world);
    const token = await signIn(world, alice);
    let present = alice.password;
    for (const password of [' leading and trailing ', 'ünïcödé gänzlich üblich', '密码'.repeat(8), '🦊'.repeat(256)]) {
      assert.equal((await changePassword(world, token, present, password)).status, 204, password);
      present = password;
    }
    await tokenOf(world, { basic: `alice:${present}` });
  }));

test('é is é however it is typed, but nothing is trimmed and no case changed', () =>
  inWorld(async (world) => {
    const alice = await makePerson(world);
    const token = await signIn(world, alice);
    await changePassword(world, token, alice.password, ' Café au lait de soja');
    await tokenOf(world, { basic: 'alice: Cafe\u0301 au lait de soja' });
    for (const typed of ['Café au lait de soja', ' café au lait de soja', ' Ｃafé au lait de soja'])
      assertRefused(await tryToSignIn(world, { basic: `alice:${typed}` }), 401, 3);
  }));

test('eight characters are enough where a second factor is required, fifteen are needed elsewhere', () =>
  inWorld(async (world) => {
    const bob = await makePersonWithCode(world);
    const root = await makePersonWithCode(world, 'root', true);
    const short = 'kq7 vx2z';
    const ofBob = await changePassword(world, await signIn(world, bob), bob.password, short);
    assert.deepEqual([ofBob.status, ofBob.body.reason], [422, 'too_short']);
    const rootToken = await signIn(world, root);
    assert.equal((await changePassword(world, rootToken, root.password, short)).status, 204);
    const shorter = await changePassword(world, rootToken, short, 'kq7 vx2');
    assert.deepEqual([shorter.status, shorter.body.reason], [422, 'too_short']);
  }));

test('a short password that becomes the only factor must be changed first', () =>
  inWorld(
    async (world) => {
      const short = 'kq7 vx2z';
      await world.server.users.create({ name: 'alice', password: short });
      await world.restart({ requireSecondFactor: 'nobody' });
      const { body } = await tryToSignIn(world, { basic: `alice:${short}` });
      assert.deepEqual([body.status, body.password_change], [0, true]);
      const { token } = body;
      const me = (await world.call('GET', '/me', { token })).body;
      assert.equal(me.password_change, true);
      const closed = [
        ['GET', '/whoami'],
        ['GET', '/auth/sessions'],
        ['DELETE', '/auth/sessions'],
        ['DELETE', `/auth/sessions/${me.session.id}`],
        ['GET', '/auth/otp/generate'],
        ['POST', '/auth/otp/replace'],
        ['PUT', '/auth/otp/enable', { enabled: true }],
        ['GET', '/auth/recovery-codes'],
        ['POST', '/auth/recovery-codes'],
        ['POST', '/auth/reauthenticate', { password: short }],
        ['GET', '/users'],
      ] as const;
      for (const [method, url, sent] of closed)
        assertProblem(await world.call(method, url, { token, ...(sent ? { body: sent } : {}) }), 403, 'forbidden');

      const other = await tokenOf(world, { basic: `alice:${short}` });
      assert.equal((await world.call('DELETE', '/auth/sessions/current', { token: other })).status, 204);
      assert.equal((await changePassword(world, token, short, 'kq7 vx2z kq7 v')).body.reason, 'too_short');
      assert.equal((await changePassword(world, token, short, next)).status, 204);
      assert.equal((await world.call('GET', '/whoami', { token })).text, '"alice"');
      assert.equal((await tryToSignIn(world, { basic: `alice:${next}` })).body.password_change, undefined);
    },
    { requireSecondFactor: 'everyone' },
  ));

test('a short password is no matter while a second factor stands beside it', () =>
  inWorld(
    async (world) => {
      const short = 'kq7 vx2z';
      const { id } = await world.server.users.create({ name: 'alice', password: short });
      const alice = { id, name: 'alice', password: short, basic: `alice:${short}` };
      const first = await tokenOf(world, alice);
      const secret = await secretOf(world, first);
      await enable(world, first, { enabled: true, otp: codeAt(secret, world.now()) });
      await world.restart({ requireSecondFactor: 'nobody' });
      const token = await signIn(world, { ...alice, secret });
      assert.equal((await world.call('GET', '/whoami', { token })).status, 200);
      assert.equal((await enable(world, token, { enabled: false })).status, 200);
      assertProblem(await world.call('GET', '/whoami', { token }), 403, 'forbidden');
      assert.equal((await changePassword(world, token, short, next)).status, 204);
      assert.equal((await world.call('GET', '/whoami', { token })).status, 200);
    },
    { requireSecondFactor: 'everyone' },
  ));

test('the present password is judged at the budget of sign-in', () =>
  inWorld(async (world) => {
    const alice = await makePerson(world);
    const token = await signIn(world, alice);
    for (let index = 0; index < 5; index += 1) await changePassword(world, token, 'wrong', next);
    const throttled = await changePassword(world, token, alice.password, next);
    assertProblem(throttled, 429, 'too_many_tries');
    assert.equal(throttled.headers['retry-after'], '30');
    assertRefused(await tryToSignIn(world, alice), 429, 4);
    assertProblem(await reauthenticate(world, token, { password: alice.password }), 429, 'too_many_tries');
  }));
