import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as turnOfLoop } from 'node:timers/promises';
import { second } from '../../src/clock.ts';
import { quickHash } from '../quick-hash.ts';
import { inQuickWorld } from '../quick-world.ts';
import { freshCode, inWorld, makePerson, makePersonWithCode, signIn } from '../server.ts';
import { elements } from '../visitor/markup.ts';
import { visit } from '../visitor.ts';
import { assertShownAgain, filledIn, givePassword, kept, keptNames, secretIn, sessionsOf } from './in-a-browser.ts';
import { assertRefused, isAlive, recoveryCodeOf, tryToSignIn, visible, watchArgon2 } from './steps.ts';

test('name and password lead to the account, by a redirect that leaves the form behind', () =>
  inQuickWorld(async (world) => {
    const alice = await makePerson(world);
    const visitor = await givePassword(visit(world), alice);
    assert.deepEqual([visitor.status, visitor.url], [200, '/account']);
    assert.deepEqual(
      visitor.hops.map(({ status }) => status),
      [303],
    );
    assert.match(visitor.page.text, /\balice\b/);
    assert.deepEqual(keptNames(visitor), ['countersign', 'countersign-browser']);
    assert.equal(sessionsOf(world, alice), 1);
  }));

test('where a code is demanded it is asked for on a page of its own, then the account is open', () =>
  inQuickWorld(async (world) => {
    const bob = await makePersonWithCode(world);
    const visitor = await givePassword(visit(world), bob);
    assert.deepEqual([visitor.status, visitor.url], [200, '/sign-in/code']);
    assert.deepEqual(keptNames(visitor), ['countersign-sign-in']);
    assert.match(visitor.page.text, /under Countersign: bob/);
    await visitor.submit({ otp: freshCode(world, secretIn(bob)) });
    assert.deepEqual([visitor.status, visitor.url], [200, '/account']);
    assert.match(visitor.page.text, /\bbob\b/);
    assert.deepEqual(keptNames(visitor), ['countersign', 'countersign-browser']);
  }));

test('a recovery code does in place of the code, in small letters and with spaces too, and the account says so', () =>
  inQuickWorld(async (world) => {
    const bob = await makePersonWithCode(world);
    for (const [index, spell] of [
      (code: string) => code,
      (code: string) => ` ${code.toLowerCase().replaceAll('-', ' ')} `,
    ].entries()) {
      const visitor = await givePassword(visit(world), bob);
      await visitor.follow('/sign-in/recovery-code');
      await visitor.submit({ recovery_code: spell(recoveryCodeOf(bob, index).recovery_code) });
      assert.deepEqual([visitor.status, visitor.url], [200, '/account?done=recovery-code']);
      assert.notEqual(visitor.page.status, '');
    }
    assert.equal(sessionsOf(world, bob), 2);
  }));

test('unknown, wrong, disabled and invited people see the same page, byte for byte, at the cost of one hash', async () => {
  const watched = watchArgon2(quickHash);
  await inWorld(
    async (world) => {
      const token = await signIn(world, await makePersonWithCode(world, 'rooty', true));
      await makePerson(world, 'alice');
      await makePersonWithCode(world, 'bobby');
      const { id, password } = await makePerson(world, 'doris');
      await world.call('PATCH', `/users/${id}`, { token, body: { disabled: true } });
      await world.server.users.create({ name: 'irene' });
      const seen = new Set<string>();
      for (const [username, tried] of [
        ['nadia', password],
        ['no:na', password],
        ['alice', 'wrong'],
        ['alice', 'x'.repeat(300)],
        ['bobby', 'wrong'],
        ['doris', password],
        ['doris', 'wrong'],
        ['irene', password],
      ] as const) {
        const before = { ...watched.done };
        const answer = await world.call('POST', '/sign-in', { form: { username, password: tried } });
        assert.equal(answer.status, 422, username);
        assert.match(String(answer.headers['set-cookie']), /^countersign-passkey=csc_[^,]*$/, username);
        assert.deepEqual(watched.done, { ...before, verifies: before.verifies + 1 }, username);
        assert.equal(answer.text.split(username).length, 2, 'the name stands in its field and nowhere else');
        seen.add(JSON.stringify(visible(answer)).replaceAll(username, 'NAME'));
      }
      assert.equal(seen.size, 1);
    },
    {},
    { argon2: watched.argon2 },
  );
});

test('a mistake shows the form again: what is wrong, the name that was typed, and never the password', () =>
  inQuickWorld(async (world) => {
    const typed = { name: '<b>"al&ice\'', password: 'my "secret" <pass>&word 12345' };
    const visitor = await givePassword(visit(world), typed);
    assertShownAgain(visitor, 422, 'Name and password do not match.', ['username', 'password']);
    assert.equal(filledIn(visitor, 'username'), typed.name);
    assert.equal(filledIn(visitor, 'password'), '');
    assert.doesNotMatch(visitor.text + JSON.stringify(visitor.headers) + world.log(), /secret|12345/);
    assert.deepEqual(keptNames(visitor), []);
    assert.equal(visitor.path, '/sign-in');
  }));

test('after too many tries the page says how long to wait, to members and strangers alike, and the form stays', () =>
  inQuickWorld(async (world) => {
    const alice = await makePerson(world, 'alice');
    const seen = new Set<string>();
    for (const username of ['alice', 'nadia']) {
      for (let index = 0; index < 5; index += 1)
        await world.call('POST', '/sign-in', { form: { username, password: 'wrong' } });
      const answer = await world.call('POST', '/sign-in', { form: { username, password: alice.password } });
      seen.add(JSON.stringify(visible(answer)).replaceAll(username, 'NAME'));
    }
    assert.equal(seen.size, 1);
    const visitor = await givePassword(visit(world), alice);
    assertShownAgain(visitor, 429, 'Too many tries: try again in 30 seconds.', []);
    assert.equal(visitor.headers['retry-after'], '30');
    const [wait] = elements(visitor.page.document, ({ attributes }) => 'data-wait' in attributes);
    assert.equal(wait?.attributes['data-wait'], '30');
    assert.equal(filledIn(visitor, 'username'), 'alice');
    world.turn(30 * second);
    await visitor.submit({ password: alice.password });
    assert.equal(visitor.path, '/account');
  }));

test('while no hash is to be had the page says so and when to try again', async () => {
  const watched = watchArgon2(quickHash);
  await inWorld(
    async (world) => {
      const alice = await makePerson(world);
      const held = watched.holdNext();
      const running = tryToSignIn(world, { basic: 'one:x' }, undefined, '10.0.0.1');
      await held.begun;
      const waiting = tryToSignIn(world, { basic: 'two:x' }, undefined, '10.0.0.2');
      while (world.server.service.passwords.load().waiting === 0) await turnOfLoop();
      const visitor = await givePassword(visit(world), alice);
      assertShownAgain(visitor, 503, /^Busy: try again in \d+ seconds?\.$/, []);
      assert.match(String(visitor.headers['retry-after']), /^[1-9]\d*$/);
      held.release();
      for (const answer of [await running, await waiting]) assertRefused(answer, 401, 3);
      await visitor.submit({ password: alice.password });
      assert.equal(visitor.path, '/account');
    },
    { hashConcurrency: 1, hashQueue: 1 },
    { argon2: watched.argon2 },
  );
});

test('a password is taken as it is typed, spaces and all, up to its whole length', () =>
  inQuickWorld(async (world) => {
    const password = ` ÄÖ ${'🔑x'.repeat(120)} Z `;
    await world.server.users.create({ name: 'alice', password });
    for (const [typed, path] of [
      [password.trim(), '/sign-in'],
      [password.toLowerCase(), '/sign-in'],
      [password.slice(0, -1), '/sign-in'],
      [password.normalize('NFD'), '/account'],
    ] as const)
      assert.equal((await givePassword(visit(world), { name: 'alice', password: typed })).path, path, typed);
  }));

test('signing in again in the same browser ends the session that it had, once the new one is there', () =>
  inQuickWorld(async (world) => {
    const alice = await makePerson(world);
    const bob = await makePersonWithCode(world);
    const visitor = await givePassword(visit(world), alice);
    const first = kept(visitor, 'countersign') ?? '';
    await givePassword(visitor, { ...alice, password: 'wrong' });
    assert.equal(await isAlive(world, first), true);
    await givePassword(visitor, alice);
    const next = kept(visitor, 'countersign') ?? '';
    assert.deepEqual([await isAlive(world, first), await isAlive(world, next)], [false, true]);
    await givePassword(visitor, bob);
    assert.equal(await isAlive(world, next), true, 'bob may yet change his mind');
    await visitor.submit({ otp: freshCode(world, secretIn(bob)) });
    assert.match(visitor.page.text, /\bbob\b/);
    assert.deepEqual([await isAlive(world, next), sessionsOf(world, alice), sessionsOf(world, bob)], [false, 0, 1]);
    const elsewhere = await givePassword(visit(world), alice);
    await givePassword(visit(world), alice);
    assert.equal(await isAlive(world, kept(elsewhere, 'countersign') ?? ''), true, 'other browsers keep theirs');
  }));
