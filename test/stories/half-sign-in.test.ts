import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { defaultLimits } from '../../src/throttle/throttle.ts';
import { quickHash } from '../quick-hash.ts';
import { registeredRoutes } from '../routes.ts';
import { type CallOptions, freshCode, inWorld, makePersonWithCode } from '../server.ts';
import { formsOf, spellings } from '../spellings.ts';
import { dump } from '../tables.ts';
import { begin, cookiesIn, finish, secretIn, sessionsOf } from './in-a-browser.ts';

/** A half sign-in opens nothing: it is a record and a cookie of its own, and good for the next step alone. */
const quick = { argon2: quickHash };
const wide = { ...defaultLimits.password, free: 1000 };
const wideLimits = { ...defaultLimits, password: wide, network: wide };

test('the cookie of a half sign-in opens the pages of the next step, and no other route of all', () =>
  inWorld(
    async (world) => {
      const root = await makePersonWithCode(world, 'root', true);
      const ways: Record<string, (half: string) => CallOptions> = {
        'as it is': (half) => ({ headers: { cookie: `countersign-sign-in=${half}` } }),
        "as the session's cookie": (half) => ({ headers: { cookie: `countersign=${half}` } }),
        'as a bearer token': (token) => ({ token }),
      };
      let open = 0;
      for (const { method, url, access, page } of await registeredRoutes()) {
        const path = url.replace(':id', root.id).replace(/:\w+|\*/g, 'x');
        const half = await begin(world, root);
        for (const [name, way] of Object.entries(ways)) {
          const given = way(half);
          const headers = { 'sec-fetch-site': 'same-origin', ...given.headers };
          const { status, headers: answered } = await world.call(method as 'GET', path, { ...given, headers });
          const where = `${method} ${url} ${name}`;
          if (access === 'anyone') {
            const stranger = await world.call(method as 'GET', path, { headers: { 'sec-fetch-site': 'same-origin' } });
            assert.deepEqual([status, answered['location']], [stranger.status, stranger.headers['location']], where);
          } else if (access === 'half signed in' && name === 'as it is') {
            // Root has no passkey, and is led to where the code is asked for.
            const shown = url === '/sign-in/second-passkey' ? 303 : 200;
            assert.equal(status, method === 'POST' ? 422 : shown, where);
            open += 1;
          } else if (page) {
            assert.equal(status, 303, where);
            assert.match(String(answered['location']), /^\/(sign-in(\/code)?(\?.*)?|account)$/, where);
          } else {
            assert.equal(status, 401, where);
          }
        }
      }
      assert.equal(open, 9, 'GET, HEAD and POST of three pages');
      assert.equal(sessionsOf(world, root), 0);
    },
    {},
    { ...quick, limits: wideLimits },
  ));

test('before the code nothing stored is a session, and the half sign-in is stored without its token', () =>
  inWorld(
    async (world) => {
      const bob = await makePersonWithCode(world);
      const before = dump(world, ['half_sign_ins', 'audit']);
      const token = await begin(world, bob);
      assert.deepEqual(dump(world, ['half_sign_ins', 'audit']), before, 'there is nothing else');
      assert.deepEqual(before['sessions'], []);
      const [row = {}, ...more] = dump(world)['half_sign_ins'] ?? [];
      assert.deepEqual(more, []);
      assert.deepEqual(Buffer.from(row['token_hash'] as Uint8Array), createHash('sha256').update(token).digest());
      const stored = Buffer.from(JSON.stringify(dump(world)));
      for (const form of [...formsOf(token), ...formsOf(token.slice(4))])
        assert.ok(!stored.includes(form) && !world.log().includes(form.toString()), form.toString());
      const found = Object.values(row).flatMap(spellings);
      for (const value of found.flatMap((each) => [each, `csh_${each}`]).map(encodeURIComponent))
        assert.equal(
          (await finish(world, value, { otp: '123456' })).headers['location'],
          '/sign-in?done=expired',
          value,
        );
      await finish(world, token, { otp: freshCode(world, secretIn(bob)) });
      assert.deepEqual([sessionsOf(world, bob), dump(world)['half_sign_ins']], [1, []]);
    },
    {},
    quick,
  ));

test('its cookie lives five minutes, for no script and no other site, and on this machine only without Secure', () =>
  inWorld(
    async (world) => {
      const bob = await makePersonWithCode(world);
      const form = { username: bob.name, password: bob.password };
      const [half, ...more] = cookiesIn(await world.call('POST', '/sign-in', { form }));
      assert.match(half ?? '', /^countersign-sign-in=csh_[\w-]{43}; Max-Age=300; Path=\/; HttpOnly; SameSite=Lax$/);
      assert.deepEqual(more, []);
      const answer = await finish(world, await begin(world, bob), { otp: freshCode(world, secretIn(bob)) });
      assert.deepEqual(
        cookiesIn(answer).map((line) => line.replace(/cs[nb]_[\w-]{43}/, 'TOKEN')),
        [
          'countersign-sign-in=; Max-Age=0; Path=/; HttpOnly; SameSite=Lax',
          'countersign=TOKEN; Max-Age=86400; Path=/; HttpOnly; SameSite=Lax',
          'countersign-browser=TOKEN; Max-Age=7776000; Path=/; HttpOnly; SameSite=Lax',
        ],
      );
    },
    {},
    quick,
  ));

test('under https the cookies are Secure and carry the prefix that keeps other hosts from setting them', () =>
  inWorld(
    async (world) => {
      const proxy = { from: '10.0.0.1', headers: { 'x-forwarded-for': '203.0.113.5' } };
      const bob = await makePersonWithCode(world);
      await world.restart({ publicUrl: 'https://sign-in.example', trustProxy: ['10.0.0.0/8'] });
      const post = (url: string, form: Record<string, string>, cookie = '') =>
        world.call('POST', url, { ...proxy, form, headers: { ...proxy.headers, cookie } });
      const [half = ''] = cookiesIn(await post('/sign-in', { username: bob.name, password: bob.password }));
      const attributes = 'Path=/; HttpOnly; Secure; SameSite=Lax';
      assert.match(half, new RegExp(`^__Host-countersign-sign-in=csh_[\\w-]{43}; Max-Age=300; ${attributes}$`));
      const otp = freshCode(world, secretIn(bob));
      const [sent = ''] = half.split(';');
      const bare = await post('/sign-in/code', { otp }, sent.replace('__Host-', ''));
      assert.equal(bare.headers['location'], '/sign-in?done=expired', 'without the prefix it is none');
      const answer = await post('/sign-in/code', { otp }, sent);
      assert.deepEqual(
        cookiesIn(answer).map((line) => line.replace(/cs[nb]_[\w-]{43}/, 'TOKEN')),
        [
          `__Host-countersign-sign-in=; Max-Age=0; ${attributes}`,
          `__Host-countersign=TOKEN; Max-Age=86400; ${attributes}`,
          `__Host-countersign-browser=TOKEN; Max-Age=7776000; ${attributes}`,
        ],
      );
    },
    {},
    quick,
  ));

test('signing in over JSON sets no cookie and makes no half sign-in, whatever comes of it', () =>
  inWorld(
    async (world) => {
      const bob = await makePersonWithCode(world);
      const right = { otp: freshCode(world, secretIn(bob)) };
      const seen: number[] = [];
      for (const [basic, body] of [
        [bob.basic, right],
        [bob.basic, right],
        [bob.basic, undefined],
        ['bob:wrong', undefined],
        ['nobody:wrong', right],
      ] as const) {
        const headers = { 'sec-fetch-site': 'same-origin', accept: 'text/html', cookie: `countersign-sign-in=x` };
        const answer = await world.call('POST', '/auth/credentials', { basic, headers, ...(body ? { body } : {}) });
        assert.deepEqual(cookiesIn(answer), []);
        seen.push(answer.body.status);
      }
      assert.deepEqual([seen, dump(world)['half_sign_ins']], [[0, 2, 1, 3, 3], []]);
    },
    {},
    quick,
  ));
