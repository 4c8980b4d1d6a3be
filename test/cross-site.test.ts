import assert from 'node:assert/strict';
import { test } from 'node:test';
import { quickHash } from './quick-hash.ts';
import { type Registered, registeredRoutes } from './routes.ts';
import { type Answer, inWorld, makePersonWithCode, signIn, type World } from './server.ts';
import { begin } from './stories/in-a-browser.ts';
import { dump } from './tables.ts';

/**
 * What another site has a browser send. The cookies come along, as if SameSite were not there; the service itself finds
 * out where a write comes from, before it reads it.
 */
const parts = { argon2: quickHash };

/** Every write of a page, and every one that a session's cookie could do. */
const writes = (await registeredRoutes()).filter(
  ({ method, page, access }) => !['GET', 'HEAD', 'OPTIONS'].includes(method) && (page || access !== 'anyone'),
);
const addressOf = ({ url }: Registered, id: string): string => url.replace(':id', id).replace(/:\w+/g, 'x');

/** Where a browser says that it comes from; older ones say less, and some nothing. */
const foreign: Record<string, string>[] = [
  { 'sec-fetch-site': 'cross-site' },
  { 'sec-fetch-site': 'same-site' },
  { 'sec-fetch-site': 'none' },
  { 'sec-fetch-site': 'cross-site', origin: 'http://localhost:8000' },
  { origin: 'https://evil.example' },
  { origin: 'http://localhost:8001' },
  { origin: 'https://localhost:8000' },
  { origin: 'http://localhost:8000.evil.example' },
  { origin: 'null' },
  { origin: '' },
  { referer: 'http://localhost:8000/account', host: 'localhost:8000' },
  {},
];

const own: Record<string, string>[] = [
  { 'sec-fetch-site': 'same-origin' },
  { origin: 'http://localhost:8000' },
  { origin: 'http://127.0.0.1:8000' },
  { origin: 'http://[::1]:8000' },
];

/** What a form of another site can send, and what only a script could. */
const bodies: [type: string, payload: string][] = [
  ['application/x-www-form-urlencoded', 'name=mallory&password=four+unrelated+plain+words'],
  ['text/plain', '{"enabled":false}'],
  ['multipart/form-data; boundary=x', '--x\r\ncontent-disposition: form-data; name="name"\r\n\r\nmallory\r\n--x--\r\n'],
  ['application/json', '{"enabled":false}'],
  ['', ''],
];

/** The cookies of an administrator who has just signed in, and has begun to once more. */
async function cookiesOfRoot(world: World): Promise<{ id: string; cookie: string }> {
  const root = await makePersonWithCode(world, 'root', true);
  const [session, half] = [await signIn(world, root), await begin(world, root)];
  return { id: root.id, cookie: `countersign=${session}; countersign-sign-in=${half}` };
}

test('no write is taken from another site, whatever it is made of, and nothing that is stored has changed', () =>
  inWorld(
    async (world) => {
      const { id, cookie } = await cookiesOfRoot(world);
      assert.ok(writes.length > 30);
      const before = dump(world);
      for (const route of writes) {
        for (const headers of foreign) {
          for (const [type, payload] of bodies) {
            const answer = await world.call(route.method as 'POST', addressOf(route, id), {
              headers: { ...headers, cookie, ...(type ? { 'content-type': type } : {}) },
              ...(payload ? { payload } : {}),
            });
            const what = `${route.method} ${route.url} ${JSON.stringify(headers)} ${type}`;
            assert.deepEqual([answer.status, answer.body.code], [403, 'forbidden'], what);
            assert.equal(answer.headers['set-cookie'], undefined, what);
          }
        }
        assert.deepEqual(dump(world), before, `${route.method} ${route.url}`);
      }
    },
    {},
    parts,
  ));

test('the same writes from our own pages get past the door', () =>
  inWorld(
    async (world) => {
      const { id, cookie } = await cookiesOfRoot(world);
      for (const route of writes) {
        for (const headers of own) {
          // Nobody takes this member, so that nothing is done; but somebody has read it.
          const [type, payload] = route.page
            ? ['application/x-www-form-urlencoded', 'nonsense=1']
            : ['application/json', '{"nonsense":1}'];
          const answer = await world.call(route.method as 'POST', addressOf(route, id), {
            headers: { ...headers, cookie, 'content-type': type },
            payload,
          });
          const what = `${route.method} ${route.url} ${JSON.stringify(headers)}`;
          assert.deepEqual([answer.status, answer.body.code], [422, 'invalid'], what);
        }
      }
    },
    {},
    parts,
  ));

test('nobody is signed in, or half signed in, by a form of another site (login CSRF)', () =>
  inWorld(
    async (world) => {
      const { name: username, password } = await makePersonWithCode(world, 'mallory');
      await world.server.users.create({ name: 'eve', password });
      const before = dump(world);
      for (const headers of foreign) {
        for (const name of [username, 'eve']) {
          const payload = new URLSearchParams({ username: name, password }).toString();
          const type = { 'content-type': 'application/x-www-form-urlencoded' };
          const answer = await world.call('POST', '/sign-in', { headers: { ...headers, ...type }, payload });
          assert.deepEqual([answer.status, answer.headers['set-cookie']], [403, undefined]);
        }
      }
      assert.deepEqual(dump(world), before);
    },
    {},
    parts,
  ));

test('behind a proxy our own origin is the public one, and what a request says of its host is nothing', () =>
  inWorld(
    async (world) => {
      const send = (headers: Record<string, string>): Promise<Answer> => {
        const forwarded = { 'x-forwarded-for': '203.0.113.5', 'content-type': 'application/x-www-form-urlencoded' };
        const payload = 'username=nobody&password=x';
        return world.call('POST', '/sign-in', { from: '10.0.0.1', headers: { ...forwarded, ...headers }, payload });
      };
      const evil = { host: 'evil.example', 'x-forwarded-host': 'evil.example', 'x-forwarded-proto': 'https' };
      for (const origin of ['https://evil.example', 'http://sign-in.example', 'http://localhost:8000', 'null'])
        assert.equal((await send({ ...evil, origin })).status, 403, origin);
      assert.equal((await send({ ...evil, origin: 'https://sign-in.example' })).status, 422);
    },
    { publicUrl: 'https://sign-in.example', trustProxy: ['10.0.0.0/8'] },
    parts,
  ));
