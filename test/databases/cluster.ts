import { type ChildProcess, execFileSync, fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { binary, identity, makeFolder, own } from './binaries.ts';
import type { Told } from './keeper.ts';

/** A PostgreSQL server of our own: real, from an npm package, in a folder that goes with it. */
export interface Cluster {
  port: number;
  /** Its data folder. */
  data: string;
  /** The address of one of its databases, as `COUNTERSIGN_DATABASE_URL` takes it. */
  url(database: string): string;
  /** Runs one statement in a database, or in `postgres`. */
  query<Row extends object>(sql: string, values?: unknown[], database?: string): Promise<Row[]>;
  start(): Promise<void>;
  /** Stops it: `SIGINT` cuts connections off, `SIGQUIT` does so without tidying up, `SIGKILL` is a crash. */
  stop(signal?: 'SIGINT' | 'SIGQUIT' | 'SIGKILL'): Promise<void>;
  /** Stops it and deletes its folder. */
  remove(): Promise<void>;
}

/** Makes a server that has not been started; of the data folder `from` where one is given, which somebody has filled. */
export async function makeCluster(settings: Record<string, string> = {}, from?: string): Promise<Cluster> {
  const folder = from ? dirname(from) : makeFolder();
  const data = from ?? join(folder, 'data');
  if (!from) {
    await mkdir(data, { mode: 0o700 });
    own(data);
    execFileSync(
      await binary('initdb'),
      ['-D', data, '-U', 'postgres', '-A', 'trust', '-E', 'UTF8', '--no-instructions', ...locale],
      { ...identity(), stdio: 'ignore' },
    );
  }
  const port = await freePort();
  let server: ChildProcess | undefined;
  const cluster: Cluster = {
    port,
    data,
    url: (database) => `postgres://postgres@127.0.0.1:${port}/${database}`,
    async query<Row extends object>(sql: string, values: unknown[] = [], database = 'postgres') {
      const client = new pg.Client({ connectionString: cluster.url(database) });
      await client.connect();
      try {
        return (await client.query<Row>(sql, values)).rows;
      } finally {
        await client.end();
      }
    },
    async start() {
      const all = { ...usual, ...settings, port: String(port) };
      const flags = Object.entries(all).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
      for (const over = AbortSignal.timeout(30_000); ; ) {
        const started = spawn(await binary('postgres'), ['-D', data, ...flags], { ...identity(), stdio: 'ignore' });
        server = started;
        running.add(started);
        for (const end of ['exit', 'error']) started.once(end, () => running.delete(started));
        tellKeeper({ folder, pid: started.pid });
        // After a crash, processes of the one before may be about to end still, and then it does not start.
        if (await answers(cluster, started, over)) return;
        if (over.aborted) throw new Error('PostgreSQL does not start');
        await sleep(50);
      }
    },
    async stop(signal = 'SIGINT') {
      if (!server || hasEnded(server)) return;
      server.kill(signal);
      await once(server, 'exit');
    },
    async remove() {
      await cluster.stop('SIGQUIT');
      await rm(folder, { recursive: true, force: true });
      tellKeeper({ folder, pid: undefined });
    },
  };
  return cluster;
}

let keeper: ChildProcess | undefined;

function tellKeeper(told: Told): void {
  // In a group of its own, so that what ends all of this one leaves it.
  keeper ??= fork(new URL('keeper.ts', import.meta.url), {
    detached: true,
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    execArgv: [],
  });
  keeper.send(told);
  keeper.unref();
  keeper.channel?.unref();
}

/** Of PostgreSQL itself, whatever the machine knows. */
const locale = ['--locale-provider=builtin', '--builtin-locale=C.UTF-8', '--locale=C'];

const usual = {
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  max_connections: '200',
  shared_buffers: '64MB',
  max_wal_size: '512MB',
  jit: 'off',
  timezone: 'UTC',
};

const running = new Set<ChildProcess>();

const hasEnded = ({ exitCode, signalCode }: ChildProcess): boolean => exitCode !== null || signalCode !== null;

/** Whether it answers; false when it has ended, or time is over, before it did. */
async function answers(cluster: Cluster, server: ChildProcess, over: AbortSignal): Promise<boolean> {
  while (running.has(server) && !over.aborted) {
    try {
      await cluster.query('select 1');
      return true;
    } catch {
      await sleep(20);
    }
  }
  return false;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  return typeof address === 'object' && address ? address.port : 0;
}
