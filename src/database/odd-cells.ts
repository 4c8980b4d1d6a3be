import { type RawBuilder, sql } from 'kysely';

/**
 * What SQLite lets somebody put into a cell and nobody can compute with: text, reals and bytes where a number belongs,
 * and whole numbers that are none in JavaScript, for which reading throws. It stands here because another database knows
 * the type of a column.
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
  return sql<Uint8Array>`case when ${cell} is null then null when ${cell} >= x'' then ${cell} else x'' end`.as(column);
}

/** Whether the number in a column is one of these, however many they are. */
export function isAmong(column: string, numbers: readonly number[]): RawBuilder<boolean> {
  return sql<boolean>`${sql.ref(column)} in (select value from json_each(${JSON.stringify(numbers)}))`;
}
