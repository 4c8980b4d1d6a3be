import assert from 'node:assert/strict';
import { test } from 'node:test';
import { endless } from '../endless.ts';
import { type Input, inputs, makeCaller } from '../inputs.ts';
import { quickHash } from '../quick-hash.ts';
import { registeredRoutes } from '../routes.ts';
import { type Answer, inWorld, type World } from '../server.ts';
import { cookiesIn } from '../stories/in-a-browser.ts';
import { officeOf } from '../stories/office.ts';
import { dump } from '../tables.ts';

/** A-32: texts that end a statement, begin another, or match everything. */
const payloads = [
  "'",
  "''",
  '"',
  '`',
  '\\',
  "\\'",
  ';',
  '--',
  '/*',
  '%',
  '_',
  '$1',
  '?1',
  ':name',
  '@p1',
  "x'--",
  "x';--",
  "'/**/OR/**/1=1--",
  "' OR 1=1--",
  '" OR ""="',
  "') OR ('1'='1",
  "'; DROP TABLE users;--",
  "'; UPDATE users SET administrator=1;--",
  "' UNION SELECT hash FROM passwords--",
  "1; ATTACH DATABASE 'x' AS y;--",
  "'||(SELECT name FROM users LIMIT 1)||'",
  "' AND randomblob(500000000)--",
  '0x27206f7220313d31',
  'NULL',
  '[$ne]',
];

const inUnlimitedWorld = (story: (world: World) => Promise<void>): Promise<void> =>
  inWorld(story, {}, { argon2: quickHash, limits: endless });

/** Those that store a text that somebody chose. */
const stores = (input: Input): boolean => /users|service-tokens/.test(input.url);

test('no text in a body is more than text: nobody is signed in by it, and only what may be noted is', () =>
  inUnlimitedWorld(async (world) => {
    const caller = await makeCaller(world);
    // Refused tries are counted and written down; all else stays, even where a table was to be emptied.
    const kept = (): object => dump(world, ['audit', 'audit_chains', 'budgets', 'half_sign_ins']);
    const before = kept();
    for (const input of inputs.filter((each) => !stores(each))) {
      for (const member of Object.keys(input.members).filter((name) => typeof input.members[name] === 'string')) {
        for (const payload of payloads) {
          const members: Record<string, unknown> = { ...input.members, [member]: payload };
          // What is right but for the payload might do what it is for.
          if (input.url === '/auth/credentials') delete members[member === 'otp' ? 'recovery_code' : 'otp'];
          if (member === 'username' || member === 'return_to') continue;
          const answer = await sendTo(world, input, caller, members);
          const what = `${input.url} ${member}=${payload}: ${answer.status} ${answer.text.slice(0, 200)}`;
          assert.ok(answer.status >= 400 && answer.status < 500, what);
          assert.ok(!cookiesIn(answer).some((line) => /=cs[nb]_/.test(line)) && !answer.body.token, what);
        }
      }
    }
    assert.deepEqual(kept(), before);
  }));

test('where a text is stored it comes back to the letter, or was refused', () =>
  inUnlimitedWorld(async (world) => {
    const caller = await makeCaller(world);
    const office = await officeOf(world, caller.person);
    const users = dump(world)['users']?.length ?? 0;
    const made: string[] = [];
    for (const payload of payloads) {
      const { status, body, text } = await office.users('POST', '', {
        name: payload,
        password: caller.person.password,
      });
      // Letters in a name are small ones; nothing else about it changes.
      const name = payload.toLowerCase();
      assert.ok(status === 201 ? body.name === name : [409, 422].includes(status), `${payload}: ${text}`);
      if (status === 201) made.push(name);
      const renamed = await office.users('PATCH', `/${caller.other.id}`, { name: `${name}x` });
      assert.ok(renamed.status === 200 ? renamed.body.name === `${name}x` : [409, 422].includes(renamed.status));
      const token = await world.call('POST', '/service-tokens', { token: office.token, body: { name: payload } });
      assert.ok(token.status === 201 ? token.body.name === payload : [409, 422].includes(token.status), token.text);
    }
    assert.ok(made.length > 10, made.join(' '));
    assert.equal(dump(world)['users']?.length, users + made.length);
    for (const name of made) {
      const { body } = await office.users('GET', `?name=${encodeURIComponent(name)}&limit=100`);
      assert.ok(body.users.length > 0 && body.users.every((user) => user.name.includes(name)), name);
      assert.deepEqual(
        body.users.map(({ roles }) => roles),
        body.users.map(() => []),
      );
    }
  }));

test('nor is one in a query, a header, a cookie, a token or an address', () =>
  inUnlimitedWorld(async (world) => {
    const caller = await makeCaller(world);
    const before = dump(world);
    const routes = (await registeredRoutes()).filter(({ method, url }) => method === 'GET' && !url.includes('*'));
    const names = ['q', 'with', 'done', 'return_to', 'user', 'kind', 'from', 'to', 'before', 'after', 'page', 'token'];
    for (const payload of payloads) {
      const text = encodeURIComponent(payload);
      const everything = `?${names.map((name) => `${name}=${text}`).join('&')}`;
      const safe = payload.replaceAll(/[^\x20-\x7e]/g, '');
      for (const { url } of routes) {
        // They make a secret where there is none, for whoever may.
        if (['/auth/otp/generate', '/account/authenticator'].includes(url)) continue;
        const at = caller.address(url).replace(/:\w+/g, text);
        // Pages read what they know of a query; the one list of the API has two parameters of text.
        const queries = url === '/users' ? [`?name=${text}`, `?cursor=${text}`] : ['', everything];
        for (const query of queries) {
          const { status, text: body } = await world.call('GET', `${at}${query}`, { headers: caller.headersFor(url) });
          assert.ok(status < 500, `${at}${query}: ${status} ${body.slice(0, 200)}`);
        }
      }
      for (const headers of [
        { cookie: `countersign=${text}; countersign-sign-in=${text}; countersign-browser=${text}` },
        { authorization: `Bearer ${safe}` },
        { authorization: `Bearer css_${safe}` },
      ])
        assert.equal((await world.call('GET', '/users', { headers })).status, 401, payload);
      const noted = { ...caller.headersFor('/me'), 'user-agent': safe, 'x-forwarded-for': safe, host: 'localhost' };
      assert.equal((await world.call('GET', '/me', { headers: noted })).status, 200, payload);
    }
    assert.deepEqual(dump(world), before);
  }));

test('what a browser calls itself is kept and shown as it came', () =>
  inUnlimitedWorld(async (world) => {
    const { other } = await makeCaller(world);
    for (const payload of payloads) {
      const headers = { 'user-agent': payload };
      const { body } = await world.call('POST', '/auth/credentials', { basic: other.basic, headers });
      const { sessions } = (await world.call('GET', '/auth/sessions', { token: body.token })).body;
      assert.ok(sessions.some((session) => session.user_agent === payload && session.current));
    }
  }));

function sendTo(
  world: World,
  { method, url, type }: Input,
  caller: Awaited<ReturnType<typeof makeCaller>>,
  members: Record<string, unknown>,
): Promise<Answer> {
  const headers = { ...caller.headersFor(url), 'content-type': type };
  const text = Object.entries(members).map(([name, value]): [string, string] => [name, String(value)]);
  const payload = type === 'application/json' ? JSON.stringify(members) : new URLSearchParams(text).toString();
  return world.call(method, caller.address(url), { payload, headers });
}
