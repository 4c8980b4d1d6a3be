import { type RawBuilder, sql } from 'kysely';
import {
  brokenCountOf,
  bytesIn,
  type Db,
  isAmong,
  nextOf,
  numberIn,
  numbersEnd,
  statement,
  type Tx,
} from '../../database/database.ts';
import type { ChainRecord, Register, Row, Signed } from './form.ts';

export type StoredRecord = ChainRecord & Signed;
export type StoredRegister = Register & { mac: Uint8Array | null };

type Tables = {
  audit: Row;
  audit_chains: StoredRecord;
  audit_register: StoredRegister & { only: number };
};

/** What numbers the rows, each of which is signed with its number. */
const numbered = { table: 'audit', column: 'sequence' };

// Whoever writes to the database can put into a cell what reading or computing would fail at.
const ofRow = [
  ...(['event', 'user_id', 'actor_id', 'session_id', 'address', 'detail'] as const),
  ...(['sequence', 'at', 'chain', 'link'] as const).map((column) => numberIn(column)),
  bytesIn('mac'),
];
const ofRecord = [
  ...(['key_id', 'lost_key_id'] as const),
  ...(['number', 'started_at', 'length', 'cut', 'flaws'] as const).map((column) => numberIn(column)),
  ...(['head', 'cut_mac', 'mac'] as const).map((column) => bytesIn(column)),
];

/** Where a chain ends: how many rows were ever written to it, and the mac of the last. */
export type End = Pick<ChainRecord, 'length' | 'head'>;

const lengthen = statement((db, given: { number: number; ends: readonly End[] }) =>
  db
    .$extendTables<Tables>()
    .updateTable('audit_chains')
    .set((row) => ({ length: row('length', '+', 1) }))
    .where('number', '=', given.number)
    .where((row) => row.or(given.ends.map(({ length, head }) => row.and({ length, head }))))
    .returning(ofRecord)
    .returning(nextOf(db, numbered, 'take').as('sequence')),
);

/**
 * Makes a chain one longer and answers its record, with the sequence for the row. Nothing where there is no such chain,
 * or where it ends at none of `ends`: then its record is left as it is. It comes before everything else that is done to
 * the chain, so that on a database with several writers it is the lock.
 */
export async function lengthenChain(
  tx: Tx,
  number: number,
  ends: readonly End[],
): Promise<(StoredRecord & { sequence: number }) | undefined> {
  // Without its `tx`: every member of what a statement is given becomes a value.
  return lengthen.first(tx, { number, ends: ends.map(({ length, head }) => ({ length, head })) });
}

const insert = statement((db, row: Row) => db.$extendTables<Tables>().insertInto('audit').values(row));

export async function insertRow(tx: Tx, row: Row): Promise<void> {
  mustBeOne(await insert.run(tx, row));
}

export async function insertRecord(tx: Tx, record: StoredRecord): Promise<void> {
  await tx.$extendTables<Tables>().insertInto('audit_chains').values(record).execute();
}

export async function updateRecord(tx: Tx, number: number, change: Partial<StoredRecord> & Signed): Promise<void> {
  const chains = tx.$extendTables<Tables>().updateTable('audit_chains').set(change).where('number', '=', number);
  const done = await chains.executeTakeFirst();
  mustBeOne(Number(done.numUpdatedRows));
}

const setHead = statement((db, given: { number: number; head: Uint8Array; mac: Uint8Array }) =>
  db
    .$extendTables<Tables>()
    .updateTable('audit_chains')
    .set({ head: given.head, mac: given.mac })
    .where('number', '=', given.number),
);

/** Writes down where a chain ends now. */
export async function updateHead(tx: Tx, number: number, end: Pick<End, 'head'> & Signed): Promise<void> {
  mustBeOne(await setHead.run(tx, { number, head: end.head, mac: end.mac }));
}

/** What is not written undoes what it tells of: something in the database, a trigger say, may drop it in silence. */
function mustBeOne(written: number): void {
  if (written === 1) return;
  throw new Error('the database did not write the audit log: look for triggers in it that do not belong there');
}

export async function deleteRecord(tx: Tx, number: number): Promise<void> {
  await tx.$extendTables<Tables>().deleteFrom('audit_chains').where('number', '=', number).execute();
}

/** The records of all chains that have a number which can be, the oldest first. */
export async function selectRecords(db: Db): Promise<StoredRecord[]> {
  const records = db.$extendTables<Tables>().selectFrom('audit_chains').select(ofRecord);
  return records.where(isNumber('number')).orderBy('audit_chains.number').execute();
}

/** The sequence that a row would have now. */
export async function selectNextSequence(db: Db): Promise<number> {
  const { rows } = await sql<{ sequence: number }>`select ${nextOf(db, numbered, 'look')} as sequence`.execute(db);
  return rows[0]?.sequence ?? 1;
}

/** What no row, no chain and no count of rows can be numbered with, as text; at most `limit` of each. */
export interface Unnumbered {
  sequences: string[];
  chains: string[];
  count: string | undefined;
}

export async function selectUnnumbered(db: Db, limit: number): Promise<Unnumbered> {
  const tables = db.$extendTables<Tables>();
  const text = (column: 'sequence' | 'number') => sql<string>`cast(${sql.ref(column)} as text)`.as('text');
  const [rows, chains, count] = await Promise.all([
    tables.selectFrom('audit').select(text('sequence')).where(isNoNumber('sequence')).limit(limit).execute(),
    tables.selectFrom('audit_chains').select(text('number')).where(isNoNumber('number')).limit(limit).execute(),
    brokenCountOf(db, numbered),
  ]);
  return { sequences: rows.map((row) => row.text), chains: chains.map((row) => row.text), count };
}

const isNumber = (column: string): RawBuilder<boolean> =>
  sql<boolean>`${sql.ref(column)} between ${sql.lit(-numbersEnd)} and ${sql.lit(Number.MAX_SAFE_INTEGER)}`;
const isNoNumber = (column: string): RawBuilder<boolean> =>
  sql<boolean>`(${sql.ref(column)} < ${sql.lit(-numbersEnd)} or ${sql.ref(column)} > ${sql.lit(Number.MAX_SAFE_INTEGER)})`;

export async function selectRegister(db: Db): Promise<StoredRegister | undefined> {
  return db
    .$extendTables<Tables>()
    .selectFrom('audit_register')
    .select([numberIn('first'), numberIn('last'), numberIn('since'), 'key_id', bytesIn('mac')])
    .executeTakeFirst();
}

export async function updateRegister(tx: Tx, register: Register & Signed): Promise<void> {
  await tx.$extendTables<Tables>().updateTable('audit_register').set(register).execute();
}

/**
 * The rows behind this sequence, or the first ones; the oldest first, at most `limit` of them. Those are left out whose
 * sequence no number can be, see `selectUnnumbered`.
 */
export async function selectChunk(db: Db, after: number | undefined, limit: number): Promise<Row[]> {
  return db
    .$extendTables<Tables>()
    .selectFrom('audit')
    .select(ofRow)
    .where('sequence', '>', after ?? -numbersEnd - 1)
    .where('sequence', '<=', Number.MAX_SAFE_INTEGER)
    .orderBy('audit.sequence')
    .limit(limit)
    .execute();
}

/** Which rows may be taken: those of the `fit` chains, and those without a chain from before `since`. */
export interface Takeable {
  fit: readonly number[];
  since: number;
}

/**
 * The rows that are due, the oldest first, at most `limit` of them: each row of before `before` that no younger one
 * stands in front of, and what lies between them from a clock that ran ahead of `now`.
 */
export async function selectDue(
  db: Db,
  takeable: Takeable,
  { before, now, limit }: { before: number; now: number; limit: number },
): Promise<Row[]> {
  const rows = db.$extendTables<Tables>();
  const last = rows
    .with('past', (of) =>
      of
        .selectFrom('audit')
        .select(['sequence', 'at'])
        .where(mayGo(db, takeable))
        .where('at', '<=', now)
        .where(isNumber('sequence'))
        .orderBy('sequence')
        .limit(limit),
    )
    .selectFrom('past')
    .select(sql<number>`max(sequence)`.as('sequence'))
    .where(
      sql<boolean>`sequence < coalesce((select min(sequence) from past where at >= ${before}), ${Number.MAX_SAFE_INTEGER})`,
    );
  return rows
    .selectFrom('audit')
    .select(ofRow)
    .where(mayGo(db, takeable))
    .where('sequence', '<=', last)
    .where(isNumber('sequence'))
    .orderBy('audit.sequence')
    .limit(limit)
    .execute();
}

/** Deletes the rows up to this sequence that may be taken. */
export async function deleteRows(tx: Tx, takeable: Takeable, upTo: number): Promise<void> {
  const due = tx.$extendTables<Tables>().deleteFrom('audit').where('sequence', '<=', upTo);
  await due.where(isNumber('sequence')).where(mayGo(tx, takeable)).execute();
}

function mayGo(db: Db, { fit, since }: Takeable): RawBuilder<boolean> {
  return sql`(${isAmong(db, 'chain', fit)} or (chain is null and sequence > 0 and sequence < ${since}))`;
}

/** What is signed with each key: rows, chains and the register. */
export async function countByKey(db: Db): Promise<Map<string, number>> {
  const chains = await db
    .$extendTables<Tables>()
    .selectFrom('audit_chains')
    .select(({ fn }) => [
      ...(['key_id', 'lost_key_id'] as const),
      fn.countAll<number>().as('records'),
      sql<number>`sum(cast(length - cut as double precision))`.as('rows'),
    ])
    .groupBy(['key_id', 'lost_key_id'])
    .execute();
  const counts = new Map<string, number>();
  const add = (id: string, count: number): Map<string, number> => counts.set(id, (counts.get(id) ?? 0) + count);
  for (const { key_id, lost_key_id, records, rows } of chains) {
    add(key_id, Number(records));
    add(lost_key_id ?? key_id, Number(rows));
  }
  const register = (await selectRegister(db))?.key_id;
  if (register) add(register, 1);
  return counts;
}
