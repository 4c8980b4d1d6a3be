import assert from 'node:assert/strict';
import { test } from 'node:test';
import { codeAt, makePerson, makePersonWithCode, secretOf, signIn, type World } from '../server.ts';
import { visit } from '../visitor.ts';
import { codesOn, enter, keyOn, next, onPages } from './account-steps.ts';
import { kept } from './in-a-browser.ts';
import { changePassword, enable, isAlive } from './steps.ts';

/** Whoever has copied a browser's cookie has nothing once its session has come to be worth more. */
const idOf = async (world: World, token: string): Promise<string> =>
  (await world.call('GET', '/me', { token })).body.session.id;

test('confirming an authenticator renews the cookie: a copy made while enrolling is no full session', () =>
  onPages(async (world) => {
    const root = await makePerson(world, 'root', true);
    const visitor = await enter(world, root);
    const copy = kept(visitor, 'countersign') ?? '';
    const id = await idOf(world, copy);
    const [before] = visitor.cookies;
    await visitor.submit({ otp: codeAt(keyOn(visitor), world.now()) });
    codesOn(visitor);
    const token = kept(visitor, 'countersign') ?? '';
    assert.notEqual(token, copy);
    assert.deepEqual([await isAlive(world, copy), await isAlive(world, token)], [false, true]);
    assert.equal(await idOf(world, token), id, 'the same session');
    assert.equal(visitor.cookies[0]?.expiresAt, before?.expiresAt, 'and the same end');
    await visitor.submit();
    assert.equal(visitor.url, '/account?done=authenticator');
  }));

test('so does moving to another phone, and confirming one that was switched on without a code', () =>
  onPages(async (world) => {
    const bob = await makePersonWithCode(world);
    const moving = await (await enter(world, bob)).open('/account/authenticator');
    await moving.submit({}, { form: /replace$/ });
    const alice = await makePerson(world);
    const token = await signIn(world, alice);
    const { body } = await enable(world, token);
    const confirming = await visit(world).open('/sign-in');
    await confirming.submit({ username: 'alice', password: alice.password });
    await confirming.open('/sign-in/recovery-code');
    await confirming.submit({ recovery_code: body.recovery_codes[0] ?? '' });
    await confirming.open('/account/authenticator');
    for (const visitor of [moving, confirming]) {
      const copy = kept(visitor, 'countersign') ?? '';
      await visitor.submit({ otp: codeAt(keyOn(visitor), world.now()) });
      assert.equal(await isAlive(world, copy), false);
      assert.equal((await visitor.open('/account')).path, '/account');
    }
  }));

test('a wrong code renews nothing', () =>
  onPages(async (world) => {
    const visitor = await (await enter(world, await makePerson(world))).open('/account/authenticator');
    const token = kept(visitor, 'countersign') ?? '';
    await visitor.submit({ otp: '' });
    assert.deepEqual([kept(visitor, 'countersign'), await isAlive(world, token)], [token, true]);
  }));

test('a new password renews the cookie too', () =>
  onPages(async (world) => {
    const alice = await makePerson(world);
    const visitor = await (await enter(world, alice)).open('/account/password');
    const copy = kept(visitor, 'countersign') ?? '';
    await visitor.submit({ current: 'wrong', new: next });
    assert.equal(kept(visitor, 'countersign'), copy);
    await visitor.submit({ current: alice.password, new: next });
    assert.equal(visitor.url, '/account?done=password');
    assert.equal(await isAlive(world, copy), false);
    assert.equal(await isAlive(world, kept(visitor, 'countersign') ?? ''), true);
  }));

test('a program keeps its token through both', () =>
  onPages(async (world) => {
    const alice = await makePerson(world);
    const token = await signIn(world, alice);
    const otp = codeAt(await secretOf(world, token), world.now());
    const answers = [
      await enable(world, token, { enabled: true, otp }),
      await changePassword(world, token, alice.password, next),
    ];
    assert.deepEqual(
      answers.map(({ status, headers }) => [status, headers['set-cookie']]),
      [
        [200, undefined],
        [204, undefined],
      ],
    );
    assert.equal(await isAlive(world, token), true);
  }));
