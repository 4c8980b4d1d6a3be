import type { DatabasePlace, Db, Tx } from './engine.ts';
import { inspectDatabase } from './inspect.ts';
import { openEngine, startPatience } from './open.ts';
import { patiently } from './retry.ts';
import { examineSchema, migrate, migrationNames, migrationsDone } from './schema/migrate.ts';
import { refusalOf } from './schema/standing.ts';
import { gaveUp, mayPass } from './trouble.ts';

/** Whole databases, as they are found: for what copies them, and never brings them up to date by itself. */

/** Reads one state of a database, however much is written meanwhile. May begin again where a server starts in its midst. */
export async function readWhole<T>(place: DatabasePlace, work: (db: Db) => Promise<T>): Promise<T> {
  if ('file' in place) return inspectDatabase(place, ({ read }) => read.transaction().execute(work));
  const engine = await openEngine(place);
  try {
    return await engine.snapshot(work);
  } finally {
    await engine.close();
  }
}

/**
 * Runs `work` in one transaction, as long as that takes; nobody else writes to the database meanwhile. A SQLite file is
 * made (private) if there is none.
 */
export async function holdWhole<T>(place: DatabasePlace, work: (tx: Tx) => Promise<T>): Promise<T> {
  const engine = await openEngine(place);
  let begun = false;
  const once = (): Promise<T> =>
    engine.writeLong(
      (tx) => {
        begun = true;
        return work(tx);
      },
      { mayRest: true },
    );
  const mayTry = (error: unknown): boolean => !begun && mayPass(engine.judge)(error);
  try {
    return await patiently(once, { mayTry, ms: startPatience });
  } catch (error) {
    throw gaveUp(engine.judge, error, begun ? 0 : startPatience);
  } finally {
    await engine.close();
  }
}

/** The schema of this version. */
export const newestSchema: string | undefined = migrationNames.at(-1);

/** The schema of a database, by the newest migration that was run on it; nothing where it never was one of ours. */
export async function schemaOf(db: Db): Promise<string | undefined> {
  return (await migrationsDone(db))?.at(-1);
}

/** The tables that the history of a database says are ours; none where it has no such history. */
export async function ownTables(db: Db): Promise<string[]> {
  return Object.keys((await examineSchema(db)).history.schema ?? {});
}

/** What keeps a database from being copied as a whole, if anything: it has what no version, or only a newer one, has made. */
export async function whyNotWhole(db: Db): Promise<string | undefined> {
  return refusalOf((await examineSchema(db)).standing);
}

/**
 * Gives an empty database the schema that it had after a migration, and once that is filled, with no name, the schema of
 * this version. Throws where this version does not know the migration.
 */
export async function makeSchema(tx: Tx, upTo?: string): Promise<void> {
  if (upTo !== undefined && !migrationNames.includes(upTo))
    throw new Error(
      `This comes from a newer version (${upTo.replace(/[^\w-]/g, '?')}): use that one, or a newer one still.`,
    );
  await migrate(tx, { upTo });
}
