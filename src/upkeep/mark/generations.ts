import type { Database, Db, Tx } from '../../database/database.ts';
import { newId } from '../../tokens.ts';
import { insertGeneration, type StoredGeneration, selectGenerations } from './store.ts';

/** The present generation of a database; nothing before its first start. */
export async function generationOf(db: Db): Promise<StoredGeneration | undefined> {
  return (await selectGenerations(db)).at(-1);
}

/** Begins the first generation of a database that has none. */
export async function beginHistory(database: Database, now: number): Promise<void> {
  if (await generationOf(database.read)) return;
  await database.transaction(async (tx) => {
    if (!(await generationOf(tx))) await beginGeneration(tx, 'new', now);
  });
}

/**
 * Notes, in the transaction that puts a backup into a database, that it is a copy of another time: from then on nobody
 * is served from it until `acceptRestored` has been called.
 */
export async function noteRestored(tx: Tx, now: number): Promise<void> {
  await beginGeneration(tx, 'restored', now);
}

/** Begins another generation, and answers it. */
export async function beginGeneration(
  tx: Tx,
  reason: StoredGeneration['reason'],
  now: number,
): Promise<Pick<StoredGeneration, 'number' | 'id'>> {
  const last = await generationOf(tx);
  const begun = { number: (last?.number ?? 0) + 1, id: newId(), started_at: now, reason };
  await insertGeneration(tx, { ...begun, marked: null, renewed_at: null });
  return begun;
}
