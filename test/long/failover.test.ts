/** The primary is lost and a standby promoted, by real streaming replication: nothing acknowledged is lost, and all goes on. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { sql } from 'kysely';
import pg from 'pg';
import { openDatabase } from '../../src/database/database.ts';
import { makeFolder, own } from '../databases/binaries.ts';
import { type Cluster, makeCluster } from '../databases/cluster.ts';
import { ask, underLoad } from '../databases/load.ts';
import { endless } from '../endless.ts';
import { lookAt } from '../faults/look.ts';
import { quickHash } from '../quick-hash.ts';
import { makeWorld, type World } from '../server.ts';

const cli = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url));

/** A standby of a server that runs: a copy of its folder, made between the beginning and the end of a backup. */
async function makeStandby(primary: Cluster): Promise<Cluster> {
  const client = new pg.Client({ connectionString: primary.url('postgres') });
  await client.connect();
  const data = join(makeFolder(), 'data');
  try {
    // The backup ends with the connection that has begun it.
    await client.query("select pg_backup_start('standby', true)");
    const left = /\/(postmaster\.pid|postmaster\.opts|pg_wal\/.+|pg_replslot\/.+)$/;
    cpSync(primary.data, data, { recursive: true, filter: (path) => !left.test(path) });
    const { rows } = await client.query<{ labelfile: string }>('select labelfile from pg_backup_stop(false)');
    writeFileSync(join(data, 'backup_label'), rows[0]?.labelfile ?? '');
  } finally {
    await client.end();
  }
  writeFileSync(join(data, 'standby.signal'), '');
  own(data, 'with all in it');
  const standby = await makeCluster(
    {
      hot_standby: 'on',
      primary_conninfo: `host=127.0.0.1 port=${primary.port} user=postgres application_name=standby`,
      synchronous_standby_names: '',
    },
    data,
  );
  await standby.start();
  return standby;
}

async function inCluster(story: (primary: Cluster, standby: Cluster) => Promise<void>): Promise<void> {
  const primary = await makeCluster({ wal_keep_size: '256MB' });
  let standby: Cluster | undefined;
  try {
    await primary.start();
    await primary.query('create database service');
    standby = await makeStandby(primary);
    await primary.query("alter system set synchronous_standby_names = '*'");
    await primary.query('select pg_reload_conf()');
    const state = 'select sync_state from pg_stat_replication';
    for (const over = AbortSignal.timeout(30_000); (await following(primary, state)) !== 'sync'; await sleep(50))
      over.throwIfAborted();
    await story(primary, standby);
  } finally {
    await primary.remove();
    await standby?.remove();
  }
}

async function following(primary: Cluster, state: string): Promise<string | undefined> {
  return (await primary.query<{ sync_state: string }>(state))[0]?.sync_state;
}

const both = (primary: Cluster, standby: Cluster): string =>
  `postgres://postgres@127.0.0.1:${primary.port},127.0.0.1:${standby.port}/service`;

async function withTwo(databaseUrl: string, story: (one: World, two: World) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'countersign-failover-'));
  const keyFile = join(folder, 'keys');
  writeFileSync(keyFile, `one ${Buffer.alloc(32, 7).toString('base64')}\n`, { mode: 0o600 });
  const options = { databaseUrl, keyFile };
  const parts = { limits: endless, argon2: quickHash };
  const one = await makeWorld(options, parts);
  const two = await makeWorld(options, parts);
  try {
    await story(one, two);
    await lookAt({ ...options, data: join(folder, 'data') });
  } finally {
    await one.close();
    await two.close();
    rmSync(folder, { recursive: true });
  }
}

const untilReadyIs = async (world: World, status: 200 | 503): Promise<void> => {
  for (
    const over = AbortSignal.timeout(30_000);
    (await ask(world, 'GET', '/readyz')).status !== status;
    await sleep(50)
  )
    over.throwIfAborted();
};

// Each of these waits most of the time, and has servers of its own.
describe('when the server is lost', { concurrency: true }, () => {
  test('the primary is killed under load and its standby promoted: nothing acknowledged is lost, no code is good twice', () =>
    inCluster(async (primary, standby) => {
      await withTwo(both(primary, standby), async (one, two) => {
        await underLoad([one, two], 6, async ({ done }) => {
          while (done() < 100) await sleep(20);
          await primary.stop('SIGKILL');
          await untilReadyIs(one, 503);
          await untilReadyIs(two, 503);
          const told = await ask(one, 'GET', '/whoami', { token: `csn_${'x'.repeat(43)}` });
          assert.deepEqual([told.status, told.body.code], [503, 'unavailable']);
          assert.match(one.log(), /No server of --database-url [^(]*\(COUNTERSIGN_DATABASE_URL\) is the primary now/);
          await standby.query('select pg_promote()');
          await untilReadyIs(one, 200);
          await untilReadyIs(two, 200);
          const before = done();
          while (done() < before + 50) await sleep(20);

          // The old one comes back, and nobody has told it that it is the primary no more. Then the new one is away.
          await primary.start();
          await primary.query('alter system reset synchronous_standby_names');
          await primary.query('select pg_reload_conf()');
          const newest = 'select max(sequence) from audit';
          const past = await primary.query(newest, [], 'service');
          await standby.stop('SIGKILL');
          await untilReadyIs(one, 503);
          await sleep(2000);
          assert.equal((await ask(one, 'GET', '/readyz')).status, 503);
          await ask(one, 'GET', '/whoami', { token: `csn_${'x'.repeat(43)}` });
          assert.match(one.log(), /was the primary before another one took over/);
          assert.deepEqual(await primary.query(newest, [], 'service'), past, 'the old one is asked nothing');
          await standby.start();
          await untilReadyIs(one, 200);
          await untilReadyIs(two, 200);
          const after = done();
          while (done() < after + 50) await sleep(20);
        });
      });
    }));

  test('while the standby is away nothing is acknowledged, not even when somebody cuts the wait for it short', () =>
    inCluster(async (primary, standby) => {
      const database = await openDatabase({ url: both(primary, standby) });
      try {
        await standby.stop('SIGINT');
        let runs = 0;
        const waiting = database.transaction(async (tx) => {
          runs += 1;
          await sql`create table acknowledged (text text)`.execute(tx);
        });
        const refused = assert.rejects(waiting, {
          name: 'DatabaseUnavailable',
          message: /wait of PostgreSQL for its standby was cut short/,
        });
        const waits = "select pid from pg_stat_activity where wait_event = 'SyncRep'";
        let pid: number | undefined;
        for (; pid === undefined; await sleep(20)) pid = (await primary.query<{ pid: number }>(waits))[0]?.pid;
        await primary.query('select pg_cancel_backend($1)', [pid]);
        await refused;
        assert.equal(runs, 1);
        // Nobody cuts it short: then it is given up in some seconds, and is as little acknowledged.
        await assert.rejects(
          database.transaction(async (tx) => {
            runs += 1;
            await sql`create table acknowledged_2 (text text)`.execute(tx);
          }),
          { name: 'DatabaseUnavailable' },
        );
        assert.equal(runs, 2);
        await standby.start();
        for (let ok = false; !ok; await sleep(50))
          ok = await database
            .transaction((tx) => sql`select 1`.execute(tx))
            .then(() => true)
            .catch(() => false);
      } finally {
        await database.close();
      }
    }));

  test('a server that goes silent is given up in seconds, and is used again when it speaks', async () => {
    const cluster = await makeCluster();
    try {
      await cluster.start();
      await cluster.query('create database service');
      await withTwo(cluster.url('service'), async (one) => {
        const pids = await cluster.query<{ pid: number }>("select pid from pg_stat_activity where datname = 'service'");
        for (const { pid } of pids) process.kill(pid, 'SIGSTOP');
        const began = performance.now();
        const asked = await Promise.all([
          ...Array.from({ length: 15 }, () => ask(one, 'GET', '/whoami', { token: `csn_${'x'.repeat(43)}` })),
          ...Array.from({ length: 5 }, () => ask(one, 'POST', '/auth/credentials', { basic: 'nobody:whatever it is' })),
          ask(one, 'GET', '/readyz'),
        ]);
        const took = performance.now() - began;
        for (const { status } of asked) assert.ok([401, 503].includes(status), `${status}`);
        assert.ok(took < 45_000, `${took} ms`);
        for (const { pid } of pids) process.kill(pid, 'SIGCONT');
        await untilReadyIs(one, 200);
      });
    } finally {
      await cluster.remove();
    }
  });

  test('a start gives up after half a minute, in a sentence that says what to do and no password', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'countersign-failover-'));
    const keyFile = join(folder, 'keys');
    writeFileSync(keyFile, `one ${Buffer.alloc(32, 7).toString('base64')}\n`, { mode: 0o600 });
    const env = { ...process.env, COUNTERSIGN_DATABASE_URL: 'postgres://people:sesame@127.0.0.1:1/service' };
    const began = performance.now();
    const child = spawn(process.execPath, [cli, 'serve', '--port', '0', '--key-file', keyFile], { env });
    let said = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (said += chunk));
    const [code] = await once(child, 'exit');
    rmSync(folder, { recursive: true });
    assert.equal(code, 1);
    assert.match(said, /PostgreSQL cannot be reached \(connect ECONNREFUSED 127\.0\.0\.1:1\)\. See that it runs/);
    assert.doesNotMatch(said, /sesame|at .*\.ts:/);
    assert.ok(performance.now() - began > 25_000);
  });
});
