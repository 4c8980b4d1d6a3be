import { type RawBuilder, sql } from 'kysely';
import type { Place } from '../../seal.ts';
import type { Db, Tx } from '../engine.ts';

/** A column whose values are sealed, as its feature hands it to upkeep, which counts them and seals them anew. */
export interface SealedColumn {
  table: string;
  column: string;
  /** The column whose value names the row in the place that a value is sealed for. */
  idColumn: string;
}

export interface SealedValue {
  /** What `idColumn` says of its row. */
  id: string;
  sealed: Buffer;
}

/** The place of one value of a column. */
export function placeIn({ table, column }: SealedColumn, id: string): Place {
  return { table, column, row: id };
}

/** How many values begin with a header: those of one key. */
export async function countSealed(db: Db, of: SealedColumn, header: Buffer): Promise<number> {
  const { rows } = await sql<{ count: number }>`
    select count(*) as count from ${sql.table(of.table)} where ${startOf(of, header)} = ${header}`.execute(db);
  return Number(rows[0]?.count ?? 0);
}

/**
 * All values in the order of their rows, at most `limit` at a time; only those that do not begin with the header
 * `except`, where one is given. Each batch is read when it is asked for, so those that were read may be changed meanwhile.
 */
export async function* sealedBatches(
  db: Db,
  of: SealedColumn,
  { limit, except }: { limit: number; except?: Buffer },
): AsyncGenerator<SealedValue[]> {
  const id = sql.ref(of.idColumn);
  const others = except ? sql`and ${startOf(of, except)} <> ${except}` : sql``;
  for (let after = ''; ; ) {
    const { rows } = await sql<SealedValue>`
      select ${id} as id, ${sql.ref(of.column)} as sealed from ${sql.table(of.table)}
      where ${id} > ${after} ${others} order by ${id} limit ${limit}`.execute(db);
    const last = rows.at(-1);
    if (!last) return;
    yield rows;
    after = last.id;
  }
}

/** Puts one value in place of another, unless that has been changed meanwhile; answers whether it did. */
export async function replaceSealed(
  tx: Tx,
  of: SealedColumn,
  { id, sealed }: SealedValue,
  fresh: Buffer,
): Promise<boolean> {
  const { numAffectedRows } = await sql`
    update ${sql.table(of.table)} set ${sql.ref(of.column)} = ${fresh}
    where ${sql.ref(of.idColumn)} = ${id} and ${sql.ref(of.column)} = ${sealed}`.execute(tx);
  return numAffectedRows === 1n;
}

function startOf(of: SealedColumn, header: Buffer): RawBuilder<Buffer> {
  return sql`substr(${sql.ref(of.column)}, 1, ${sql.lit(header.length)})`;
}
