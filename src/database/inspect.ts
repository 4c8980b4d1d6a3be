import { existsSync, statSync } from 'node:fs';
import type { DatabasePlace, Db } from './engine.ts';
import { faultsOf } from './faults.ts';
import { judgePostgres } from './postgres/errors.ts';
import { examineSchema, migrationsDone } from './schema/migrate.ts';
import type { Standing } from './schema/standing.ts';
import { connectSqlite } from './sqlite/sqlite.ts';
import { inWords } from './trouble.ts';

/** A database as it is found: read, never changed, and not brought up to date. */
export interface Inspected {
  read: Db;
  schema: Standing;
  /** What the database finds wrong with itself; nothing where it is whole. Reads all of a SQLite file. */
  faults(): Promise<string[]>;
}

/** How often it is looked again where servers start in the midst of it. */
const mostLooks = 5;

/**
 * Looks at a database without touching it, beside servers that may be running. Throws where it cannot be read, or is
 * another program's.
 */
export async function inspectDatabase<T>(place: DatabasePlace, work: (inspected: Inspected) => Promise<T>): Promise<T> {
  return 'file' in place ? inspectFile(place.file, work) : inspectServer(place.url, work);
}

/** Where nobody has the file open, no journal is made beside it. */
async function inspectFile<T>(path: string, work: (inspected: Inspected) => Promise<T>): Promise<T> {
  for (let looks = 0; looks < mostLooks; looks += 1) {
    const atRest = !existsSync(`${path}-wal`);
    const before = changedAt(path);
    // A server that has started meanwhile may have changed what is read without a lock: neither what was found then nor
    // a failure tells anything.
    const disturbed = (): boolean => atRest && (changedAt(path) !== before || existsSync(`${path}-wal`));
    try {
      const found = await look(path, atRest, work);
      if (!disturbed()) return found;
    } catch (error) {
      if (!disturbed()) throw error;
    }
  }
  throw new Error(
    'The database was changed each time in the midst of reading. Look again when the service runs, or is stopped.',
  );
}

async function look<T>(path: string, atRest: boolean, work: (inspected: Inspected) => Promise<T>): Promise<T> {
  const read = connectSqlite(path, atRest ? 'at rest' : 'read');
  try {
    return await work(await inspected(read));
  } finally {
    await read.destroy();
  }
}

async function inspectServer<T>(url: string, work: (inspected: Inspected) => Promise<T>): Promise<T> {
  const { readPostgres } = await import('./postgres/postgres.ts');
  const read = readPostgres(url);
  try {
    return await work(await inspected(read));
  } finally {
    await read.destroy();
  }
}

async function inspected(read: Db): Promise<Inspected> {
  const { history, standing } = await examineSchema(read);
  if (!history.done)
    throw new Error(
      'This is no database of Countersign. Name the right one with --data (COUNTERSIGN_DATA) or --database-url (COUNTERSIGN_DATABASE_URL).',
    );
  return { read, schema: standing, faults: () => faultsOf(read) };
}

/**
 * Runs `work` on one state of what a server of PostgreSQL has, and says whether there is nothing of ours yet. Nothing is
 * made there, and nothing is waited for: throws `DatabaseUnavailable`, which says what to do, where the server cannot be
 * used now.
 */
export async function lookAtServer<T>(url: string, work: (db: Db, isNew: boolean) => Promise<T>): Promise<T> {
  const { openPostgres } = await import('./postgres/postgres.ts');
  try {
    const engine = await openPostgres(url);
    try {
      return await engine.snapshot(async (db) => work(db, (await migrationsDone(db)) === undefined));
    } finally {
      await engine.close();
    }
  } catch (error) {
    throw inWords(judgePostgres, error);
  }
}

/** Whether there is no database of ours in a place: no file, or a server without our tables. */
export async function isNewDatabase(place: DatabasePlace): Promise<boolean> {
  if ('file' in place) return !existsSync(place.file);
  return lookAtServer(place.url, async (_, isNew) => isNew);
}

const changedAt = (path: string): number => statSync(path).mtimeMs;
