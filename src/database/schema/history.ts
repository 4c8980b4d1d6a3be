import { sql } from 'kysely';
import type { Db, Tx } from '../engine.ts';
import { typesOf } from '../sql/dialect.ts';
import { checksumOf, type Schema, tablesOf, textOf } from './schema.ts';

/** What the table schema_history tells: which migrations have been run, and what the schema was when the newest was done. */
export interface History {
  /** In order; `undefined` where this never was a database of ours. */
  done: string[] | undefined;
  /** SHA-256 of the schema. Nothing where none was kept yet, or an operator has taken it away to have it kept anew. */
  checksum?: string;
  /** The schema itself, to say what differs. */
  schema?: Schema;
}

/** Reads the history of a database that has these tables. */
export async function historyOf(db: Db, present: Schema): Promise<History> {
  if (Object.hasOwn(present, table)) {
    const { rows } = await sql<Row>`select name, checksum, described from schema_history order by name`.execute(db);
    const { checksum, described } = rows.at(-1) ?? {};
    return {
      done: rows.map(({ name }) => name),
      ...(checksum ? { checksum } : {}),
      ...(described ? { schema: JSON.parse(described) } : {}),
    };
  }
  if (!Object.hasOwn(present, earlyTable)) return { done: undefined };
  const { rows } = await sql<{ name: string }>`select name from kysely_migration order by name`.execute(db);
  return { done: rows.map(({ name }) => name) };
}

interface Row {
  name: string;
  checksum: string | null;
  described: string | null;
}

const table = 'schema_history';
/** Where early databases have it. */
const earlyTable = 'kysely_migration';

/** Makes the table in which the history stands where there is none, and moves an early one into it. */
export async function makeHistory(tx: Tx, present: Schema): Promise<void> {
  if (Object.hasOwn(present, table)) return;
  const { text } = typesOf(tx);
  await tx.schema
    .createTable(table)
    .addColumn('name', text, (column) => column.primaryKey())
    .addColumn('checksum', text)
    .addColumn('described', text)
    .execute();
  if (!Object.hasOwn(present, earlyTable)) return;
  await sql`insert into schema_history (name) select name from kysely_migration`.execute(tx);
  await sql`drop table kysely_migration`.execute(tx);
  await sql`drop table kysely_migration_lock`.execute(tx);
}

export async function addToHistory(tx: Tx, name: string): Promise<void> {
  await sql`insert into schema_history (name) values (${name})`.execute(tx);
}

/** Keeps what the schema is now, to be compared with what later starts find. */
export async function recordSchema(tx: Tx, { history, before, now }: Change): Promise<void> {
  const schema = tablesOf(now, oursOf({ history, before, now }));
  await sql`update schema_history set checksum = ${checksumOf(schema)}, described = ${textOf(schema)}
    where name = (select max(name) from schema_history)`.execute(tx);
}

interface Change {
  history: History;
  before: Schema;
  now: Schema;
}

/** Ours are those that were, and those that our migrations have made: others may have theirs in the same database. */
function oursOf({ history, before, now }: Change): string[] {
  const early = history.done ? Object.keys(before).filter((name) => !name.startsWith('_')) : [];
  const known = history.schema ? Object.keys(history.schema) : early;
  return Object.keys(now).filter((name) => known.includes(name) || !Object.hasOwn(before, name));
}
