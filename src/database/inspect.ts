import { existsSync, statSync } from 'node:fs';
import { sql } from 'kysely';
import { foreignParts, migrationNames, migrationsDone } from './migrate.ts';
import { connectSqlite, type Db } from './sqlite.ts';

/** A database as it is found: read, never changed, and not brought up to date. */
export interface Inspected {
  read: Db;
  schema: {
    /** Migrations that this version would run at its next start. */
    missing: string[];
    /** Migrations that a newer version has run. */
    unknown: string[];
    /** Triggers and views, of which we have none. */
    foreign: string[];
  };
  /** What SQLite finds wrong with the file; nothing where it is whole. Reads all of it. */
  faults(): Promise<string[]>;
}

/** How often it is looked again where servers start in the midst of it. */
const mostLooks = 5;

/**
 * Looks at a SQLite file without touching it, beside a server that may be running: where nobody has it open, no journal
 * is made beside it. Throws where it cannot be read, or is another program's.
 */
export async function inspectDatabase<T>(path: string, work: (inspected: Inspected) => Promise<T>): Promise<T> {
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
  throw new Error('it was changed each time in the midst of reading: look again when the service runs or is stopped');
}

async function look<T>(path: string, atRest: boolean, work: (inspected: Inspected) => Promise<T>): Promise<T> {
  const read = connectSqlite(path, atRest ? 'at rest' : 'read');
  try {
    return await work({ read, schema: await schemaOf(read), faults: () => faultsOf(read) });
  } finally {
    await read.destroy();
  }
}

async function schemaOf(db: Db): Promise<Inspected['schema']> {
  const done = await migrationsDone(db);
  if (!done) throw new Error('it is no database of Countersign');
  return {
    missing: migrationNames.filter((name) => !done.includes(name)),
    unknown: done.filter((name) => !migrationNames.includes(name)),
    foreign: await foreignParts(db),
  };
}

async function faultsOf(db: Db): Promise<string[]> {
  const { rows } = await sql<{ quick_check: string }>`pragma quick_check(20)`.execute(db);
  return rows.map(({ quick_check }) => quick_check).filter((line) => line !== 'ok');
}

const changedAt = (path: string): number => statSync(path).mtimeMs;
