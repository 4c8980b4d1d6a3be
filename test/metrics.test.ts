/** What an operator sees live moves by what was done, on both databases; docs/how-to/metrics.md says what each figure is. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as turnOfLoop } from 'node:timers/promises';
import { figuresOf, metricsOf, moves, withMetrics } from './metrics.ts';
import { makePersonWithPasskey, signInWithPasskey } from './passkeys.ts';
import { quickHash } from './quick-hash.ts';
import { inWorld, makePerson, makePersonWithCode, signIn, type World, wrongCode } from './server.ts';
import { givePassword } from './stories/in-a-browser.ts';
import { usePasskey } from './stories/passkey-form.ts';
import { assertRefused, tryToSignIn, watchArgon2 } from './stories/steps.ts';
import { visit } from './visitor.ts';

const inMeasured = (story: (world: World) => Promise<void>): Promise<void> =>
  inWorld(story, withMetrics, { argon2: quickHash });

const results = [
  'signed_in',
  'otp_required',
  'wrong_credentials',
  'wrong_otp',
  'wrong_passkey',
  'too_many_tries',
  'busy',
];
const signIns = results.map((result) => `countersign_sign_ins_total{result="${result}"}`);
const requests = ['2xx', '3xx', '4xx', '5xx'].map((status) => `countersign_requests_total{status="${status}"}`);
const hashes = 'countersign_hash_duration_seconds_count';
const checks = 'countersign_check_duration_seconds_count';
const reads = 'countersign_read_duration_seconds_count';

test('each sign-in is counted by its result, each answer by its status, and each hash', () =>
  inMeasured(async (world) => {
    const alice = await makePerson(world);
    const bob = await makePersonWithCode(world);
    const { device } = await makePersonWithPasskey(world);
    const otp = wrongCode(world, bob.secret ?? Buffer.of());
    const moved = await moves(world, [...signIns, ...requests, hashes], async () => {
      await signIn(world, alice);
      await signIn(world, bob);
      assert.equal((await signInWithPasskey(world, device)).status, 200);
      assert.equal((await signInWithPasskey(world, device, { flags: { uv: false } })).status, 401);
      assertRefused(await tryToSignIn(world, bob), 401, 1);
      for (let index = 0; index < 2; index += 1) assertRefused(await tryToSignIn(world, bob, { otp }), 401, 2);
      for (let index = 0; index < 5; index += 1)
        assertRefused(await tryToSignIn(world, { basic: 'alice:wrong' }), 401, 3);
      assertRefused(await tryToSignIn(world, { basic: 'alice:wrong' }), 429, 4);
      assert.equal((await world.call('GET', '/account')).status, 303);
    });
    assert.deepEqual(moved, [...[3, 1, 5, 2, 1, 1, 0], ...[5, 1, 10, 0], 10]);
  }));

test('on the pages a passkey is counted like this too, alone and after the password', () =>
  inMeasured(async (world) => {
    const carol = await makePersonWithPasskey(world);
    const wrong = { flags: { uv: false } };
    const moved = await moves(world, signIns, async () => {
      const visitor = await usePasskey(await visit(world).open('/sign-in'), carol.device, { wrong });
      await usePasskey(visitor, carol.device);
      assert.equal(visitor.path, '/account');
    });
    assert.deepEqual(moved, [1, 0, 0, 0, 1, 0, 0]);
    const more = await moves(world, signIns, async () => {
      const visitor = await givePassword(visit(world), carol);
      await usePasskey(visitor, carol.device, { wrong });
      await usePasskey(visitor, carol.device);
      assert.equal(visitor.path, '/account');
    });
    assert.deepEqual(more, [1, 1, 0, 0, 1, 0, 0]);
  }));

test('each request with the token of a session is a check, whether there is one or not, and reads', () =>
  inMeasured(async (world) => {
    const token = await signIn(world, await makePerson(world));
    const [checked, answered, read = 0] = await moves(world, [checks, ...requests.slice(0, 1), reads], async () => {
      for (let index = 0; index < 3; index += 1)
        assert.equal((await world.call('GET', '/whoami', { token })).status, 200);
      assert.equal((await world.call('GET', '/whoami', { token: `${token}x` })).status, 401);
      assert.ok(await world.server.sessions.find(token), 'by a program around it');
      assert.equal((await world.call('GET', '/healthz')).status, 200);
    });
    assert.deepEqual([checked, answered], [5, 4]);
    assert.ok(read >= 5, `${read} reads`);
  }));

test('who waits for a hash is seen while he waits, and who is turned away is counted', async () => {
  const watched = watchArgon2();
  await inWorld(
    async (world) => {
      const live = ['countersign_hashes_running', 'countersign_hashes_waiting'];
      const counted = ['countersign_hashes_refused_total', 'countersign_hash_wait_seconds_count', hashes];
      const now = async (): Promise<unknown[]> => {
        const figures = await figuresOf(world);
        return [...live, ...counted].map((name) => figures.get(name));
      };
      const held = watched.holdNext();
      const running = tryToSignIn(world, { basic: 'one:x' }, undefined, '10.0.0.1');
      await held.begun;
      const waiting = tryToSignIn(world, { basic: 'two:x' }, undefined, '10.0.0.2');
      while (world.server.service.passwords.load().waiting === 0) await turnOfLoop();
      assert.deepEqual(await now(), [1, 1, 0, 1, 0]);
      const [busy] = await moves(world, signIns.slice(-1), async () =>
        assertRefused(await tryToSignIn(world, { basic: 'three:x' }, undefined, '10.0.0.3'), 503, 5),
      );
      assert.deepEqual([busy, ...(await now())], [1, 1, 1, 1, 1, 0]);
      held.release();
      await Promise.all([running, waiting]);
      assert.deepEqual(await now(), [0, 0, 1, 2, 2]);
    },
    { ...withMetrics, hashConcurrency: 1, hashQueue: 1 },
    { argon2: watched.argon2 },
  );
});

test('a transaction that waits for its turn is seen while it waits, and how long it takes once it is over', () =>
  inMeasured(async (world) => {
    const { database } = world.server.service;
    const names = ['s_waiting', '_wait_seconds_count', '_duration_seconds_count', 's_failed_total'];
    const before = await figuresOf(world);
    const since = async (): Promise<number[]> => {
      const after = await figuresOf(world);
      return names
        .map((name) => `countersign_transaction${name}`)
        .map((name) => (after.get(name) ?? -1) - (before.get(name) ?? 0));
    };
    let release = (): void => undefined;
    const held = new Promise<void>((resolve) => (release = resolve));
    let begun = (): void => undefined;
    const hasTurn = new Promise<void>((resolve) => (begun = resolve));
    const first = database.transaction(async () => {
      begun();
      await held;
    });
    await hasTurn;
    assert.deepEqual(await since(), [0, 1, 0, 0]);
    const second = database.transaction(async () => {
      throw new Error('undone by whoever asked for it');
    });
    await turnOfLoop();
    assert.deepEqual(await since(), [1, 1, 0, 0]);
    release();
    await first;
    await assert.rejects(second, /undone/);
    assert.deepEqual(await since(), [0, 2, 2, 0]);
  }));

test('how late the main thread is, and how busy, has figures from the start', () =>
  inMeasured(async (world) => {
    const figures = await figuresOf(world);
    for (const name of ['delay_seconds_count', 'delay_seconds_bucket{le="0.25"}', 'busy_seconds_total'])
      assert.ok((figures.get(`countersign_event_loop_${name}`) ?? -1) >= 0, name);
  }));

test('no name, address, token or id is on the page, whoever was there; labels are few and fixed', () =>
  inMeasured(async (world) => {
    const bob = await makePersonWithCode(world, 'bob-with-a-long-name');
    const token = await signIn(world, bob);
    await world.call('GET', `/users/${bob.id}`, { token, from: '203.0.113.77' });
    await tryToSignIn(world, { basic: 'stranger-of-no-account:x' }, undefined, '203.0.113.78');
    const page = await metricsOf(world);
    for (const text of [bob.name, bob.id, token, 'stranger-of', '203.0.113', world.folder, '/users'])
      assert.ok(!page.includes(text), text);
    const labels = new Set([...page.matchAll(/[{,](\w+)="([^"]*)"/g)].map(([, name, value]) => `${name} ${value}`));
    const fixed = [...signIns, ...requests].map((name) => /\{(\w+)="(\w+)"\}/.exec(name)?.slice(1).join(' ') ?? '');
    assert.deepEqual([...labels].filter((each) => !each.startsWith('le ')).sort(), fixed.sort());
  }));
