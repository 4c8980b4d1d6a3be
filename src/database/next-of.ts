import { type RawBuilder, sql } from 'kysely';
import type { Db } from './sqlite.ts';

/** Numbers are given below this one: a million before the last that JavaScript can hold exactly. */
export const numbersEnd: number = Number.MAX_SAFE_INTEGER - 1_000_000;

/**
 * What the database would number the next row of a table with, to be put into a statement. It is behind every row that
 * there is and, by SQLite's own count, behind every row that there was; what has been set to or behind `numbersEnd` by
 * somebody else does not count. For a number that is signed before its row is written: the database gives it only
 * afterwards. Good inside one transaction, where nobody else writes; it stands here because the count is SQLite's, and
 * another database keeps another one.
 */
export function nextOf(table: string, column: string): RawBuilder<number> {
  const end = sql.lit(numbersEnd);
  return sql<number>`(select max(
    coalesce((select max(cast(seq as integer)) from sqlite_sequence where name = ${sql.lit(table)} and seq < ${end}), 0),
    coalesce((select max(${sql.ref(column)}) from ${sql.table(table)} where ${sql.ref(column)} < ${end}), 0)) + 1)`;
}

/** SQLite's own count of a table where no row can have come so far, as text; nothing where it is in order. */
export async function brokenCountOf(db: Db, table: string): Promise<string | undefined> {
  const { rows } = await sql<{ count: string }>`select cast(seq as text) as count from sqlite_sequence
    where name = ${table} and not (typeof(seq) = 'integer' and seq between 0 and ${sql.lit(numbersEnd - 1)})`.execute(
    db,
  );
  return rows[0]?.count;
}
