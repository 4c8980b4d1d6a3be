import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Options } from '../src/options.ts';
import { logLines } from './log-lines.ts';
import { quickHash } from './quick-hash.ts';
import { registeredRoutes } from './routes.ts';
import { inWorld, makePerson, type World } from './server.ts';

/** Forged addresses. What the service takes for the client's address shows in the log of each request. */
const parts = { argon2: quickHash };
const proxies: Partial<Options> = { trustProxy: ['10.0.0.0/8', '192.0.2.7', 'fd00::/8'] };

const others = {
  'x-real-ip': '198.51.100.1',
  forwarded: 'for=198.51.100.2',
  'x-client-ip': '198.51.100.3',
  'true-client-ip': '198.51.100.4',
  'cf-connecting-ip': '198.51.100.5',
  'x-cluster-client-ip': '198.51.100.6',
  'x-original-forwarded-for': '198.51.100.7',
};

async function addressSeen(world: World, from: string, headers: Record<string, string>): Promise<string> {
  await world.call('GET', '/healthz', { from, headers });
  return String(logLines(world).at(-1)?.['address']);
}

test('without a proxy declared no header says where a request comes from', () =>
  inWorld(
    async (world) => {
      for (const forwarded of ['198.51.100.9', '127.0.0.1', '::1', '10.0.0.1, 127.0.0.1', 'garbage'])
        assert.equal(
          await addressSeen(world, '203.0.113.5', { ...others, 'x-forwarded-for': forwarded }),
          '203.0.113.5',
        );
    },
    {},
    parts,
  ));

test('the right-most hop that is no proxy of ours counts, and only from a proxy of ours', () =>
  inWorld(
    async (world) => {
      const seen = (from: string, forwarded: string) =>
        addressSeen(world, from, { ...others, 'x-forwarded-for': forwarded });
      const hundred = Array.from({ length: 100 }, (_, index) => `198.51.100.${index}`).join(', ');
      const cases: [from: string, forwarded: string, seen: string][] = [
        ['203.0.113.5', '198.51.100.9', '203.0.113.5'],
        ['203.0.113.5', '10.0.0.1', '203.0.113.5'],
        ['192.0.2.8', '198.51.100.9', '192.0.2.8'],
        ['10.0.0.1', '198.51.100.9', '198.51.100.9'],
        ['::ffff:10.0.0.1', '198.51.100.9', '198.51.100.9'],
        ['192.0.2.7', '198.51.100.9', '198.51.100.9'],
        ['fd00::1', '2001:DB8::0001', '2001:db8::1'],
        ['10.0.0.1', '127.0.0.1, 198.51.100.9', '198.51.100.9'],
        ['10.0.0.1', '1.1.1.1, 198.51.100.9,10.2.3.4 ,192.0.2.7', '198.51.100.9'],
        ['10.0.0.1', '::1', '::1'],
        ['10.0.0.1', '198.51.100.9:1234', '198.51.100.9'],
        ['10.0.0.1', '[2001:db8::1]:443', '2001:db8::1'],
        ['10.0.0.1', '::ffff:198.51.100.9', '198.51.100.9'],
        ['10.0.0.1', `${hundred}, 198.51.100.200`, '198.51.100.200'],
        ['10.0.0.1', `${hundred.replaceAll('198.51.100', '10.0.0')}`, '10.0.0.0'],
        // What cannot be read ends the walk at the last proxy: everybody behind it shares one address.
        ...[
          '',
          'garbage',
          'unknown',
          '198.51.100.9, garbage',
          '198.51.100.9:http',
          '[2001:db8::1',
          '_hidden',
          '999.1.1.1',
          '\u00ff',
          ',',
        ].map((forwarded): [string, string, string] => ['10.0.0.1', forwarded, '10.0.0.1']),
      ];
      for (const [from, forwarded, expected] of cases)
        assert.equal(await seen(from, forwarded), expected, `${from}: ${forwarded}`);
      assert.equal(await addressSeen(world, '10.0.0.1', others), '10.0.0.1');
    },
    proxies,
    parts,
  ));

test('of several such headers exactly the configured one counts', () =>
  inWorld(
    async (world) => {
      const headers = { ...others, 'x-forwarded-for': '203.0.113.77' };
      assert.equal(await addressSeen(world, '10.0.0.1', headers), '198.51.100.5');
      assert.equal(await addressSeen(world, '203.0.113.5', headers), '203.0.113.5');
      assert.equal(await addressSeen(world, '10.0.0.1', { 'x-forwarded-for': '203.0.113.77' }), '10.0.0.1');
    },
    { ...proxies, proxyHeader: 'CF-Connecting-IP' },
    parts,
  ));

test('forged addresses gain no tries, and no session shows them', () =>
  inWorld(
    async (world) => {
      const alice = await makePerson(world);
      const forge = (index: number) => ({
        'x-forwarded-for': `198.51.100.${index}`,
        'x-real-ip': `198.51.100.${index}`,
      });
      const wrong = async (from: string, index: number): Promise<number> =>
        (await world.call('POST', '/auth/credentials', { basic: 'alice:wrong', from, headers: forge(index) })).status;
      const sent: number[] = [];
      for (let index = 0; index < 7; index += 1) sent.push(await wrong('203.0.113.5', index));
      assert.deepEqual(sent, [401, 401, 401, 401, 401, 429, 429]);
      assert.equal(await wrong('10.0.0.1', 50), 401, 'somebody else behind the proxy');
      const { body } = await world.call('POST', '/auth/credentials', {
        basic: alice.basic,
        from: '192.0.2.99',
        headers: forge(60),
      });
      const { sessions } = (await world.call('GET', '/auth/sessions', { token: body.token })).body;
      assert.deepEqual(
        sessions.map(({ address }) => address),
        ['192.0.2.99'],
      );
    },
    proxies,
    parts,
  ));

test('behind a declared proxy every other peer is refused everything but health', () =>
  inWorld(
    async (world) => {
      const alice = await makePerson(world);
      const headers = { ...others, 'x-forwarded-for': '10.0.0.1', 'x-forwarded-proto': 'https' };
      for (const { method, url } of [
        ...(await registeredRoutes()),
        { method: 'GET', url: '/nowhere' },
        { method: 'PUT', url: '/whoami' },
      ]) {
        const health = url === '/healthz' || url === '/readyz';
        for (const from of ['203.0.113.5', '127.0.0.1', '::1', '11.0.0.1']) {
          const { status } = await world.call(method as 'GET', url.replace(/:\w+|\*/g, 'x'), { from, headers });
          assert.equal(status, health ? 200 : 403, `${method} ${url} from ${from}`);
        }
      }
      const behind = { basic: alice.basic, from: '10.0.0.1', headers: { 'x-forwarded-for': '203.0.113.5' } };
      assert.equal((await world.call('POST', '/auth/credentials', behind)).status, 200);
    },
    { ...proxies, publicUrl: 'https://sign-in.example' },
    parts,
  ));
