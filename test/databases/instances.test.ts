/** Several processes on one PostgreSQL are one service: whatever one of them is told, all know. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { codeAt, period } from '../../src/totp/code.ts';
import { findUserByName } from '../../src/users/users.ts';
import { type Instances, makeBob, oneOfMany, password, send, signIn, startInstances } from '../instances.ts';
import { oneOfManyAnswers, withPasskeys } from '../passkey-instances.ts';
import { cookieJar } from '../visitor/cookies.ts';

test('of fifty sign-ins with one code, over two and over three processes on one PostgreSQL, one succeeds', async () => {
  const { urls, service, stop } = await startInstances(3, { hash: 'quick', on: 'PostgreSQL' });
  try {
    // Two codes each: six rounds.
    for (const [round, count] of [3, 2, 3].entries())
      await oneOfMany({ urls: urls.slice(0, count), service }, `user${round}`);
    const { rows, chains, faults } = await service.audit.verify(service.database);
    assert.ok(rows > 300, 'every one is in the audit log');
    assert.deepEqual({ chains, faults }, { chains: 4, faults: [] }, 'in which each process writes a chain');
  } finally {
    await stop();
  }
});

test('of fifty sign-ins with one answer of a passkey, over three processes on one PostgreSQL, one succeeds', async () => {
  const instances = await startInstances(3, { hash: 'quick', on: 'PostgreSQL', ...withPasskeys });
  try {
    await oneOfManyAnswers(instances, 'alice');
  } finally {
    await instances.stop();
  }
});

describe('three processes on one PostgreSQL', () => {
  let instances: Instances;
  let [one, two, three] = ['', '', ''];
  before(async () => {
    instances = await startInstances(3, { hash: 'quick', pause: 0, limits: 'usual', on: 'PostgreSQL' });
    [one = '', two = '', three = ''] = instances.urls;
  });
  after(() => instances.stop());

  test('wrong passwords are counted together: after five, spread over all, each refuses the right one', async () => {
    await instances.service.admin.create('operator', { name: 'alice', password, administrator: false });
    for (const url of [one, two, three, one, two])
      assert.deepEqual(await signIn(url, 'alice', undefined, 'a wrong one'), { status: 401, token: null, code: 3 });
    for (const url of [one, two, three])
      assert.deepEqual(await signIn(url, 'alice'), { status: 429, token: null, code: 4 });
  });

  test('wrong codes and wrong recovery codes are counted together as well', async () => {
    const { secret, recoveryCode } = await makeBob({ url: one, service: instances.service }, 'bob');
    const wrong = wrongCode(secret);
    for (const url of [three, two, one, three, two])
      assert.deepEqual(await signIn(url, 'bob', { otp: wrong }), { status: 401, token: null, code: 2 });
    for (const url of [one, two, three])
      assert.equal((await signIn(url, 'bob', { otp: codeAt(secret, Date.now()) })).status, 429);
    const none = 'AAAA-AAAA-AAAA-AAAA-AAAA-AAAA';
    for (const url of [one, two, three, one, two])
      assert.equal((await signIn(url, 'bob', { recovery_code: none })).status, 401);
    for (const url of [one, two, three])
      assert.equal((await signIn(url, 'bob', { recovery_code: recoveryCode })).status, 429);
  });

  test('a session that one makes works at each, and ends at each when another ends it', async () => {
    await instances.service.admin.create('operator', { name: 'carol', password, administrator: false });
    const { token } = await signIn(one, 'carol');
    const whoami = async (url: string) => (await send(url, 'GET', '/whoami', `Bearer ${token}`)).status;
    for (const url of [one, two, three]) assert.equal(await whoami(url), 200);
    assert.equal((await send(three, 'DELETE', '/auth/sessions/current', `Bearer ${token}`)).status, 204);
    for (const url of [one, two, three]) assert.equal(await whoami(url), 401);
  });

  test('a half sign-in that one begins another ends, and the browser is known to the third', async () => {
    const { service } = instances;
    const { secret } = await makeBob({ url: one, service }, 'dora');
    const ask = browser();
    const asked = await ask(`${one}/sign-in`, { username: 'dora', password });
    assert.equal(asked.headers.get('location'), '/sign-in/code');
    const done = await ask(`${two}/sign-in/code`, { otp: codeAt(secret, Date.now()) });
    assert.deepEqual([done.status, done.headers.get('location')], [303, '/account']);
    assert.equal((await ask(`${three}/account`)).status, 200);
    const { id = '' } = (await findUserByName(service.database.read, 'dora')) ?? {};
    const known = () => service.browsers.list(service.database.read, id, Date.now());
    assert.equal((await known()).length, 1);
    await ask(`${three}/sign-in`, { username: 'dora', password });
    const again = await ask(`${one}/sign-in/code`, { otp: codeAt(secret, Date.now() + period) });
    assert.deepEqual([again.status, (await known()).length], [303, 1], 'it is the same browser to each');
  });
});

/** A code that none of the accepted steps has. */
function wrongCode(secret: Buffer): string {
  const right = [-2, -1, 0, 1, 2].map((step) => codeAt(secret, Date.now() + step * period));
  return ['000000', '111111', '222222', '333333', '444444', '555555'].find((code) => !right.includes(code)) ?? '';
}

/** Somebody's browser, which sends its cookies to each instance, as all are one host to it; a redirect is not followed. */
function browser() {
  const jar = cookieJar();
  return async (url: string, fields?: Record<string, string>): Promise<Response> => {
    const { origin, pathname } = new URL(url);
    const answer = await fetch(url, {
      method: fields ? 'POST' : 'GET',
      headers: { cookie: jar.header(pathname, Date.now()), origin, 'sec-fetch-site': 'same-origin' },
      body: fields ? new URLSearchParams(fields) : null,
      redirect: 'manual',
    });
    for (const cookie of answer.headers.getSetCookie()) jar.keep(cookie, Date.now());
    return answer;
  };
}
