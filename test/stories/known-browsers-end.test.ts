import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { codeAt, freshCode, makePerson, makePersonWithCode, type Person, type World } from '../server.ts';
import { dump } from '../tables.ts';
import { elements, textOf } from '../visitor/markup.ts';
import type { Visitor } from '../visitor.ts';
import { assertMistake, enter, keyOn, next, onPages, unchanged } from './account-steps.ts';
import { givePassword, kept, secretIn } from './in-a-browser.ts';
import { recoveryCodeOf, tokenOf, tryToSignIn } from './steps.ts';

/** What makes an account forget the browsers that it knows, and what does not. */

const browsersOf = (world: World, { id }: Pick<Person, 'id'>): number =>
  (dump(world)['browsers'] ?? []).filter((row) => row['user_id'] === id).length;

const events = (world: World, wanted: string): Record<string, unknown>[] =>
  (dump(world)['audit'] ?? []).filter(({ event }) => event === wanted);

/** Somebody with a code in two browsers that the account knows, each of which has tries of its own that are not fresh. */
async function inTwo(world: World): Promise<{ bob: Person; one: Visitor; other: Visitor }> {
  const bob = await makePersonWithCode(world);
  const [one, other] = [await enter(world, bob), await enter(world, bob)];
  for (const browser of [one, other]) {
    await givePassword(browser, { ...bob, password: 'wrong' });
    assert.equal(browser.status, 422);
  }
  assert.deepEqual([browsersOf(world, bob), dump(world)['budgets']?.length], [2, 2]);
  return { bob, one, other };
}

/** What forgets all of them, and with them the tries that they had. */
const ends: Record<string, (world: World, bob: Person, one: Visitor) => Promise<unknown>> = {
  'a new password by a one-time link': (world, { id }) => world.server.service.admin.newPasswordLink('operator', id),
  'a reset by the operator': (world, { id }) => world.server.service.admin.resetSecondFactors('operator', id),
  'a disabled account': (world, { id }) => world.server.service.admin.change('operator', id, { disabled: true }),
  'a deleted account': (world, { id }) => world.server.service.admin.remove('operator', id),
  'the end of all sessions by the operator': (world, { id }) => world.server.sessions.endAll(id),
  'signing out everywhere else from a program': async (world, bob) => {
    const token = await tokenOf(world, bob, { otp: freshCode(world, secretIn(bob)) });
    assert.equal((await world.call('DELETE', '/auth/sessions', { token })).status, 204);
  },
};

for (const [what, happens] of Object.entries(ends)) {
  test(`${what} forgets every browser, with the tries that it had`, () =>
    onPages(async (world) => {
      const { bob, one } = await inTwo(world);
      await happens(world, bob, one);
      assert.deepEqual([browsersOf(world, bob), dump(world)['budgets']], [0, []]);
    }));
}

/** What ends everything but the session of the browser in which it is done. */
const changes: Record<string, (world: World, bob: Person, one: Visitor) => Promise<unknown>> = {
  'no second factor any more': async (_world, _bob, one) => {
    await one.open('/account/authenticator');
    await one.submit({}, { form: /off$/ });
    assert.equal(one.url, '/account?done=authenticator-off');
  },
  'a new password': async (_world, bob, one) => {
    await one.open('/account/password');
    await one.submit({ current: bob.password, new: next });
    assert.equal(one.url, '/account?done=password');
  },
  'another authenticator': async (world, _bob, one) => {
    await one.open('/account/authenticator');
    await one.submit({}, { form: /replace$/ });
    await one.submit({ otp: codeAt(keyOn(one), world.now()) }, { form: /authenticator$/ });
  },
};

for (const [what, happens] of Object.entries(changes)) {
  test(`${what} forgets every browser with its tries, and the one in which it is done is known by a new token`, () =>
    onPages(async (world) => {
      const { bob, one, other } = await inTwo(world);
      const [before, elsewhere] = [kept(one, 'countersign-browser'), kept(other, 'countersign-browser')];
      await happens(world, bob, one);
      assert.deepEqual([browsersOf(world, bob), dump(world)['budgets']], [1, []]);
      for (const cookie of [before, elsewhere]) assert.ok(cookie && cookie !== kept(one, 'countersign-browser'));
      const [row] = dump(world)['browsers'] ?? [];
      assert.notDeepEqual(
        row?.['token_hash'],
        createHash('sha256')
          .update(before ?? '')
          .digest(),
      );
      assert.deepEqual(
        Buffer.from(row?.['token_hash'] as Uint8Array),
        createHash('sha256')
          .update(kept(one, 'countersign-browser') ?? '')
          .digest(),
      );
    }));
}

test('a browser that was forgotten stays so when the password is changed in it', () =>
  onPages(async (world) => {
    const bob = await makePersonWithCode(world);
    const visitor = await enter(world, bob);
    await visitor.open('/account/sessions');
    await visitor.submit({}, { form: /forget$/ });
    await visitor.open('/account/password');
    await visitor.submit({ current: bob.password, new: next });
    assert.equal(browsersOf(world, bob), 0);
  }));

test('switching a second factor on makes the browser known in which a code of it was right, and forgets the others', () =>
  onPages(async (world) => {
    const alice = await makePerson(world);
    await enter(world, alice);
    const visitor = await enter(world, alice);
    await visitor.open('/account/authenticator');
    await visitor.submit({ otp: codeAt(keyOn(visitor), world.now()) });
    assert.equal(browsersOf(world, alice), 1);
    const token = await tokenOf(world, await makePerson(world, 'zoe'));
    const other = await enter(world, { ...alice, name: 'zoe' });
    assert.ok(kept(other, 'countersign-browser'));
    const zoes = { id: dump(world)['users']?.find(({ name }) => name === 'zoe')?.['id'] as string };
    await world.call('PUT', '/auth/otp/enable', { token, body: { enabled: true } });
    assert.equal(browsersOf(world, zoes), 0, 'a program is no browser');
  }));

test('signing out, a recovery code, new recovery codes and a new name forget none', () =>
  onPages(async (world) => {
    const { bob, one, other } = await inTwo(world);
    await one.open('/account/recovery-codes');
    await one.submit();
    await one.post('/sign-out', {});
    const [session] = (dump(world)['sessions'] ?? []).map(({ id }) => String(id));
    await other.post('/account/sessions/end', { id: session ?? '' });
    await tryToSignIn(world, bob, recoveryCodeOf(bob));
    await world.server.service.admin.change('operator', bob.id, { name: 'robert' });
    assert.equal(browsersOf(world, bob), 2);
  }));

test('signing out everywhere else leaves the browser in which it is done, and says how many were forgotten', () =>
  onPages(async (world) => {
    const { bob, one } = await inTwo(world);
    const token = kept(one, 'countersign-browser');
    await (await one.open('/account/sessions')).submit({}, { form: 'Sign out everywhere else' });
    assert.equal(browsersOf(world, bob), 1);
    assert.deepEqual(
      events(world, 'sessions.ended').map(({ detail }) => detail),
      ['{"count":1,"browsers":1}'],
    );
    await givePassword(one, bob);
    await one.submit({ otp: freshCode(world, secretIn(bob)) });
    assert.deepEqual([one.path, kept(one, 'countersign-browser')], ['/account', token]);
  }));

test('what the operator ends is written down though nobody was signed in', () =>
  onPages(async (world) => {
    const alice = await makePerson(world);
    await (await enter(world, alice)).post('/sign-out', {});
    assert.equal(await world.server.sessions.endAll(alice.id), 0);
    assert.deepEqual(
      events(world, 'sessions.ended').map(({ detail }) => detail),
      ['{"count":0,"browsers":1}'],
    );
  }));

const listed = ({ page }: Visitor): string[] =>
  elements(page.document, ({ attributes }) => attributes['class'] === 'cards')
    .slice(1)
    .flatMap((list) => elements(list, ({ name }) => name === 'li'))
    .map(textOf);

test('the page of one’s sessions lists the browsers, which one is this, and forgets the one that is chosen', () =>
  onPages(async (world) => {
    const alice = await makePerson(world);
    await enter(world, alice, { userAgent: 'old/1', from: '192.0.2.9' });
    world.turn(60_000);
    const visitor = await enter(world, alice, { userAgent: 'new/1', from: '192.0.2.7' });
    await visitor.open('/account/sessions');
    assert.match(
      visitor.page.text,
      /Browsers that know you.*Being known skips nothing: whatever signs you in is asked for/,
    );
    assert.deepEqual(listed(visitor), [
      'new This browser Address 192.0.2.7 Last signed in 22 Nov 2026, 12:01 UTC Forget new, last signed in 22 Nov 2026, 12:01 UTC',
      'old Address 192.0.2.9 Last signed in 22 Nov 2026, 12:00 UTC Forget old, last signed in 22 Nov 2026, 12:00 UTC',
    ]);
    await visitor.submit({}, { form: /^Forget old,/ });
    assert.deepEqual(
      [visitor.url, visitor.page.status],
      ['/account/sessions?done=forgotten', 'That browser is forgotten.'],
    );
    assert.deepEqual([listed(visitor).length, events(world, 'browser.forgotten').length], [1, 1]);
    await visitor.submit({}, { form: /^Forget new,/ });
    assert.equal(visitor.path, '/account/sessions', 'the session goes on');
    assert.doesNotMatch(visitor.page.text, /Browsers that know you/);
  }));

test('the browser of somebody else, or one that is forgotten, is not forgotten; the page says so', () =>
  onPages(async (world) => {
    await enter(world, await makePerson(world, 'zoe'));
    const visitor = await enter(world, await makePerson(world));
    const [theirs] = dump(world)['browsers'] ?? [];
    await unchanged(world, async () => {
      for (const id of [String(theirs?.['id']), 'nothing', '']) {
        await visitor.post('/account/sessions/forget', { id });
        assertMistake(visitor, 404, /^Your account knows no browser of that id\.$/);
      }
    });
  }));
