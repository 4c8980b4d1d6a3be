import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import type { Parts } from '../../src/service.ts';
import { newId } from '../../src/tokens.ts';
import { command, type Outcome } from '../command.ts';
import { quickHash } from '../quick-hash.ts';
import { makeWorld, type World } from '../server.ts';
import { freshDatabase, serverVariable } from './fresh.ts';

/** A service that keeps a mark, and whose database is copied and put back as an operator does it: without its help. */
export interface House {
  world: World;
  markFile: string;
  /** What the mark file says. */
  mark(): Promise<{ generation: string; sequence: number; row: string; renewed_at: string; key: string; mac: string }>;
  setMark(mark: object): Promise<void>;
  /** Stops the service, copies its database, and starts it again; what is answered puts the copy back, and starts nothing. */
  copy(): Promise<() => Promise<void>>;
}

export const kinds = ['SQLite', 'PostgreSQL'] as const;

/** Runs a story with a service on a database of this kind. */
export async function inHouse(
  kind: (typeof kinds)[number],
  story: (house: House) => Promise<void>,
  parts: Parts = {},
): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'countersign-mark-'));
  const fresh = kind === 'PostgreSQL' ? await freshDatabase() : undefined;
  const markFile = join(folder, 'mark', 'countersign.mark');
  try {
    const world = await makeWorld({ databaseUrl: fresh?.url ?? '', markFile }, { argon2: quickHash, ...parts });
    try {
      await story({
        world,
        markFile,
        mark: async () => JSON.parse(await readFile(markFile, 'utf8')),
        setMark: (mark) => writeFile(markFile, JSON.stringify(mark)),
        copy: async () => {
          await world.server.close();
          const putBack = fresh ? await copyDatabase(fresh.name) : await copyFolder(world, join(folder, newId()));
          await world.restart();
          return async () => {
            await world.server.close();
            await putBack();
          };
        },
      });
    } finally {
      await world.close();
    }
  } finally {
    await fresh?.drop();
    await rm(folder, { recursive: true, force: true });
  }
}

async function copyFolder({ folder }: World, copy: string): Promise<() => Promise<void>> {
  const data = join(folder, 'data');
  await cp(data, copy, { recursive: true });
  return async () => {
    await rm(data, { recursive: true });
    await cp(copy, data, { recursive: true });
  };
}

async function copyDatabase(name: string): Promise<() => Promise<void>> {
  const copy = `${name}_${newId().slice(0, 8).toLowerCase().replace(/\W/g, '_')}`;
  const make = (made: string, from: string): string => `create database ${made} template ${from} strategy file_copy`;
  // Whoever has looked at it from elsewhere in the test.
  const leave = `select pg_terminate_backend(pid) from pg_stat_activity where datname = '${name}'`;
  await onServer([leave, make(copy, name)]);
  return () => onServer([`drop database ${name} with (force)`, make(name, copy), `drop database ${copy}`]);
}

async function onServer(statements: readonly string[]): Promise<void> {
  const client = new pg.Client({ connectionString: process.env[serverVariable] });
  await client.connect();
  try {
    for (const statement of statements) await client.query(statement);
  } finally {
    await client.end();
  }
}

/** A command in this process, with the options of the house. */
export function typed({ world }: House, args: readonly string[]): Promise<Outcome> {
  const { data, databaseUrl, keyFile, markFile } = world.server.service.options;
  const env = {
    ...(args[0] === 'demo' ? {} : { COUNTERSIGN_DATA: data, COUNTERSIGN_KEY_FILE: keyFile }),
    COUNTERSIGN_MARK_FILE: markFile,
    ...(databaseUrl ? { COUNTERSIGN_DATABASE_URL: databaseUrl } : {}),
  };
  return command(args, env, 'correct horse battery staple\n');
}
