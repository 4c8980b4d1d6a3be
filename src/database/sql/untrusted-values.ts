import { type RawBuilder, sql } from 'kysely';
import type { Db } from '../engine.ts';
import { isPostgres } from './dialect.ts';

/**
 * What SQLite lets somebody put into a cell and nobody can compute with: text, reals and bytes where a number belongs,
 * and whole numbers that are none in JavaScript, for which reading throws. PostgreSQL knows the type of a column, and has
 * the last of these only.
 */

/** The number in a column; `Infinity` in place of what is no number, or none that JavaScript can hold exactly. */
export function numberIn<Name extends string>(column: Name) {
  const cell = sql.ref(column);
  return sql<number>`case when ${cell} between ${sql.lit(Number.MIN_SAFE_INTEGER)} and ${sql.lit(Number.MAX_SAFE_INTEGER)}
    then ${cell} when ${cell} is null then null else 9e999 end`.as(column);
}

/** The bytes in a column; none in place of what are no bytes. */
export function bytesIn<Name extends string>(column: Name) {
  const cell = sql.ref(column);
  return sql<Uint8Array>`case when ${cell} is null then null when ${cell} >= ${nothing} then ${cell} else ${nothing} end`.as(
    column,
  );
}

const nothing = Buffer.alloc(0);

/** Whether the number in a column is one of these, however many they are. */
export function isAmong(db: Db, column: string, numbers: readonly number[]): RawBuilder<boolean> {
  const list = JSON.stringify(numbers);
  return isPostgres(db)
    ? sql<boolean>`${sql.ref(column)} in (select value::bigint from json_array_elements_text(${list}))`
    : sql<boolean>`${sql.ref(column)} in (select value from json_each(${list}))`;
}
