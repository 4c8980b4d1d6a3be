import assert from 'node:assert/strict';
import { test } from 'node:test';
import { defaultLimits } from '../../src/throttle/throttle.ts';
import { quickHash } from '../quick-hash.ts';
import { type CallOptions, inWorld, makePerson, type World } from '../server.ts';
import { givePassword } from '../stories/in-a-browser.ts';
import { tryToSignIn, type WatchedArgon2, watchArgon2 } from '../stories/steps.ts';
import { visit } from '../visitor.ts';

/**
 * lists of stolen passwords are tried on many names from one address, on one name from many
 * addresses, and from addresses that are forged. What is counted is how many the service has judged: a hash each.
 */
const { password, sitePassword, newNetwork, network, site } = defaultLimits;

async function inWatchedWorld(
  story: (world: World, judged: WatchedArgon2['done']) => Promise<void>,
  trustProxy: string[] = [],
): Promise<void> {
  const { argon2, done } = watchArgon2(quickHash);
  await inWorld((world) => story(world, done), { trustProxy, logLevel: 'silent' }, { argon2 });
}

/** Tries wrong passwords, twenty at a time; answers how many of them were judged. */
async function stuff(
  world: World,
  judged: WatchedArgon2['done'],
  tries: readonly { name: string; given: CallOptions }[],
): Promise<number> {
  const before = judged.verifies;
  for (let at = 0; at < tries.length; at += 20) {
    const some = tries.slice(at, at + 20).map(async ({ name, given }) => {
      const { status } = await world.call('POST', '/auth/credentials', { basic: `${name}:hunter2`, ...given });
      assert.ok(status === 401 || status === 429, `${status}`);
    });
    await Promise.all(some);
  }
  return judged.verifies - before;
}

const many = <T>(count: number, make: (index: number) => T): T[] => Array.from({ length: count }, (_, at) => make(at));

test('a thousand names from one address: fifty are judged, then none until the window ends', () =>
  inWatchedWorld(async (world, judged) => {
    const [alice, zoe] = [await makePerson(world, 'alice'), await makePerson(world, 'zoe')];
    const from = '203.0.113.5';
    const browser = visit(world, { from });
    await givePassword(browser, alice);
    await browser.post('/sign-out', {});
    const names = many(1000, (index) => ({ name: `name${index}`, given: { from } }));
    assert.equal(await stuff(world, judged, names), network.free);
    await givePassword(browser, alice);
    assert.equal(browser.path, '/account', 'a neighbour whose browser is known signs in at once');
    const neighbour = await tryToSignIn(world, zoe, undefined, from);
    assert.equal(neighbour.status, 429);
    const wait = Number(neighbour.headers['retry-after']) * 1000;
    assert.ok(wait <= network.window, 'another one waits no longer than the window');
    world.turn(wait);
    assert.equal((await tryToSignIn(world, zoe, undefined, from)).status, 200);
    assert.equal((await tryToSignIn(world, zoe, undefined, '203.0.113.6')).status, 200, 'and elsewhere nobody waits');
  }));

test('what a closed network still sends costs no hash and no transaction', () =>
  inWatchedWorld(async (world, judged) => {
    const from = '203.0.113.5';
    const names = (start: number, count: number) =>
      many(count, (index) => ({ name: `name${start + index}`, given: { from } }));
    await stuff(world, judged, names(0, 60));
    const { database } = world.server.service;
    const { transaction } = database;
    let transactions = 0;
    database.transaction = (work) => {
      transactions += 1;
      return transaction(work);
    };
    assert.equal(await stuff(world, judged, names(100, 200)), 0);
    assert.equal(transactions, 0);
  }));

test('the networks of one IPv6 /48 together get no more names judged than are written down for it', () =>
  inWatchedWorld(async (world, judged) => {
    const tries = many(600, (index) => ({
      name: `name${index}`,
      given: { from: `2001:db8:1:${index.toString(16)}::${index.toString(16)}` },
    }));
    assert.equal(await stuff(world, judged, tries), site.free);
  }));

test('one name from five hundred addresses: of new ones only so many get tries of their own, the rest share', () =>
  inWatchedWorld(async (world, judged) => {
    await makePerson(world, 'alice');
    const from = (index: number): string => `198.18.${index >> 8}.${index & 255}`;
    const tries = many(500, (index) => many(6, () => ({ name: 'alice', given: { from: from(index) } }))).flat();
    assert.equal(await stuff(world, judged, tries), newNetwork.free * password.free + password.free);
    assert.equal(await stuff(world, judged, tries.slice(0, 300)), 0, 'nor any more from those that come back');
  }));

test('the same through a proxy whose word counts, and against a name that nobody has', () =>
  inWatchedWorld(
    async (world, judged) => {
      const from = '10.0.0.1';
      const tries = many(100, (index) => ({
        name: 'nobody',
        given: { from, headers: { 'x-forwarded-for': `198.18.${index >> 8}.${index & 255}` } },
      }));
      const all = [...tries, ...tries, ...tries, ...tries, ...tries, ...tries, ...tries];
      assert.equal(await stuff(world, judged, all), newNetwork.free * password.free + password.free);
    },
    ['10.0.0.0/8'],
  ));

test('addresses of one IPv6 /64 are one network, and those of one /48 share what is written down for it', () =>
  inWatchedWorld(async (world, judged) => {
    const at = (prefix: string) => (index: number) => ({
      name: 'alice',
      given: { from: `${prefix}:${index.toString(16)}:${(index * 7).toString(16)}:1:2` },
    });
    assert.equal(await stuff(world, judged, many(300, at('2001:db8:1:2'))), password.free);
    const subnets = many(300, (index) => ({
      name: 'zoe',
      given: { from: `2001:db8:2:${index.toString(16)}::${index.toString(16)}` },
    }));
    assert.equal(await stuff(world, judged, subnets), sitePassword.free);
  }));

/** What a client can write about where it comes from. */
const forgeries: readonly ((index: number) => Record<string, string>)[] = [
  (index) => ({ 'x-forwarded-for': `198.51.100.${index}` }),
  (index) => ({ 'x-forwarded-for': `127.0.0.1, 198.51.100.${index}` }),
  (index) => ({ 'x-forwarded-for': `198.51.100.${index}, 10.0.0.1` }),
  (index) => ({ 'x-forwarded-for': many(100, (hop) => `198.51.${index}.${hop}`).join(', ') }),
  (index) => ({ 'x-forwarded-for': `2001:db8:${index}::1`, 'x-real-ip': `198.51.100.${index}` }),
  (index) => ({ forwarded: `for=198.51.100.${index};proto=https`, via: `1.1 198.51.100.${index}` }),
  (index) => ({ 'true-client-ip': `198.51.100.${index}`, 'cf-connecting-ip': `198.51.100.${index}` }),
  (index) => ({ 'x-client-ip': `198.51.100.${index}`, 'x-cluster-client-ip': `198.51.100.${index}` }),
  () => ({ 'x-forwarded-for': '::1' }),
  () => ({ 'x-forwarded-for': '::ffff:127.0.0.1' }),
  () => ({ 'x-forwarded-for': 'unknown' }),
  (index) => ({ 'x-forwarded-for': `garbage ${index}` }),
  (index) => ({ 'user-agent': `Browser/${index}`, cookie: `countersign-browser=csb_${'A'.repeat(40)}${100 + index}` }),
];

test('no forged address and no made-up browser gains a try, with a proxy in trust or without', async () => {
  for (const trustProxy of [[], ['10.0.0.0/8', 'fd00::/8']]) {
    await inWatchedWorld(async (world, judged) => {
      const tries = many(200, (index) => ({
        name: 'alice',
        given: { from: '203.0.113.5', headers: forgeries[index % forgeries.length]?.(index) ?? {} },
      }));
      assert.equal(await stuff(world, judged, tries), password.free);
    }, trustProxy);
  }
});

test('behind a proxy in trust only what the proxy itself has written counts', () =>
  inWatchedWorld(
    async (world, judged) => {
      const tries = many(200, (index) => {
        const { 'x-forwarded-for': forged = 'x', ...headers } = forgeries[index % forgeries.length]?.(index) ?? {};
        return {
          name: 'alice',
          given: { from: '10.0.0.1', headers: { ...headers, 'x-forwarded-for': `${forged}, 203.0.113.5` } },
        };
      });
      assert.equal(await stuff(world, judged, tries), password.free);
    },
    ['10.0.0.0/8'],
  ));
