import { existsSync, statSync } from 'node:fs';
import { sql } from 'kysely';
import { migrationNames, migrationsDone } from './migrate.ts';
import { connectSqlite, type Db } from './sqlite.ts';

/** A database as it is found: read, never changed, and not brought up to date. */
export interface Inspected {
  read: Db;
  schema: {
    /** Migrations that this version would run at its next start. */
    missing: string[];
    /** Migrations that a newer version has run. */
    unknown: string[];
  };
  /** What SQLite finds wrong with the file; nothing where it is whole. Reads all of it. */
  faults(): Promise<string[]>;
}

/**
 * Looks at a SQLite file without touching it, beside a server that may be running: where nobody has it open, no journal
 * is made beside it. Throws where it cannot be read, or is another program's.
 */
export async function inspectDatabase<T>(path: string, work: (inspected: Inspected) => Promise<T>): Promise<T> {
  const atRest = !existsSync(`${path}-wal`);
  const before = changedAt(path);
  const read = connectSqlite(path, atRest ? 'at rest' : 'read');
  try {
    const found = await work({ read, schema: await schemaOf(read), faults: () => faultsOf(read) });
    // A server that has started meanwhile may have changed what was read without a lock.
    if (!atRest || (changedAt(path) === before && !existsSync(`${path}-wal`))) return found;
  } finally {
    await read.destroy();
  }
  return inspectDatabase(path, work);
}

async function schemaOf(db: Db): Promise<Inspected['schema']> {
  const done = await migrationsDone(db);
  if (!done) throw new Error('it is no database of Countersign');
  return {
    missing: migrationNames.filter((name) => !done.includes(name)),
    unknown: done.filter((name) => !migrationNames.includes(name)),
  };
}

async function faultsOf(db: Db): Promise<string[]> {
  const { rows } = await sql<{ quick_check: string }>`pragma quick_check(20)`.execute(db);
  return rows.map(({ quick_check }) => quick_check).filter((line) => line !== 'ok');
}

const changedAt = (path: string): number => statSync(path).mtimeMs;
