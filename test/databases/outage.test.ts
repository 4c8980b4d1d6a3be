/** A server of PostgreSQL of our own: reached by TLS and with a password, killed under load, full of refusals, and back. */
import assert from 'node:assert/strict';
import { chmod, chown, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { hour } from '../../src/clock.ts';
import { openDatabase } from '../../src/database/database.ts';
import type { Answer } from '../call.ts';
import { makeCertificate } from '../certificate.ts';
import { endless } from '../endless.ts';
import { lookAt } from '../faults/look.ts';
import { quickHash } from '../quick-hash.ts';
import { freshCode, makePersonWithCode, makeWorld, type World } from '../server.ts';
import { identity } from './binaries.ts';
import { type Cluster, makeCluster } from './cluster.ts';
import { ask, underLoad } from './load.ts';

let cluster: Cluster;
let folder: string;
const files = () => ({ ours: join(folder, 'ours.pem'), other: join(folder, 'other.pem') });

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'countersign-outage-'));
  const { cert, key } = makeCertificate();
  await writeFile(files().ours, cert);
  await writeFile(files().other, makeCertificate().cert);
  cluster = await makeCluster({ ssl: 'on', deadlock_timeout: '100ms' });
  await writeFile(join(cluster.data, 'server.crt'), cert);
  const keyFile = join(cluster.data, 'server.key');
  await writeFile(keyFile, key);
  await chmod(keyFile, 0o600);
  const user = identity();
  if (user) await chown(keyFile, user.uid, user.gid);
  await writeFile(
    join(cluster.data, 'pg_hba.conf'),
    'hostssl all people 127.0.0.1/32 scram-sha-256\nhost all postgres 127.0.0.1/32 trust\n',
  );
  await cluster.start();
  await cluster.query("set password_encryption = 'scram-sha-256'; create role people login password 'se same@#'");
  await cluster.query('create database people owner people');
  await cluster.query('create database service');
});

after(async () => {
  await cluster.remove();
  await rm(folder, { recursive: true, force: true });
});

test('over TLS the server proves who it is, and takes a password that it has never stored', async () => {
  const address = (host: string, password: string, more = '') =>
    `postgres://people${password}@${host}:${cluster.port}/people?sslmode=verify-full${more}`;
  const opens = async (url: string): Promise<void> => (await openDatabase({ url })).close();
  const right = ':se%20same%40%23';
  const ours = `&sslrootcert=${files().ours}`;
  await opens(address('localhost', right, ours));
  const refusals: Record<string, RegExp> = {
    [address('127.0.0.1', right, ours)]: /certificate of PostgreSQL is not to be trusted.*127\.0\.0\.1/,
    [address('localhost', right, `&sslrootcert=${files().other}`)]: /certificate of PostgreSQL is not to be trusted/,
    [address('localhost', right)]: /certificate of PostgreSQL is not to be trusted/,
    [address('localhost', ':wrong', ours)]: /does not let this user in \(password authentication failed/,
    [address('localhost', '', ours)]: /asks for another password/,
    [`postgres://people${right}@localhost:${cluster.port}/people`]: /does not let this user in \(no pg_hba\.conf entry/,
    [`postgres://postgres@localhost:${cluster.port}/nowhere`]: /There is no such database.*Make it/,
  };
  for (const [url, why] of Object.entries(refusals)) {
    await assert.rejects(opens(url), ({ name, message }: Error) => {
      assert.equal(name, 'DatabaseUnavailable');
      assert.match(message, why);
      assert.doesNotMatch(message, /same/);
      return true;
    });
  }
});

let later = 0;

/** Two instances, whose clocks are on from test to test: they share one database. */
const inTwo = async (story: (one: World, two: World) => Promise<void>): Promise<void> => {
  const options = { databaseUrl: cluster.url('service'), keyFile: join(folder, 'keys') };
  const parts = { limits: endless, argon2: quickHash };
  const key = `one ${Buffer.alloc(32, 7).toString('base64')}\n`;
  await writeFile(options.keyFile, key, { mode: 0o600 });
  const worlds = [await makeWorld(options, parts), await makeWorld(options, parts)] as const;
  later += hour;
  for (const world of worlds) world.turn(later);
  try {
    await story(...worlds);
    await lookAt({ ...options, data: join(folder, 'data') });
  } finally {
    for (const world of worlds) await world.close();
  }
};

const ready = async (world: World): Promise<Answer> => ask(world, 'GET', '/readyz');
/** Each process of the server learns of its settings in its own time, and a readiness is good for some seconds. */
const untilNotReady = async (world: World, why: RegExp): Promise<void> => {
  await sleep(300);
  for (const over = AbortSignal.timeout(20_000); ; await sleep(50)) {
    const { status, body } = await ready(world);
    if (status === 503) return assert.match(body.detail, why);
    over.throwIfAborted();
  }
};
const untilReady = async (world: World): Promise<void> => {
  for (const over = AbortSignal.timeout(20_000); (await ready(world)).status !== 200; await sleep(50))
    over.throwIfAborted();
};

test('a server that is killed and started again under load: 503 meanwhile, then all goes on, and nothing is lost', () =>
  inTwo((one, two) =>
    underLoad([one, two], 6, async ({ done }) => {
      while (done() < 20) await sleep(10);
      assert.equal((await ready(one)).status, 200);
      await cluster.stop('SIGKILL');
      // Whoever reads is told at once; whoever writes, or starts, waits some seconds first.
      const waiting = ask(one, 'POST', '/auth/credentials', { basic: 'nobody:whatever it may be' });
      const late = openDatabase({ url: cluster.url('service') });
      for (const world of [one, two]) {
        const { status, body } = await ready(world);
        assert.deepEqual([status, body.detail], [503, 'The database does not answer.']);
        assert.equal((await ask(world, 'GET', '/healthz')).status, 200);
        const told = await ask(world, 'GET', '/whoami', { token: `csn_${'x'.repeat(43)}` });
        assert.deepEqual([told.status, told.body.code], [503, 'unavailable']);
        assert.match(world.log(), /PostgreSQL cannot be reached \(connect ECONNREFUSED[^)]*\)\. See that it runs/);
      }
      await cluster.start();
      await (await late).close();
      const { status } = await waiting;
      assert.ok([401, 503].includes(status), `${status}`);
      await untilReady(one);
      await untilReady(two);
      const before = done();
      while (done() < before + 20) await sleep(10);
    }),
  ));

test('whoever reads and cannot write is not ready; no code is taken, and it is good when that is over', () =>
  inTwo(async (one, two) => {
    const bob = await makePersonWithCode(one, 'bob-reads');
    const code = freshCode(one, bob.secret ?? Buffer.of());
    two.turn(one.now() - two.now());
    const signIn = (world: World) => ask(world, 'POST', '/auth/credentials', { basic: bob.basic, body: { otp: code } });
    await cluster.query('alter system set default_transaction_read_only = on');
    await cluster.query('select pg_reload_conf()');
    await untilNotReady(one, /keeps nothing that is written to it|does not answer/);
    const refused = await Promise.all([one, two].map(signIn));
    assert.deepEqual(
      refused.map(({ status, body }) => [status, body.code]),
      [
        [503, 'unavailable'],
        [503, 'unavailable'],
      ],
    );
    assert.match(one.log(), /PostgreSQL is read-only/);
    await cluster.query('alter system reset default_transaction_read_only');
    await cluster.query('select pg_reload_conf()');
    await untilReady(one);
    await untilReady(two);
    assert.deepEqual([(await signIn(two)).status, (await signIn(one)).status], [200, 401]);
  }));

test('a server that is told to forget what it acknowledged gets no more to keep', () =>
  inTwo(async (one) => {
    await cluster.query('alter system set fsync = off');
    await cluster.query('select pg_reload_conf()');
    await untilNotReady(one, /keeps nothing that is written to it/);
    assert.match(one.log(), /may lose what it acknowledges: switch fsync/);
    await assert.rejects(openDatabase({ url: cluster.url('service') }), /may lose what it acknowledges/);
    await cluster.query('alter system reset fsync');
    await cluster.query('select pg_reload_conf()');
    await untilReady(one);
  }));
