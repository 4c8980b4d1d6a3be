import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync, type SQLInputValue } from 'node:sqlite';
import { atOnce, type Rows } from './databases/at-once.ts';
import type { World } from './server.ts';

/** What is stored, as another program that opens the database sees it: every table with its rows. */
export type Dump = Record<string, Rows>;

/**
 * Reads every table of a world; `without` names those that a request may change though it was refused: `audit` with its
 * chains.
 */
export function dump(world: World, without: readonly string[] = []): Dump {
  const { databaseUrl } = world;
  const all = databaseUrl
    ? tablesIn((sql) => atOnce(databaseUrl, sql).rows, inPostgres, without)
    : withFile(world, (database) => tablesIn((sql) => database.prepare(sql).all(), inSqlite, without));
  // Each process reports itself every 30 seconds, in the midst of whatever else a test does.
  for (const row of all['instances'] ?? []) delete row['seen_at'];
  return all;
}

interface Reading {
  /** Asks for the names of all tables. */
  names: string;
  /** What follows the name of a table, so that its rows come in the order in which they were made. */
  order: string;
}

const inSqlite: Reading = {
  names: "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%' ORDER BY name",
  order: '',
};

/** A row that is changed moves to the end there, so that the order has to be said. */
const inPostgres: Reading = {
  names: 'SELECT tablename AS name FROM pg_tables WHERE schemaname = current_schema() ORDER BY name',
  order: ` ORDER BY ${['sequence', 'number', 'created_at'].map((column) => `to_jsonb(one)->'${column}'`)}, ctid`,
};

function tablesIn(ask: (sql: string) => Rows, { names, order }: Reading, without: readonly string[]): Dump {
  const tables = ask(names)
    .map(({ name }) => String(name))
    .filter((name) => !without.includes(name.replace(/^audit_.*/, 'audit')));
  return Object.fromEntries(tables.map((name) => [name, ask(`SELECT * FROM "${name}" AS one${order}`)]));
}

/**
 * All bytes of the database as somebody gets them who copies it: the files of SQLite with WAL and a backup, on
 * PostgreSQL every row, since the files are those of a server that holds more.
 */
export function copyOf(world: World): Buffer {
  if (world.databaseUrl)
    return Buffer.concat(
      Object.entries(dump(world)).flatMap(([name, rows]) => [Buffer.from(name), ...rows.flatMap(bytesOf)]),
    );
  const folder = join(world.folder, 'data');
  const backup = join(world.folder, 'backup.db');
  withFile(world, (database) => void database.prepare('VACUUM INTO ?').run(backup));
  const files = [...readdirSync(folder).map((file) => join(folder, file)), backup];
  const bytes = Buffer.concat(files.map((file) => readFileSync(file)));
  rmSync(backup);
  return bytes;
}

const bytesOf = (row: Record<string, unknown>): Buffer[] =>
  Object.values(row).map((value) => (value instanceof Uint8Array ? Buffer.from(value) : Buffer.from(String(value))));

/** Reads what is stored behind the service's back. */
export function stored(world: World, sql: string, ...values: SQLInputValue[]): Rows {
  if (world.databaseUrl) return atOnce(world.databaseUrl, sql, values).rows;
  return withFile(world, (database) => database.prepare(sql).all(...values));
}

/** Changes what is stored behind the service's back. */
export function alter(world: World, sql: string, ...values: (string | Buffer)[]): void {
  if (world.databaseUrl) atOnce(world.databaseUrl, sql, values);
  else withFile(world, (database) => void database.prepare(sql).run(...values));
}

function withFile<T>(world: World, work: (database: DatabaseSync) => T): T {
  const database = new DatabaseSync(join(world.folder, 'data', 'countersign.db'));
  try {
    return work(database);
  } finally {
    database.close();
  }
}
