import { second } from '../clock.ts';
import type { DatabasePlace, Engine } from './engine.ts';
import { judgePostgres } from './postgres/errors.ts';
import { patiently } from './retry.ts';
import { judgeSqlite } from './sqlite/errors.ts';
import { openSqlite } from './sqlite/sqlite.ts';
import { gaveUp, mayPass } from './trouble.ts';

/** How long a start waits for a database that cannot be had yet, in ms. */
export const startPatience: number = 30 * second;

/** Told once, in a sentence with the reason, when a start has to wait for its database. */
export type OnWait = (sentence: string) => void;

/**
 * Opens the database as it is, making a SQLite file (private) if there is none; waits for one that cannot be had yet.
 * Throws `DatabaseUnavailable` with what an operator has to do.
 */
export async function openEngine(place: DatabasePlace, onWait?: OnWait): Promise<Engine> {
  const judge = 'file' in place ? judgeSqlite : judgePostgres;
  return waitFor(() => engineFor(place), judge, onWait);
}

/** Tries as long as a start may wait. Throws `DatabaseUnavailable` with what an operator has to do. */
export async function waitFor<T>(attempt: () => Promise<T>, judge: Engine['judge'], onWait?: OnWait): Promise<T> {
  const began = performance.now();
  let isTold = false;
  const mayTry = (error: unknown): boolean => {
    const may = mayPass(judge)(error);
    // Those that start at once wait for one another, but not so long.
    if (may && !isTold && performance.now() - began > second) {
      isTold = true;
      onWait?.(`Waiting up to ${startPatience / second} seconds for the database. ${judge(error)?.sentence}`);
    }
    return may;
  };
  try {
    return await patiently(attempt, { mayTry, ms: startPatience });
  } catch (error) {
    throw gaveUp(judge, error, startPatience);
  }
}

/** The driver of PostgreSQL is loaded by those alone who use it. */
async function engineFor(place: DatabasePlace): Promise<Engine> {
  if ('file' in place) return openSqlite(place.file);
  const { openPostgres } = await import('./postgres/postgres.ts');
  return openPostgres(place.url);
}
