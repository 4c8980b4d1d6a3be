import { type RawBuilder, sql } from 'kysely';
import type { Db, Tx } from '../engine.ts';
import { isPostgres } from './dialect.ts';

/** Numbers are given below this one: a million before the last that JavaScript can hold exactly. */
export const numbersEnd: number = Number.MAX_SAFE_INTEGER - 1_000_000;

/**
 * What the database would number the next row of a table with, to be put into a statement. It is behind every row that
 * there is and, by the database's own count, behind every row that there was; what has been set to or behind
 * `numbersEnd` by somebody else does not count. For a number that is signed before its row is written: the database
 * gives it only afterwards. Good inside one transaction, where nobody else writes. Where it is to `take` the number,
 * nobody is given it again; to `look` leaves the count as it is.
 */
export function nextOf(
  db: Db,
  { table, column }: { table: string; column: string },
  why: 'take' | 'look',
): RawBuilder<number> {
  const end = sql.lit(numbersEnd);
  const greatest = sql`coalesce((select max(${sql.ref(column)}) from ${sql.table(table)} where ${sql.ref(column)} < ${end}), 0)`;
  if (!isPostgres(db))
    return sql<number>`(select max(coalesce((select max(cast(seq as integer)) from sqlite_sequence
      where name = ${sql.lit(table)} and seq < ${end}), 0), ${greatest}) + 1)`;
  const counted = why === 'take' ? sql`nextval(${counterOf(table, column)})` : upcoming(table, column);
  return sql<number>`(select greatest(case when counted < ${end} then counted else 0 end, ${greatest} + 1)
    from (select ${counted} as counted) as counter)`;
}

/** Up to which number the rows of a table have been numbered, those that are gone included. */
export async function countOf(db: Db, counted: { table: string; column: string }): Promise<number> {
  const { rows } = await sql<{ next: number }>`select ${nextOf(db, counted, 'look')} as next`.execute(db);
  return (rows[0]?.next ?? 1) - 1;
}

/** Lets the database go on numbering the rows of a table behind `last`. */
export async function setCount(
  tx: Tx,
  { table, column }: { table: string; column: string },
  last: number,
): Promise<void> {
  if (isPostgres(tx)) {
    await sql`select setval(${counterOf(table, column)}, ${sql.lit(last + 1)}, false)`.execute(tx);
    return;
  }
  await sql`delete from sqlite_sequence where name = ${table}`.execute(tx);
  await sql`insert into sqlite_sequence (name, seq) values (${table}, ${sql.lit(last)})`.execute(tx);
}

/** The database's own count of a table where no row can have come so far, as text; nothing where it is in order. */
export async function brokenCountOf(
  db: Db,
  { table, column }: { table: string; column: string },
): Promise<string | undefined> {
  const end = sql.lit(numbersEnd);
  const query = isPostgres(db)
    ? sql<{ count: string }>`select cast(counted as text) as count
        from (select ${upcoming(table, column)} as counted) as counter where counted not between 1 and ${end}`
    : sql<{ count: string }>`select cast(seq as text) as count from sqlite_sequence
        where name = ${table} and not (typeof(seq) = 'integer' and seq between 0 and ${end} - 1)`;
  return (await query.execute(db)).rows[0]?.count;
}

/** The name that PostgreSQL gives to what numbers the rows of a table. */
const counterOf = (table: string, column: string): RawBuilder<unknown> => sql.lit(`${table}_${column}_seq`);

const upcoming = (table: string, column: string): RawBuilder<number> => sql<number>`(
  select case when is_called then last_value + 1 else last_value end from ${sql.table(`${table}_${column}_seq`)})`;
