import { sql } from 'kysely';
import type { Db, Tx } from '../../database/database.ts';
import type { Columns, Kind, Row } from './cells.ts';
import { leftOut, type Table, tables } from './tables.ts';

/** Every kind of column, by what the two databases call its type. */
const kinds: Readonly<Record<string, Kind>> = {
  ...{ text: 'text', blob: 'bytes', bytea: 'bytes' },
  ...{ integer: 'number', bigint: 'number', smallint: 'number', int8: 'number', int4: 'number', int2: 'number' },
};

/** Rows read at a time. */
const batch = 500;

/** The tables of ours that are there, in the order of the list, with their columns. */
export async function selectTables(db: Db): Promise<{ table: Table; columns: Columns }[]> {
  const found = await findTables(db);
  return tables.flatMap((table) => {
    const columns = found.get(table.name);
    return columns ? [{ table, columns }] : [];
  });
}

async function findTables(db: Db): Promise<Map<string, Columns>> {
  const all = await db.introspection.getTables();
  const schema = all.some((table) => table.schema !== undefined) ? await currentSchema(db) : undefined;
  const own = all.filter((table) => table.schema === schema && !table.isView);
  return new Map(
    own.map(({ name, columns }) => {
      const sorted = columns.toSorted((one, other) => (one.name < other.name ? -1 : 1));
      return [name, Object.fromEntries(sorted.map((column) => [column.name, kindOf(column.dataType)]))];
    }),
  );
}

async function currentSchema(db: Db): Promise<string | undefined> {
  const { rows } = await sql<{ name: string }>`select current_schema() as name`.execute(db);
  return rows[0]?.name;
}

// What is none of these is in no table of ours: no value of it fits.
const kindOf = (type: string): Kind => kinds[type.toLowerCase()] ?? 'text';

/** Every row of a table in the order of its key, a few at a time. */
export async function* selectBatches(db: Db, { name, key }: Table, columns: Columns): AsyncGenerator<Row[]> {
  const cells = sql.join(Object.keys(columns).map((column) => sql.ref(column)));
  const order = sql.join(key.map((column) => sql.ref(column)));
  let after = sql``;
  for (;;) {
    const { rows } = await sql<Row>`
      select ${cells} from ${sql.table(name)} ${after} order by ${order} limit ${sql.lit(batch)}`.execute(db);
    const last = rows.at(-1);
    if (!last) return;
    yield rows;
    after = sql`where (${order}) > (${sql.join(key.map((column) => last[column]))})`;
  }
}

export async function countRows(db: Db, name: string): Promise<number> {
  const { rows } = await sql<{ count: number }>`select count(*) as count from ${sql.table(name)}`.execute(db);
  return Number(rows[0]?.count ?? 0);
}

/** A statement takes only so many values. */
const mostValues = 10_000;

export async function insertRows(tx: Tx, name: string, columns: Columns, rows: readonly Row[]): Promise<void> {
  const names = Object.keys(columns);
  const atOnce = Math.floor(mostValues / names.length);
  for (let start = 0; start < rows.length; start += atOnce) {
    const values = rows.slice(start, start + atOnce).map((row) => sql`(${sql.join(names.map((each) => row[each]))})`);
    await sql`insert into ${sql.table(name)} (${sql.join(names.map((each) => sql.ref(each)))})
      values ${sql.join(values)}`.execute(tx);
  }
}

/** Whether a database refuses rows for its constraints: code 19 of SQLite, class 23 of PostgreSQL. */
export function isRefused(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  if ('errcode' in error) return (Number(error.errcode) & 0xff) === 19;
  return 'code' in error && String(error.code).startsWith('23');
}

/** Deletes every row of ours, those first that belong to others. */
export async function deleteAll(tx: Tx): Promise<void> {
  for (const { table } of (await selectTables(tx)).toReversed()) {
    await sql`delete from ${sql.table(table.name)}`.execute(tx);
  }
}

/** The tables that are there with a name of ours, those first whose rows belong to others. */
export async function selectNames(db: Db): Promise<string[]> {
  const found = await findTables(db);
  return [...tables.map(({ name }) => name).toReversed(), ...leftOut].filter((name) => found.has(name));
}

/** Takes these tables away, with what is in them. */
export async function dropTables(tx: Tx): Promise<void> {
  for (const name of await selectNames(tx)) await tx.schema.dropTable(name).execute();
}
