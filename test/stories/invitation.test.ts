import assert from 'node:assert/strict';
import { test } from 'node:test';
import { day } from '../../src/clock.ts';
import { quickHash } from '../quick-hash.ts';
import { type Answer, inWorld, makePersonWithCode, signIn, type World } from '../server.ts';
import { dump } from '../tables.ts';
import { assertProblem, assertRefused, inStep, tokenOf, tryToSignIn } from './steps.ts';

const password = 'quite another long password';

interface Invited {
  id: string;
  path: string;
  token: string;
}

async function invite(world: World, name = 'iris', administrator = false): Promise<Invited> {
  const { id, link } = await world.server.users.create({ name, administrator });
  const url = new URL(link ?? assert.fail('no link was made'));
  return { id, path: url.pathname + url.search, token: url.searchParams.get('token') ?? '' };
}

const send = (world: World, token: string, chosen = password): Promise<Answer> =>
  world.call('POST', '/invitation', { form: { token, password: chosen } });

test('an invited person chooses a password, once', () =>
  inWorld(async (world) => {
    const { path, token } = await invite(world);
    assertRefused(await tryToSignIn(world, { basic: `iris:${password}` }), 401, 3);
    for (const method of ['GET', 'HEAD', 'GET'] as const) {
      const page = await world.call(method, path);
      assert.deepEqual([page.status, page.headers['referrer-policy']], [200, 'strict-origin']);
    }
    assert.match((await world.call('GET', path)).text, /value="iris"/);
    assert.equal((await send(world, token)).status, 200);
    await tokenOf(world, { basic: `iris:${password}` });
    assert.equal((await send(world, token, 'still another long password')).status, 404);
    assert.equal((await world.call('GET', path)).status, 404);
    await tokenOf(world, { basic: `iris:${password}` });
  }));

test('a link lives for seven days', () =>
  inWorld(async (world) => {
    const { path, token } = await invite(world);
    world.turn(7 * day - 1);
    assert.equal((await world.call('GET', path)).status, 200);
    world.turn(1);
    assert.equal((await world.call('GET', path)).status, 404);
    assert.equal((await send(world, token)).status, 404);
    await world.server.service.sweep();
    assert.deepEqual(dump(world)['password_links'], []);
  }));

test('of ten who use one link at once, one sets the password', () =>
  inWorld(
    async (world) => {
      const { token } = await invite(world);
      const chosen = Array.from({ length: 10 }, (_, index) => `${password} ${index}`);
      const requests = chosen.map((each) => () => send(world, token, each));
      const answers = await inStep(world, 1, requests);
      const winners = answers.flatMap(({ status }, index) => (status === 200 ? [index] : []));
      assert.equal(winners.length, 1);
      await tokenOf(world, { basic: `iris:${chosen[winners[0] ?? 0]}` });
    },
    {},
    { argon2: quickHash },
  ));

test('whoever chooses a password by a link is not held up by tries at the one before, from that network', () =>
  inWorld(async (world) => {
    const { token } = await invite(world);
    const right = { basic: `iris:${password}` };
    for (const from of ['127.0.0.1', '203.0.113.5'])
      for (let index = 0; index < 5; index += 1) await tryToSignIn(world, { basic: 'iris:wrong' }, undefined, from);
    assertRefused(await tryToSignIn(world, right), 429, 4);
    assert.equal((await send(world, token)).status, 200);
    await tokenOf(world, right);
    assertRefused(await tryToSignIn(world, right, undefined, '203.0.113.5'), 429, 4);
  }));

test('a weak password is refused, and the link stays good', () =>
  inWorld(async (world) => {
    const { token } = await invite(world);
    for (const weak of ['kq7 vx2z', 'iris iris iris iris', 'countersign 2026']) {
      const answer = await send(world, token, weak);
      assert.deepEqual([answer.status, answer.headers['content-type']], [422, 'text/html; charset=utf-8']);
      assert.equal(answer.text.includes(weak), false);
    }
    assert.equal((await send(world, token)).status, 200);
    const admin = await invite(world, 'ada', true);
    assert.equal((await send(world, admin.token, 'kq7 vx2z')).status, 200);
  }));

test('a form from elsewhere is refused, and spends nothing', () =>
  inWorld(async (world) => {
    const { token } = await invite(world);
    const payload = new URLSearchParams({ token, password }).toString();
    for (const site of ['cross-site', 'same-site']) {
      const headers = { 'content-type': 'application/x-www-form-urlencoded', 'sec-fetch-site': site };
      assertProblem(await world.call('POST', '/invitation', { payload, headers }), 403, 'forbidden');
    }
    assert.equal((await send(world, token)).status, 200);
  }));

test('the link says whose password it is, whatever name the form carries', () =>
  inWorld(async (world) => {
    const { token } = await invite(world);
    await makePersonWithCode(world, 'root', true);
    const form = { token, password, username: 'root' };
    assert.equal((await world.call('POST', '/invitation', { form })).status, 200);
    await tokenOf(world, { basic: `iris:${password}` });
    assertRefused(await tryToSignIn(world, { basic: `root:${password}` }), 401, 3);
  }));

test('a link is void once its user is disabled, and none when he is deleted', () =>
  inWorld(async (world) => {
    const { id, path, token } = await invite(world);
    const other = await invite(world, 'ivan');
    const root = await signIn(world, await makePersonWithCode(world, 'root', true));
    await world.call('PATCH', `/users/${id}`, { token: root, body: { disabled: true } });
    assert.equal((await world.call('GET', path)).status, 404);
    assert.equal((await send(world, token)).status, 404);
    await world.call('PATCH', `/users/${id}`, { token: root, body: { disabled: false } });
    assert.equal((await world.call('GET', path)).status, 404, 'enabled again he needs a new one');
    assert.equal((await world.call('GET', other.path)).status, 200);
    await world.call('DELETE', `/users/${other.id}`, { token: root });
    assert.equal((await send(world, other.token)).status, 404);
  }));

test('what is left of a link in database and log opens nothing', () =>
  inWorld(async (world) => {
    const { path, token } = await invite(world);
    await world.call('GET', path);
    assert.equal(world.log().includes(token), false);
    const stored = JSON.stringify(dump(world), (_, value: unknown) =>
      value instanceof Uint8Array ? Buffer.from(value).toString('latin1') : value,
    );
    assert.equal(stored.includes(token), false);
  }));
