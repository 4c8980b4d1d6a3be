/** What the standards ask for and no story of ours happens to tell; the tables are docs/security/asvs.md. */
import assert from 'node:assert/strict';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { day } from '../src/clock.ts';
import { serveMetrics } from '../src/upkeep/upkeep.ts';
import { withMetrics } from './metrics.ts';
import { quickHash } from './quick-hash.ts';
import { freshCode, inWorld, makePerson, makePersonWithCode, signIn } from './server.ts';

const parts = { argon2: quickHash };

test('a password is good for as long as nobody changes it', () =>
  inWorld(
    async (world) => {
      const alice = await makePerson(world);
      world.turn(4000 * day);
      const token = await signIn(world, alice);
      const { body } = await world.call('GET', '/me', { token });
      assert.deepEqual([body.name, 'password_change' in body], ['alice', false]);
    },
    {},
    parts,
  ));

test('a password chosen by a link opens nothing without the code of the authenticator', () =>
  inWorld(
    async (world) => {
      const bob = await makePersonWithCode(world);
      const root = await makePersonWithCode(world, 'root', true);
      const { body } = await world.call('POST', `/users/${bob.id}/password-link`, { token: await signIn(world, root) });
      const token = new URL(body.link.url).searchParams.get('token') ?? '';
      const password = 'four other plain words';
      assert.equal((await world.call('GET', '/me', { token })).status, 401, 'the link is no session');
      const chosen = await world.call('POST', '/invitation', { form: { token, password } });
      assert.deepEqual([chosen.status, chosen.headers['set-cookie']], [200, undefined]);

      const basic = `bob:${password}`;
      const half = await world.call('POST', '/auth/credentials', { basic });
      assert.deepEqual([half.status, half.body.status, half.body.token], [401, 1, null]);
      const otp = freshCode(world, bob.secret ?? Buffer.of());
      assert.equal((await world.call('POST', '/auth/credentials', { basic, body: { otp } })).status, 200);
    },
    {},
    parts,
  ));

test('metrics are served on loopback, at an address of their own, and not by the service', () =>
  inWorld(async (world) => {
    assert.equal((await world.call('GET', '/metrics')).status, 404);
    assert.ok(world.server.metrics);
    const metrics = await serveMetrics(world.server.metrics, 0);
    const { address } = metrics.address() as AddressInfo;
    metrics.close();
    assert.equal(address, '127.0.0.1');
  }, withMetrics));

test('every page says whom to ask when signing in does not work, where the operator says so', () =>
  inWorld(
    async (world) => {
      for (const url of ['/sign-in', '/nowhere', '/invitation'])
        assert.match(
          (await world.call('GET', url, { headers: { accept: 'text/html' } })).text,
          /help@example\.org/,
          url,
        );
    },
    { contact: 'help@example.org' },
    parts,
  ));
