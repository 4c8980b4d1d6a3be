import assert from 'node:assert/strict';
import { test } from 'node:test';
import { resolveOptions } from '../options.ts';
import type { Access, Level, Session } from './access.ts';
import { createHttp, route } from './http.ts';

const levels: Level[] = ['full', 'enrolling', 'changing password'];
const accesses: Access[] = [
  'anyone',
  'enrolling',
  'signed in',
  'fresh',
  'fresh or enrolling',
  'fresh or changing password',
  'administrator',
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

/** A service that has a route to read and one to write for each access, and knows sessions by what their tokens say. */
async function makeApp() {
  const app = await createHttp(resolveOptions({ logLevel: 'silent' }), {
    clock: () => 0,
    findSession: async (token) => sessionOf(token),
    origins: () => [],
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
  const ask = async (access: Access, method: 'GET' | 'POST' | 'HEAD', authorization?: string) => {
    const headers = authorization === undefined ? {} : { authorization };
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
      const expected = access === 'anyone' ? ['200', '200'] : row[access];
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
  for (const access of accesses.slice(1)) {
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
