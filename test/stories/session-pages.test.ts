import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hour, minute } from '../../src/clock.ts';
import { makePerson, makePersonWithCode, signIn, type World } from '../server.ts';
import { dump } from '../tables.ts';
import { elements, textOf } from '../visitor/markup.ts';
import type { Visitor } from '../visitor.ts';
import { assertMistake, enter, onPages, unchanged } from './account-steps.ts';
import { isAlive, recoveryCodeOf, tokenOf } from './steps.ts';

const url = '/account/sessions';
const firefox = 'Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0';

const rows = ({ page }: Visitor): string[] =>
  elements(page.document, ({ attributes }) => attributes['class'] === 'cards')
    .slice(0, 1)
    .flatMap((list) => elements(list, ({ name }) => name === 'li'))
    .map(textOf);

const lastEvent = (world: World): Record<string, unknown> | undefined => dump(world)['audit']?.at(-1);

test('each session is told by device, address, times and proof, and which one is this', () =>
  onPages(async (world) => {
    const bob = await makePersonWithCode(world);
    await tokenOf(world, bob, recoveryCodeOf(bob));
    world.turn(10 * minute);
    const visitor = await enter(world, bob, { userAgent: firefox, from: '192.0.2.7' });
    await visitor.open(url);
    assert.equal(visitor.page.h1, 'Where you are signed in');
    const [newest = '', oldest = '', ...more] = rows(visitor);
    assert.equal(
      newest,
      'Firefox on Linux This browser Address 192.0.2.7 Signed in 22 Nov 2026, 12:10 UTC Last seen Now Proved by Password and code',
    );
    assert.match(
      oldest,
      /^lightMyRequest Address 127\.0\.0\.1 Signed in 22 Nov 2026, 12:00 UTC Last seen 22 Nov 2026, 12:00 UTC Proved by Password and recovery code Sign out lightMyRequest, signed in 22 Nov 2026, 12:00 UTC$/,
    );
    assert.deepEqual(more, []);
  }));

test('what a device calls itself is shown as text', () =>
  onPages(async (world) => {
    const alice = await makePerson(world);
    const userAgent = '<img src=x onerror="alert(1)">\'&amp;';
    const visitor = await (await enter(world, alice, { userAgent })).open(url);
    assert.ok(rows(visitor)[0]?.startsWith(userAgent));
    assert.doesNotMatch(visitor.text, /<img/);
  }));

test('one session is ended, the others go on', () =>
  onPages(async (world) => {
    const alice = await makePerson(world);
    const [one, other] = [await enter(world, alice, { userAgent: 'one/1' }), await enter(world, alice)];
    const visitor = await (await enter(world, alice, { userAgent: firefox })).open(url);
    await visitor.submit({}, { form: /^Sign out one,/ });
    assert.deepEqual([visitor.url, visitor.page.status], [`${url}?done=ended`, 'That session has ended.']);
    assert.equal(rows(visitor).length, 2);
    assert.equal((await one.open('/account')).path, '/sign-in');
    assert.equal((await other.open('/account')).path, '/account');
    assert.equal(lastEvent(world)?.['event'], 'session.ended');
  }));

test('a session that is not one’s own, or has ended already, is not ended; the page says so', () =>
  onPages(async (world) => {
    const bob = await makePerson(world, 'bob');
    const token = await signIn(world, bob);
    const visitor = await (await enter(world, await makePerson(world))).open(url);
    const [theirs] = dump(world)['sessions'] ?? [];
    await unchanged(world, async () => {
      for (const id of [String(theirs?.['id']), 'nothing', '']) {
        await visitor.post(`${url}/end`, { id });
        assertMistake(visitor, 404, /^You have no session of that id\.$/);
        assert.equal(visitor.page.h1, 'Where you are signed in');
      }
    });
    assert.equal(await isAlive(world, token), true);
  }));

test('all others are ended at once, by one button that is there where there are others', () =>
  onPages(async (world) => {
    const alice = await makePerson(world);
    const tokens = [await signIn(world, alice), await signIn(world, alice)];
    const visitor = await (await enter(world, alice)).open(url);
    await visitor.submit({}, { form: 'Sign out everywhere else' });
    assert.deepEqual(
      [visitor.url, visitor.page.status],
      [`${url}?done=others-ended`, 'You are signed out everywhere else.'],
    );
    for (const token of tokens) assert.equal(await isAlive(world, token), false);
    assert.equal(rows(visitor).length, 1);
    assert.ok(!visitor.page.forms.some(({ action }) => action === `${url}/end-others`));
    const { event, detail } = lastEvent(world) ?? {};
    assert.deepEqual([event, detail], ['sessions.ended', '{"count":2,"browsers":0}']);
  }));

test('a session that is over is not on the list', () =>
  onPages(async (world) => {
    const alice = await makePerson(world);
    await signIn(world, alice);
    world.turn(23 * hour);
    const visitor = await (await enter(world, alice)).open(url);
    assert.equal(rows(visitor).length, 2);
    world.turn(hour);
    assert.equal(rows(await visitor.open(url)).length, 1);
  }));
