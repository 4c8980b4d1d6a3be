import assert from 'node:assert/strict';
import { test } from 'node:test';
import { resolveOptions } from '../options.ts';
import type { Access, Level, Session } from './access.ts';
import { countRequests, createHttp, route } from './http.ts';

const levels: Level[] = ['full', 'enrolling', 'changing password'];
const accesses: Access[] = [
  'anyone',
  'half signed in',
  'enrolling',
  'signed in',
  'fresh',
  'fresh or enrolling',
  'fresh or changing password',
  'administrator',
  'administrator or service token',
];

const sessionOf = (token: string): Session | undefined => {
  const [level, fresh, administrator] = token.split('/');
  const known = levels.find((each) => each.replace(' ', '-') === level);
  return (
    known && {
      id: 's1',
      userId: 'u1',
      name: 'alice',
      administrator: administrator === 'true',
      level: known,
      fresh: fresh === 'true',
      proved: ['password'],
      authenticatedAt: 0,
      expiresAt: 1,
    }
  );
};

const half = { factors: ['otp'] as const, id: 'h1', userId: 'u1', name: 'alice', returnTo: undefined, expiresAt: 1 };

/** A service that has a route to read and one to write for each access, and knows sessions by what their tokens say. */
async function makeApp() {
  const app = await createHttp(resolveOptions({ logLevel: 'silent' }), {
    clock: () => 0,
    lookups: {
      findSession: async (token) => sessionOf(token),
      findHalfSignIn: async (token) => (token === 'csh_half' ? half : undefined),
      findServiceToken: async (token) => (token === 'css_program' ? { id: 'p1', name: 'sync' } : undefined),
    },
    origins: () => ['http://localhost:8000'],
    inFlight: countRequests(),
  });
  for (const access of accesses) {
    for (const method of ['GET', 'POST'] as const) {
      const facts = { operationId: `${method} ${access}`, summary: '', tag: '', answers: { 200: { description: '' } } };
      route(app, {
        method,
        url: `/${accesses.indexOf(access)}`,
        access,
        ...facts,
        handle: async ({ reply }) => reply.send(''),
      });
    }
  }
  const ask = async (
    access: Access,
    method: 'GET' | 'POST' | 'HEAD',
    authorization?: string,
    more: Record<string, string> = {},
  ) => {
    const headers = { ...(authorization === undefined ? {} : { authorization }), ...more };
    const answer = await app.inject({ method, url: `/${accesses.indexOf(access)}`, headers });
    const code = answer.payload.startsWith('{') ? String(JSON.parse(answer.payload).code) : String(answer.statusCode);
    return { code, challenge: answer.headers['www-authenticate'] };
  };
  return { app, ask };
}

test('every level, fresh or not, gets from every access what it may have', async () => {
  const { app, ask } = await makeApp();
  const table: Record<string, Partial<Record<Access, [string, string]>>> = {
    'full/true/false': {
      enrolling: ['200', '200'],
      'signed in': ['200', '200'],
      fresh: ['200', '200'],
      'fresh or enrolling': ['200', '200'],
      'fresh or changing password': ['200', '200'],
      administrator: ['forbidden', 'forbidden'],
    },
    'full/false/false': {
      enrolling: ['200', '200'],
      'signed in': ['200', '200'],
      fresh: ['reauthentication_required', 'reauthentication_required'],
      'fresh or enrolling': ['reauthentication_required', 'reauthentication_required'],
      'fresh or changing password': ['reauthentication_required', 'reauthentication_required'],
      administrator: ['forbidden', 'forbidden'],
    },
    'full/true/true': { administrator: ['200', '200'] },
    'full/false/true': { administrator: ['200', 'reauthentication_required'] },
    'enrolling/true/true': {
      enrolling: ['200', '200'],
      'signed in': ['forbidden', 'forbidden'],
      fresh: ['forbidden', 'forbidden'],
      'fresh or enrolling': ['200', '200'],
      'fresh or changing password': ['forbidden', 'forbidden'],
      administrator: ['forbidden', 'forbidden'],
    },
    'enrolling/false/true': { 'fresh or enrolling': ['reauthentication_required', 'reauthentication_required'] },
    'changing-password/true/true': {
      enrolling: ['200', '200'],
      'signed in': ['forbidden', 'forbidden'],
      fresh: ['forbidden', 'forbidden'],
      'fresh or enrolling': ['forbidden', 'forbidden'],
      'fresh or changing password': ['200', '200'],
      administrator: ['forbidden', 'forbidden'],
    },
  };
  for (const [token, row] of Object.entries(table)) {
    for (const access of accesses) {
      // A half sign-in is another thing than a session: no session opens what is for it.
      const closed = access === 'half signed in' ? ['unauthenticated', 'unauthenticated'] : undefined;
      const same = access === 'administrator or service token' ? row.administrator : row[access];
      const expected = access === 'anyone' ? ['200', '200'] : (closed ?? same);
      if (!expected) continue;
      const [read, write] = expected;
      assert.equal((await ask(access, 'GET', `Bearer ${token}`)).code, read, `${token} reads ${access}`);
      assert.equal((await ask(access, 'POST', `Bearer ${token}`)).code, write, `${token} writes ${access}`);
    }
  }
  await app.close();
});

test('without a token the challenge names no error, with a wrong one it does', async () => {
  const { app, ask } = await makeApp();
  for (const access of accesses.slice(2)) {
    for (const header of [undefined, '', 'Basic YTpi', 'Bearerx y', 'Token full/true/true']) {
      const { code, challenge } = await ask(access, 'GET', header);
      assert.deepEqual([code, challenge], ['unauthenticated', 'Bearer realm="Countersign"'], header);
    }
    for (const header of ['Bearer', 'Bearer ', 'Bearer wrong', 'bearer wrong', 'Bearer a b']) {
      const { code, challenge } = await ask(access, 'GET', header);
      assert.deepEqual(
        [code, challenge],
        ['unauthenticated', 'Bearer realm="Countersign", error="invalid_token"'],
        header,
      );
    }
  }
  assert.equal((await ask('signed in', 'GET', 'bearer full/false/false')).code, '200');
  assert.equal((await ask('signed in', 'GET', 'BEARER   full/false/false  ')).code, '200');
  await app.close();
});

test('a route that says nothing of who may call it cannot be added', async () => {
  const { app } = await makeApp();
  assert.throws(() => app.get('/open', async () => 'x'), /does not declare who may call it/);
  await app.close();
});

test('a cookie is as good as a token to read, and to write only from our own pages', async () => {
  const { app, ask } = await makeApp();
  const cookie = 'countersign=full/true/true';
  const own = { 'sec-fetch-site': 'same-origin' };
  assert.equal((await ask('fresh', 'GET', undefined, { cookie })).code, '200');
  assert.equal((await ask('fresh', 'POST', undefined, { cookie, ...own })).code, '200');
  const foreign: Record<string, string>[] = [
    {},
    { 'sec-fetch-site': 'cross-site' },
    { 'sec-fetch-site': 'same-site' },
    { 'sec-fetch-site': 'none' },
    { origin: 'http://localhost:8001' },
    { origin: 'null' },
    { origin: 'http://localhost:8000', 'sec-fetch-site': 'cross-site' },
  ];
  for (const headers of foreign)
    assert.equal((await ask('fresh', 'POST', undefined, { cookie, ...headers })).code, 'forbidden');
  assert.equal((await ask('fresh', 'POST', undefined, { cookie, origin: 'http://localhost:8000' })).code, '200');
  assert.equal((await ask('fresh', 'POST', 'Bearer full/true/true', { 'sec-fetch-site': 'cross-site' })).code, '200');
  assert.equal((await ask('fresh', 'GET', 'Bearer wrong', { cookie })).code, 'unauthenticated');
  await app.close();
});

test('a half sign-in opens its own level and no other, and only as its own cookie', async () => {
  const { app, ask } = await makeApp();
  for (const access of accesses.slice(1)) {
    const expected = access === 'half signed in' ? '200' : 'unauthenticated';
    assert.equal((await ask(access, 'GET', undefined, { cookie: 'countersign-sign-in=csh_half' })).code, expected);
    assert.equal((await ask(access, 'GET', undefined, { cookie: 'countersign=csh_half' })).code, 'unauthenticated');
    assert.equal((await ask(access, 'GET', 'Bearer csh_half')).code, 'unauthenticated');
  }
  await app.close();
});

test('a service token opens what is for it, and nothing else, and is no cookie', async () => {
  const { app, ask } = await makeApp();
  for (const access of accesses.slice(1)) {
    const code = { 'administrator or service token': '200', 'half signed in': 'unauthenticated' }[String(access)];
    for (const method of ['GET', 'POST'] as const)
      assert.equal((await ask(access, method, 'Bearer css_program')).code, code ?? 'forbidden', access);
    assert.equal((await ask(access, 'GET', undefined, { cookie: 'countersign=css_program' })).code, 'unauthenticated');
  }
  assert.equal((await ask('administrator or service token', 'GET', 'Bearer css_other')).code, 'unauthenticated');
  await app.close();
});
