import { existsSync } from 'node:fs';
import { type DatabasePlace, DatabaseUnavailable, type Db } from './engine.ts';
import { migrationsDone } from './migrate.ts';

/**
 * Runs `work` on one state of what a server of PostgreSQL has, and says whether there is nothing of ours yet. Nothing is
 * made there, and nothing is waited for: throws `DatabaseUnavailable`, which says what to do, where the server cannot be
 * used now.
 */
export async function lookAtServer<T>(url: string, work: (db: Db, isNew: boolean) => Promise<T>): Promise<T> {
  const { openPostgres } = await import('./postgres.ts');
  const { judgePostgres } = await import('./postgres-errors.ts');
  try {
    const engine = await openPostgres(url);
    try {
      return await engine.snapshot(async (db) => work(db, (await migrationsDone(db)) === undefined));
    } finally {
      await engine.close();
    }
  } catch (error) {
    const trouble = judgePostgres(error);
    throw trouble ? new DatabaseUnavailable(trouble.sentence, { cause: error }) : error;
  }
}

/** Whether there is no database of ours in a place: no file, or a server without our tables. */
export async function isNewDatabase(place: DatabasePlace): Promise<boolean> {
  if ('file' in place) return !existsSync(place.file);
  return lookAtServer(place.url, async (_, isNew) => isNew);
}
