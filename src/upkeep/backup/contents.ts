import * as z from 'zod';
import { countOf, type Db, setCount, type Tx } from '../../database/database.ts';
import { BackupError, damaged, parseLine } from './backup-error.ts';
import { type Checksum, type Columns, createChecksum, lineOf, type Row, rowOf } from './cells.ts';
import { countRows, insertRows, isRefused, selectBatches, selectTables } from './store.ts';
import type { Table } from './tables.ts';

/**
 * Everything that a database holds as lines, in which it travels to a file or into another database: a line for each
 * table, followed by one for each of its rows; at the end one with how many rows each table has, a sum over them, and up
 * to which number rows have been numbered. Never more than a few rows are in memory.
 */
const firstOfTable = z.strictObject({
  table: z.string(),
  columns: z.record(z.string(), z.enum(['text', 'number', 'bytes'])),
});
const lastOfAll = z.strictObject({
  tables: z.record(z.string(), z.strictObject({ rows: z.int().min(0), sum: z.string() })),
  counters: z.record(z.string(), z.int().min(0)),
});

export type Checksums = Readonly<Record<string, Checksum>>;

/**
 * What a database holds, on the one state that `db` shows, and at the end how much that was. Throws `BackupError` where
 * it holds what it cannot.
 */
export async function* contentsOf(db: Db): AsyncGenerator<string, Checksums> {
  const checksums: Record<string, Checksum> = {};
  const counters: Record<string, number> = {};
  for (const { table, columns } of await selectTables(db)) {
    yield JSON.stringify({ table: table.name, columns });
    const checksum = createChecksum();
    for await (const line of rowsOf(db, table, columns)) {
      checksum.add(line);
      yield line;
    }
    checksums[table.name] = checksum.result();
    if (table.counter) counters[table.name] = await countOf(db, { table: table.name, column: table.counter });
  }
  yield JSON.stringify({ tables: checksums, counters });
  return checksums;
}

/** The rows of a table as lines. Those without a key that they can be found by are missed, and so are counted. */
async function* rowsOf(db: Db, table: Table, columns: Columns): AsyncGenerator<string> {
  let found = 0;
  try {
    for await (const rows of selectBatches(db, table, columns)) {
      found += rows.length;
      for (const row of rows) {
        // SQLite takes keys that are none, and would find only the first of them.
        if (table.key.some((column) => row[column] === null)) throw new RangeError('a row without its key');
        yield lineOf(table.name, columns, row);
      }
    }
  } catch (error) {
    // A whole number that JavaScript cannot hold exactly.
    if (error instanceof RangeError) throw new BackupError(strangeRows(table.name), { cause: error });
    throw error;
  }
  if (found !== (await countRows(db, table.name))) throw new BackupError(strangeRows(table.name));
}

const strangeRows = (name: string): string =>
  `Table "${name}" has rows that this service never writes: find out who could write to the database. To keep it as it is, copy its files.`;

/**
 * Puts contents into the tables of a database, which are empty and have the schema that the contents had. Reads them
 * back: throws `BackupError` unless each table has the rows that it had. Answers how many.
 */
export async function load(tx: Tx, lines: AsyncIterable<string>): Promise<Checksums> {
  const there = await selectTables(tx);
  let into: (typeof there)[number] | undefined;
  let rows: Row[] = [];
  let length = 0;
  let wanted: z.infer<typeof lastOfAll> | undefined;
  const flush = async (): Promise<void> => {
    if (into) await putIn(tx, into.table.name, into.columns, rows);
    rows = [];
    length = 0;
  };
  // To the very end, also behind the line with the sums: whoever hands them on may have something to say there.
  for await (const line of lines) {
    if (wanted) throw damaged();
    if (line.startsWith('[')) {
      if (!into) throw damaged();
      rows.push(rowOf(into.table.name, into.columns, line));
      length += line.length;
      if (rows.length >= atOnce || length >= lengthAtOnce) await flush();
      continue;
    }
    await flush();
    const parsed = parseLine(line);
    const begins = firstOfTable.safeParse(parsed).data;
    if (!begins) {
      wanted = lastOfAll.safeParse(parsed).data;
      if (!wanted) throw damaged();
      continue;
    }
    into = there.find((each) => each.table.name === begins.table);
    if (!into || JSON.stringify(into.columns) !== JSON.stringify(begins.columns)) throw otherSchema(begins.table);
  }
  if (!wanted) throw damaged();
  await check(tx, there, wanted);
  return wanted.tables;
}

/** Rows, and their characters, put in at a time: nobody knows yet who has made them. */
const atOnce = 500;
const lengthAtOnce = 1024 * 1024;

/** Rows that do not go together, because one is missing or there twice, are found by the database first. */
async function putIn(tx: Tx, name: string, columns: Columns, rows: readonly Row[]): Promise<void> {
  try {
    await insertRows(tx, name, columns, rows);
  } catch (error) {
    if (isRefused(error)) throw new BackupError(misfits(name), { cause: error });
    throw error;
  }
}

const misfits = (name: string): string =>
  `Rows of table "${name}" do not go together with the others: this file, or the database that is copied, is damaged. Nothing was kept; take another one.`;

async function check(
  tx: Tx,
  there: Awaited<ReturnType<typeof selectTables>>,
  wanted: z.infer<typeof lastOfAll>,
): Promise<void> {
  for (const { table, columns } of there) {
    const { name, counter } = table;
    const checksum = createChecksum();
    for await (const line of rowsOf(tx, table, columns)) checksum.add(line);
    const { rows, sum } = checksum.result();
    if (wanted.tables[name]?.rows !== rows || wanted.tables[name].sum !== sum) throw differs(name);
    if (counter) await setCount(tx, { table: name, column: counter }, wanted.counters[name] ?? 0);
  }
  const missing = Object.keys(wanted.tables).find((name) => there.every(({ table }) => table.name !== name));
  if (missing !== undefined) throw otherSchema(missing);
}

const differs = (name: string): BackupError =>
  new BackupError(
    `Table "${name}" would not have the rows that it had; nothing was kept. Make another backup, or copy.`,
  );
const otherSchema = (name: string): BackupError =>
  new BackupError(
    `Table "${name}" is another one in this version; nothing was kept. Use the version that the contents come from.`,
  );
