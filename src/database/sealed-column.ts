import { type RawBuilder, sql } from 'kysely';
import type { Db, Tx } from './sqlite.ts';

/**
 * A column whose values are sealed, as its feature hands it to upkeep, which counts them and seals them anew. `row` is
 * the column that names the row in the place a value is sealed for.
 */
export interface SealedColumn {
  table: string;
  column: string;
  row: string;
}

export interface SealedValue {
  row: string;
  sealed: Buffer;
}

/** How many values begin with a header: those of one key. */
export async function countSealed(db: Db, of: SealedColumn, header: Buffer): Promise<number> {
  const { rows } = await sql<{ count: number }>`
    select count(*) as count from ${sql.table(of.table)} where ${startOf(of, header)} = ${header}`.execute(db);
  return Number(rows[0]?.count ?? 0);
}

/**
 * At most `limit` values in the order of their rows, those after the row `after`; only those that do not begin with the
 * header `except`, where one is given.
 */
export async function listSealed(
  db: Db,
  of: SealedColumn,
  { after, limit, except }: { after: string; limit: number; except?: Buffer },
): Promise<SealedValue[]> {
  const row = sql.ref(of.row);
  const others = except ? sql`and ${startOf(of, except)} <> ${except}` : sql``;
  const { rows } = await sql<SealedValue>`
    select ${row} as row, ${sql.ref(of.column)} as sealed from ${sql.table(of.table)}
    where ${row} > ${after} ${others} order by ${row} limit ${limit}`.execute(db);
  return rows;
}

/** Puts one value in place of another, unless that has been changed meanwhile; answers whether it did. */
export async function replaceSealed(
  tx: Tx,
  of: SealedColumn,
  { row, sealed }: SealedValue,
  fresh: Buffer,
): Promise<boolean> {
  const { numAffectedRows } = await sql`
    update ${sql.table(of.table)} set ${sql.ref(of.column)} = ${fresh}
    where ${sql.ref(of.row)} = ${row} and ${sql.ref(of.column)} = ${sealed}`.execute(tx);
  return numAffectedRows === 1n;
}

function startOf(of: SealedColumn, header: Buffer): RawBuilder<Buffer> {
  return sql`substr(${sql.ref(of.column)}, 1, ${sql.lit(header.length)})`;
}
