import { type RawBuilder, sql } from 'kysely';
import type { Tx } from '../engine.ts';

/** Rows that a sweep takes away in one transaction: a few milliseconds on SQLite, during which nobody is answered. */
export const sweptAtOnce = 50;

/**
 * Deletes rows of a table whose `expires_at` has come, those that expired first before the others, and of them only such
 * for which `also` holds, where it is given. Answers `more` where it may not have come to all of them.
 */
export async function deleteExpired(
  tx: Tx,
  { table, key }: { table: string; key: string },
  now: number,
  also: RawBuilder<boolean> = sql`1 = 1`,
): Promise<'more' | undefined> {
  const id = sql.ref(key);
  const { numAffectedRows } = await sql`
    delete from ${sql.table(table)} where ${id} in
    (select ${id} from ${sql.table(table)} where expires_at <= ${now} and ${also} order by expires_at limit ${sweptAtOnce})`.execute(
    tx,
  );
  return numAffectedRows === BigInt(sweptAtOnce) ? 'more' : undefined;
}
