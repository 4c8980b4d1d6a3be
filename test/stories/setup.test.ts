import assert from 'node:assert/strict';
import { test } from 'node:test';
import { minute } from '../../src/clock.ts';
import { quickHash } from '../quick-hash.ts';
import { type Answer, codeAt, inWorld, makePerson, secretOf, type World } from '../server.ts';
import { dump } from '../tables.ts';
import { assertProblem, assertRefused, enable, inStep, tokenOf, tryToSignIn } from './steps.ts';

const password = 'quite another long password';

/** A fresh link: its path and its token. */
async function newLink(world: World): Promise<{ path: string; token: string }> {
  const link = await world.server.service.setup.makeLink();
  const url = new URL(link ?? assert.fail('no link was made'));
  assert.equal(url.origin, 'http://localhost:8000');
  return { path: url.pathname + url.search, token: url.searchParams.get('token') ?? '' };
}

const send = (world: World, token: string, given: { name?: string; password?: string } = {}): Promise<Answer> =>
  world.call('POST', '/setup', { form: { token, name: 'root', password, ...given } });

const administrators = (world: World): number =>
  (dump(world)['users'] ?? []).filter((row) => row['administrator'] === 1).length;

test('a link makes the first administrator, and then the page is gone', () =>
  inWorld(async (world) => {
    const { path, token } = await newLink(world);
    const page = await world.call('GET', path);
    assert.deepEqual([page.status, page.headers['content-type']], [200, 'text/html; charset=utf-8']);
    assert.equal(page.headers['referrer-policy'], 'strict-origin');
    const done = await send(world, token);
    assert.equal(done.status, 200);
    assert.match(done.text, /Next you set up a second factor: an authenticator app or a passkey\./);
    assert.equal(administrators(world), 1);
    for (const answer of [await world.call('GET', path), await world.call('GET', '/setup'), await send(world, token)])
      assert.equal(answer.status, 404);
    assert.equal(administrators(world), 1);
    assert.equal(await world.server.service.setup.makeLink(), undefined);
  }));

test('the first administrator does the walk from there', () =>
  inWorld(async (world) => {
    await send(world, (await newLink(world)).token, { name: 'Root' });
    const root = { basic: `root:${password}` };
    const first = await tryToSignIn(world, root);
    assert.deepEqual([first.body.status, first.body.enrolling], [0, true]);
    await enable(world, first.body.token);
    const otp = codeAt(await secretOf(world, first.body.token), world.now());
    const token = await tokenOf(world, root, { otp });
    assert.equal((await world.call('GET', '/users', { token })).status, 200);
  }));

test('opening a link never spends it, by GET or HEAD', () =>
  inWorld(async (world) => {
    const { path, token } = await newLink(world);
    for (const method of ['GET', 'HEAD', 'GET', 'HEAD'] as const)
      assert.equal((await world.call(method, path)).status, 200);
    assert.equal((await send(world, token)).status, 200);
  }));

test('a link is good for 30 minutes', () =>
  inWorld(async (world) => {
    const { path, token } = await newLink(world);
    world.turn(30 * minute - 1);
    assert.equal((await world.call('GET', path)).status, 200);
    world.turn(1);
    assert.equal((await world.call('GET', path)).status, 404);
    assert.equal((await send(world, token)).status, 404);
    assert.equal(administrators(world), 0);
  }));

test('a new link voids the last one', () =>
  inWorld(async (world) => {
    const old = await newLink(world);
    const fresh = await newLink(world);
    assert.equal((await world.call('GET', old.path)).status, 404);
    assert.equal((await send(world, old.token)).status, 404);
    assert.equal((await send(world, fresh.token)).status, 200);
  }));

test('of twenty who use one link at once, one becomes administrator', () =>
  inWorld(
    async (world) => {
      const { token } = await newLink(world);
      const names = Array.from({ length: 20 }, (_, index) => `root${index}`);
      const requests = names.map((name) => () => send(world, token, { name }));
      const answers = await inStep(world, 1, requests);
      assert.equal(answers.filter(({ status }) => status === 200).length, 1);
      assert.equal(answers.filter(({ status }) => status === 404).length, 19);
      assert.equal(dump(world)['users']?.length, 1);
      assert.equal(administrators(world), 1);
    },
    {},
    { argon2: quickHash },
  ));

test('a form from elsewhere is refused, and spends nothing', () =>
  inWorld(async (world) => {
    const { token } = await newLink(world);
    const payload = new URLSearchParams({ token, name: 'mallory', password }).toString();
    const type = { 'content-type': 'application/x-www-form-urlencoded' };
    const elsewhere: Record<string, string>[] = [
      {},
      { 'sec-fetch-site': 'cross-site' },
      { 'sec-fetch-site': 'same-site' },
      { 'sec-fetch-site': 'cross-site', origin: 'http://localhost:8000' },
      { origin: 'https://evil.example' },
      { origin: 'null' },
      { origin: 'http://localhost:8001' },
    ];
    for (const headers of elsewhere) {
      const answer = await world.call('POST', '/setup', { payload, headers: { ...type, ...headers } });
      assertProblem(answer, 403, 'forbidden');
    }
    assert.equal(administrators(world), 0);
    const ours = { ...type, origin: 'http://localhost:8000' };
    assert.equal((await world.call('POST', '/setup', { payload, headers: ours })).status, 200);
  }));

test('what is to be mended is said, and the link stays good', () =>
  inWorld(async (world) => {
    await makePerson(world);
    const { token } = await newLink(world);
    const wrong = [
      [{ password: 'kq7 vx2' }, 422],
      [{ password: 'countersign countersign' }, 422],
      [{ name: 'not a name' }, 422],
      [{ name: 'alice' }, 409],
    ] as const;
    for (const [given, status] of wrong) {
      const answer = await send(world, token, given);
      assert.deepEqual([answer.status, answer.headers['content-type']], [status, 'text/html; charset=utf-8']);
      if ('password' in given) assert.equal(answer.text.includes(given.password), false);
    }
    assert.equal(administrators(world), 0);
    assert.equal((await send(world, token)).status, 200);
  }));

test('a wrong or missing token is 404, and stores nothing', () =>
  inWorld(async (world) => {
    await newLink(world);
    assert.equal((await world.call('GET', '/setup')).status, 404);
    assert.equal((await world.call('GET', '/setup?token=')).status, 404);
    assert.equal((await world.call('GET', '/setup?token=csl_nonsense')).status, 404);
    assert.equal((await send(world, 'csl_nonsense')).status, 404);
    assert.equal(administrators(world), 0);
  }));

test('what is left of a link in database and log opens nothing', () =>
  inWorld(async (world) => {
    const { path, token } = await newLink(world);
    await world.call('GET', path);
    assert.equal(world.log().includes(token), false);
    const stored = JSON.stringify(dump(world)['setup_links'], (_, value: unknown) =>
      value instanceof Uint8Array ? Buffer.from(value).toString('latin1') : value,
    );
    assert.equal(stored.includes(token), false);
  }));

test('a service with an administrator has no set-up page, even while he is disabled', () =>
  inWorld(async (world) => {
    const { path } = await newLink(world);
    const root = await makePerson(world, 'root', true);
    assert.equal((await world.call('GET', path)).status, 404);
    await world.server.service.admin.change('operator', root.id, { disabled: true });
    assertRefused(await tryToSignIn(world, root), 401, 3);
    assert.equal((await world.call('GET', path)).status, 404);
    assert.equal(await world.server.service.setup.makeLink(), undefined);
  }));
