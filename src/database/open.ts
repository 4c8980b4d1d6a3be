import { setTimeout as sleep } from 'node:timers/promises';
import { second } from '../clock.ts';
import type { DatabasePlace, Engine } from './engine.ts';
import { judgePostgres } from './postgres-errors.ts';
import { openSqlite } from './sqlite.ts';
import { judgeSqlite } from './sqlite-errors.ts';
import { inWords, mayPass } from './trouble.ts';

/** How long a start waits for a database that cannot be had yet, in ms. */
export const startPatience: number = 30 * second;

/**
 * Opens the database as it is, making a SQLite file (private) if there is none; waits for one that cannot be had yet.
 * Throws `DatabaseUnavailable` with what an operator has to do.
 */
export async function openEngine(place: DatabasePlace): Promise<Engine> {
  const judge = 'file' in place ? judgeSqlite : judgePostgres;
  try {
    return await patiently(() => engineFor(place), { mayTry: mayPass(judge), ms: startPatience });
  } catch (error) {
    throw inWords(judge, error);
  }
}

/** The driver of PostgreSQL is loaded by those alone who use it. */
async function engineFor(place: DatabasePlace): Promise<Engine> {
  if ('file' in place) return openSqlite(place.file);
  const { openPostgres } = await import('./postgres.ts');
  return openPostgres(place.url);
}

const retryAfterMs = 30;

/** Tries, and tries again for so long, as long as `mayTry` says of what was thrown that it can help. */
export async function patiently<T>(
  attempt: () => Promise<T>,
  { mayTry, ms }: { mayTry: (error: unknown) => boolean; ms: number },
): Promise<T> {
  // No clock that somebody sets makes it longer.
  const until = performance.now() + ms;
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      if (performance.now() >= until || !mayTry(error)) throw error;
      await sleep(retryAfterMs);
    }
  }
}
