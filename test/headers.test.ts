import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inputs, makeCaller } from './inputs.ts';
import { quickHash } from './quick-hash.ts';
import { registeredRoutes } from './routes.ts';
import { safe } from './safe.ts';
import { type Answer, type CallOptions, inWorld, makePerson, type World } from './server.ts';
import { alter } from './tables.ts';

const parts = { argon2: quickHash };
const secure = { publicUrl: 'https://sign-in.example', trustProxy: ['10.0.0.0/8'] };

test('every route sends the security headers, to strangers and to an administrator', () =>
  inWorld(
    async (world) => {
      const caller = await makeCaller(world);
      for (const { method, url } of await registeredRoutes()) {
        const path = caller.address(url).replace(/:\w+|\*/g, 'x');
        for (const headers of [{}, caller.headersFor(url)])
          safe(await world.call(method as 'GET', path, { headers }), `${method} ${url}`);
      }
    },
    {},
    parts,
  ));

test('every kind of error sends them, 404, 405, 413, 415, 422 and 500 too', () =>
  inWorld(
    async (world) => {
      const seen = new Set<number>();
      for (const [method, url, options] of await mistakes(world)) {
        const answer = await world.call(method, url, options);
        safe(answer, `${method} ${url}: ${answer.status}`);
        seen.add(answer.status);
      }
      alter(world, 'ALTER TABLE users RENAME TO gone');
      const failed = await world.call('POST', '/auth/credentials', { basic: 'alice:x' });
      safe(failed, 'a service that fails');
      world.server.drain();
      safe(await world.call('GET', '/readyz'), 'draining');
      const wanted = [400, 401, 403, 404, 405, 406, 413, 415, 422, 429, 500];
      assert.deepEqual(
        wanted.filter((status) => !seen.add(failed.status).has(status)),
        [],
      );
    },
    {},
    parts,
  ));

test('Strict-Transport-Security is sent where the service is reached over HTTPS, and only there', async () => {
  const sent = async (options: object, from: string): Promise<unknown[]> => {
    const all: unknown[] = [];
    await inWorld(
      async (world) => {
        for (const url of ['/healthz', '/nowhere', '/whoami', '/', '/%ff'])
          all.push((await world.call('GET', url, { from })).headers['strict-transport-security']);
      },
      options,
      parts,
    );
    return all;
  };
  assert.deepEqual(new Set(await sent(secure, '10.0.0.1')), new Set(['max-age=31536000; includeSubDomains']));
  assert.deepEqual(new Set(await sent({}, '127.0.0.1')), new Set([undefined]));
});

test('no origin may read answers unless it is configured', () =>
  inWorld(async (world) => {
    for (const origin of ['https://app.example', 'null', 'http://localhost:8000']) {
      const answer = await world.call('GET', '/healthz', { headers: { origin } });
      assert.deepEqual(corsOf(answer), {});
      const preflight = await world.call('OPTIONS', '/whoami', {
        headers: { origin, 'access-control-request-method': 'GET' },
      });
      assert.deepEqual([preflight.status, corsOf(preflight)], [405, {}]);
    }
  }));

test('configured origins may, exactly they, with a token and never with cookies; a refusal too is readable', () =>
  inWorld(
    async (world) => {
      const { basic } = await makePerson(world);
      const from = (origin: string, options: CallOptions = {}) => ({
        ...options,
        headers: { origin, ...options.headers },
      });
      const strangers = [
        'null',
        'http://app.example',
        'https://app.example:8443',
        'https://app.example.evil',
        'https://evil-app.example',
        '',
      ];
      for (const url of ['/healthz', '/whoami', '/nowhere', '/auth/credentials']) {
        const mine = await world.call('GET', url, from('https://app.example'));
        assert.equal(corsOf(mine)['access-control-allow-origin'], 'https://app.example', url);
        for (const origin of strangers) {
          const { 'access-control-allow-origin': allowed } = corsOf(await world.call('GET', url, from(origin)));
          assert.equal(allowed, undefined, origin);
        }
      }
      const wrong = await world.call('POST', '/auth/credentials', from('https://app.example', { basic: `${basic}x` }));
      assert.equal(wrong.status, 401);
      assert.deepEqual(corsOf(wrong), {
        'access-control-allow-origin': 'https://app.example',
        'access-control-expose-headers': 'Retry-After, WWW-Authenticate',
      });
      for (const method of ['PUT', 'PATCH', 'DELETE', 'POST', 'GET']) {
        const asked = {
          'access-control-request-method': method,
          'access-control-request-headers': 'authorization, content-type',
        };
        const preflight = await world.call(
          'OPTIONS',
          '/auth/otp/enable',
          from('https://app.example', { headers: asked }),
        );
        const answer = corsOf(preflight);
        assert.equal(preflight.status, 204);
        assert.ok(answer['access-control-allow-methods']?.split(', ').includes(method), method);
        assert.match(answer['access-control-allow-headers'] ?? '', /^authorization, content-type$/i);
        assert.equal(answer['access-control-allow-credentials'], undefined);
        safe(preflight, 'preflight');
      }
    },
    { corsOrigins: ['https://app.example', 'https://other.example'] },
    parts,
  ));

test('a forged Host reaches neither links nor pages', () =>
  inWorld(async (world) => {
    const caller = await makeCaller(world);
    const host = 'evil.example';
    const forged = { host, 'x-forwarded-host': host, forwarded: `host=${host}`, 'x-forwarded-proto': 'https' };
    const headers = { ...caller.headersFor('/users'), ...forged };
    const { body } = await world.call('POST', '/users', { headers, body: { name: 'zoe' } });
    assert.match(body.link.url, /^http:\/\/localhost:8000\/invitation\?token=csl_/);
    for (const url of [
      '/',
      '/docs',
      '/openapi.json',
      '/setup',
      new URL(body.link.url).pathname + new URL(body.link.url).search,
    ]) {
      const answer = await world.call('GET', url, { headers: forged });
      assert.ok(!`${answer.text}${JSON.stringify(answer.headers)}`.includes('evil'), url);
    }
  }));

type Mistake = [Parameters<World['call']>[0], string, CallOptions];

async function mistakes(world: World): Promise<Mistake[]> {
  const caller = await makeCaller(world);
  const admin = { headers: caller.headersFor('/users') };
  const wrong: Mistake = ['POST', '/auth/credentials', { basic: 'nobody:wrong' }];
  return [
    ['GET', '/%ff', {}],
    ['GET', `/users/${'x'.repeat(200)}`, {}],
    ['GET', '/whoami', {}],
    ['GET', '/whoami', { token: 'wrong' }],
    ['POST', '/setup', { form: {}, headers: { 'sec-fetch-site': 'cross-site' } }],
    ['GET', '/nowhere', {}],
    ['GET', '/setup?token=x', {}],
    ['DELETE', '/users/nobody', admin],
    ['PUT', '/whoami', {}],
    ['OPTIONS', '/whoami', {}],
    ['GET', '/auth/otp/generate', { headers: { ...admin.headers, accept: 'image/webp' } }],
    ['POST', '/auth/credentials', { payload: '{', headers: { 'content-type': 'application/json' } }],
    ['POST', '/auth/credentials', { payload: 'x', headers: { 'content-type': 'text/plain' } }],
    ['POST', '/users', { ...admin, body: { name: 1 } }],
    ...inputs.map(({ method, url, type }): Mistake => {
      const headers = { ...caller.headersFor(url), 'content-type': type };
      return [method, caller.address(url), { payload: 'x'.repeat(20_000), headers }];
    }),
    ...Array.from({ length: 6 }, () => wrong),
  ];
}

function corsOf({ headers }: Answer): Record<string, string> {
  const all = Object.entries(headers).filter(([name]) => name.startsWith('access-control-'));
  return Object.fromEntries(all.map(([name, value]) => [name, String(value)]));
}
