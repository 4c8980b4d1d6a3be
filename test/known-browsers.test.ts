import assert from 'node:assert/strict';
import { test } from 'node:test';
import { minute } from '../src/clock.ts';
import type { Database } from '../src/database/database.ts';
import type { Client } from '../src/http/http.ts';
import { type Browsers, createBrowsers, knownFor, mostBrowsers } from '../src/sessions/browsers/browsers.ts';
import { createThrottle, defaultLimits } from '../src/throttle/throttle.ts';
import { createUser } from '../src/users/users.ts';
import { onDatabase } from './databases/on-database.ts';

const client = (...browserTokens: string[]): Client => ({ address: '192.0.2.7', userAgent: 'one/1', browserTokens });

async function withUsers(
  story: (given: { browsers: Browsers; database: Database; alice: string; zoe: string }) => Promise<void>,
): Promise<void> {
  await onDatabase(async (database) => {
    const make = (name: string) => database.transaction((tx) => createUser(tx, { name, administrator: false }, 0));
    const throttle = createThrottle({ database, clock: () => 0, limits: defaultLimits, secret: Buffer.alloc(32) });
    const [alice, zoe] = [(await make('alice')).id, (await make('zoe')).id];
    await story({ browsers: createBrowsers({ throttle }), database, alice, zoe });
  });
}

test('an account knows twenty browsers, and the next one ends the one used longest ago, of that account alone', () =>
  withUsers(async ({ browsers, database, alice, zoe }) => {
    const remember = (userId: string, at: number, ...tokens: string[]) =>
      database.transaction((tx) => browsers.remember(tx, userId, client(...tokens), at));
    const theirs = await remember(zoe, 0);
    const first = await remember(alice, 1);
    const second = await remember(alice, 2);
    for (let at = 3; at <= mostBrowsers; at += 1) await remember(alice, at);
    await remember(alice, mostBrowsers + 1, ...first.tokens);
    assert.equal((await browsers.list(database.read, alice, minute)).length, mostBrowsers);
    await remember(alice, mostBrowsers + 2);
    const left = (await browsers.list(database.read, alice, minute)).map(({ id }) => id);
    assert.deepEqual(
      [left.length, left.includes(first.id), left.includes(second.id)],
      [mostBrowsers, true, false],
      'the first was used again, so the second goes',
    );
    assert.ok(await browsers.find(database.read, client(...theirs.tokens), zoe, minute));
  }));

test('of the tokens that were sent, those that are good are kept, the present account’s first', () =>
  withUsers(async ({ browsers, database, alice, zoe }) => {
    const remember = (userId: string, at: number, ...tokens: string[]) =>
      database.transaction((tx) => browsers.remember(tx, userId, client(...tokens), at));
    const [a = ''] = (await remember(alice, 0)).tokens;
    const [z = ''] = (await remember(zoe, minute)).tokens;
    const unknown = `csb_${'A'.repeat(43)}`;
    const again = await remember(zoe, 2 * minute, a, unknown, z);
    assert.deepEqual([again.isNew, again.tokens, again.expiresAt], [false, [z, a], 2 * minute + knownFor]);
    const late = await remember(zoe, knownFor, a, z);
    assert.deepEqual(late.tokens, [z], 'one that has expired is not');
  }));

test('nobody forgets the browser of somebody else', () =>
  withUsers(async ({ browsers, database, alice, zoe }) => {
    const { id, tokens } = await database.transaction((tx) => browsers.remember(tx, alice, client(), 0));
    assert.equal(await database.transaction((tx) => browsers.forget(tx, id, zoe)), false);
    assert.equal(await database.transaction((tx) => browsers.forgetOthers(tx, zoe)), 0);
    assert.equal((await browsers.find(database.read, client(...tokens), alice, 0))?.id, id);
    assert.equal(await browsers.find(database.read, client(...tokens), zoe, 0), undefined);
    assert.equal(await database.transaction((tx) => browsers.forget(tx, id, alice)), true);
    assert.equal(await browsers.find(database.read, client(...tokens), alice, 0), undefined);
  }));
