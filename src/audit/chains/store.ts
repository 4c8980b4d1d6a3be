import { type RawBuilder, sql } from 'kysely';
import type { Db, Tx } from '../../database/database.ts';
import type { ChainRecord, Register, Row, Sealed } from './form.ts';

export type StoredRecord = ChainRecord & Sealed;
export type StoredRegister = Register & { seal: Uint8Array | null };

type Tables = {
  audit: Row;
  audit_chains: StoredRecord;
  audit_register: StoredRegister & { only: number };
};

/**
 * What the database would number the next row with: behind every row that there is, and, by the database's own count of
 * them, behind every row that there was.
 */
const nextSequence = sql<number>`(select max(
  coalesce((select max(seq) from sqlite_sequence where name = 'audit'), 0),
  coalesce((select max(sequence) from audit), 0)) + 1)`;

/**
 * Makes a chain one longer and answers its record, with the sequence for the row. Nothing where there is no such chain.
 * It comes before everything else that is done to the chain, so that on a database with several writers it is the lock.
 */
export async function lengthenChain(
  tx: Tx,
  number: number,
): Promise<(StoredRecord & { sequence: number }) | undefined> {
  return tx
    .$extendTables<Tables>()
    .updateTable('audit_chains')
    .set((row) => ({ length: row('length', '+', 1) }))
    .where('number', '=', number)
    .returningAll()
    .returning(nextSequence.as('sequence'))
    .executeTakeFirst();
}

export async function insertRow(tx: Tx, row: Row): Promise<void> {
  await tx.$extendTables<Tables>().insertInto('audit').values(row).execute();
}

export async function insertRecord(tx: Tx, record: StoredRecord): Promise<void> {
  await tx.$extendTables<Tables>().insertInto('audit_chains').values(record).execute();
}

export async function updateRecord(
  tx: Tx,
  number: number,
  change: Partial<Omit<StoredRecord, 'number'>> & Sealed,
): Promise<void> {
  await tx.$extendTables<Tables>().updateTable('audit_chains').set(change).where('number', '=', number).execute();
}

export async function deleteRecord(tx: Tx, number: number): Promise<void> {
  await tx.$extendTables<Tables>().deleteFrom('audit_chains').where('number', '=', number).execute();
}

/** The records of all chains, the oldest first. */
export async function selectRecords(db: Db): Promise<StoredRecord[]> {
  return db.$extendTables<Tables>().selectFrom('audit_chains').selectAll().orderBy('number').execute();
}

/** The highest number among the chains that are recorded, and the sequence that a row would have now. */
export async function selectEnds(db: Db): Promise<{ number: number; sequence: number }> {
  return db
    .$extendTables<Tables>()
    .selectFrom('audit_chains')
    .select([sql<number>`coalesce(max(number), 0)`.as('number'), nextSequence.as('sequence')])
    .executeTakeFirstOrThrow();
}

export async function selectRegister(db: Db): Promise<StoredRegister | undefined> {
  return db
    .$extendTables<Tables>()
    .selectFrom('audit_register')
    .select(['first', 'last', 'since', 'key_id', 'seal'])
    .executeTakeFirst();
}

export async function updateRegister(tx: Tx, register: Register & Sealed): Promise<void> {
  await tx.$extendTables<Tables>().updateTable('audit_register').set(register).execute();
}

/** The rows behind this sequence, or the first ones; the oldest first, at most `limit` of them, none of the chains `without`. */
export async function selectChunk(
  db: Db,
  after: number | undefined,
  limit: number,
  without: readonly number[] = [],
): Promise<Row[]> {
  return db
    .$extendTables<Tables>()
    .selectFrom('audit')
    .selectAll()
    .where('sequence', '>', after ?? Number.MIN_SAFE_INTEGER)
    .where(notOf(without))
    .orderBy('sequence')
    .limit(limit)
    .execute();
}

/** Deletes the rows up to this sequence, but none of the chains `without`. */
export async function deleteRows(tx: Tx, upTo: number, without: readonly number[]): Promise<void> {
  await tx.$extendTables<Tables>().deleteFrom('audit').where('sequence', '<=', upTo).where(notOf(without)).execute();
}

/** A row of none of these chains; `in` is unknown for a row of no chain, and that is no chain of these. */
function notOf(chains: readonly number[]): RawBuilder<boolean> {
  return chains.length === 0 ? sql`1 = 1` : sql`(chain is null or chain not in (${sql.join(chains)}))`;
}

/** What is signed with each key: rows, chains and the register. */
export async function countByKey(db: Db): Promise<Map<string, number>> {
  const rows = await db
    .$extendTables<Tables>()
    .selectFrom('audit_chains')
    .select(['key_id', sql<number>`sum(length - cut + 1)`.as('count')])
    .groupBy('key_id')
    .execute();
  const counts = new Map(rows.map(({ key_id, count }) => [key_id, Number(count)]));
  const register = (await selectRegister(db))?.key_id;
  if (register) counts.set(register, (counts.get(register) ?? 0) + 1);
  return counts;
}
