import * as z from 'zod';
import { countOf, type Db, setCount, type Tx } from '../../database/database.ts';
import { BackupError } from './backup-error.ts';
import { type Columns, createTally, lineOf, type Row, rowOf, type Tally } from './cells.ts';
import { countRows, insertRows, selectBatches, selectTables } from './store.ts';
import type { Table } from './tables.ts';

/**
 * Everything that a database holds as lines, in which it travels to a file or into another database: a line for each
 * table, followed by one for each of its rows; at the end one with how many rows each table has, a sum over them, and up
 * to which number rows have been numbered. Never more than a few rows are in memory.
 */
const table = z.strictObject({ table: z.string(), columns: z.record(z.string(), z.enum(['text', 'number', 'bytes'])) });
const end = z.strictObject({
  tables: z.record(z.string(), z.strictObject({ rows: z.int().min(0), sum: z.string() })),
  counters: z.record(z.string(), z.int().min(0)),
});

export type Tallies = Readonly<Record<string, Tally>>;

/**
 * What a database holds, on the one state that `db` shows, and in `tallies` how much that was. Throws `BackupError` where
 * it holds what it cannot.
 */
export async function* contentsOf(db: Db, tallies: Record<string, Tally> = {}): AsyncGenerator<string> {
  const counters: Record<string, number> = {};
  for (const { table, columns } of await selectTables(db)) {
    yield JSON.stringify({ table: table.name, columns });
    const tally = createTally();
    for await (const line of linesOf(db, table, columns)) {
      tally.add(line);
      yield line;
    }
    tallies[table.name] = tally.tally();
    if (table.counter) counters[table.name] = await countOf(db, { table: table.name, column: table.counter });
  }
  yield JSON.stringify({ tables: tallies, counters });
}

/** The rows of a table. Those without a key that they can be found by are missed, and so are counted. */
async function* linesOf(db: Db, table: Table, columns: Columns): AsyncGenerator<string> {
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
  `Table "${name}" has rows that this service never writes: look who could write to the database. To keep it as it is, copy its files.`;

/**
 * Puts contents into the tables of a database, which are empty and have the schema that the contents had. Reads them
 * back: throws `BackupError` unless each table has the rows that it had. Answers how many.
 */
export async function load(tx: Tx, lines: AsyncIterable<string>): Promise<Tallies> {
  const there = await selectTables(tx);
  let into: (typeof there)[number] | undefined;
  let rows: Row[] = [];
  let wanted: z.infer<typeof end> | undefined;
  const flush = async (): Promise<void> => {
    if (into) await insertRows(tx, into.table.name, into.columns, rows);
    rows = [];
  };
  // To the very end, also behind the line with the sums: whoever hands them on may have something to say there.
  for await (const line of lines) {
    if (wanted) throw damaged();
    if (line.startsWith('[')) {
      if (!into) throw damaged();
      rows.push(rowOf(into.table.name, into.columns, line));
      if (rows.length >= atOnce) await flush();
      continue;
    }
    await flush();
    const parsed: unknown = parsedLine(line);
    const begins = table.safeParse(parsed).data;
    if (!begins) {
      wanted = end.safeParse(parsed).data;
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

/** Rows put in by one statement. */
const atOnce = 500;

async function check(
  tx: Tx,
  there: Awaited<ReturnType<typeof selectTables>>,
  wanted: z.infer<typeof end>,
): Promise<void> {
  for (const { table, columns } of there) {
    const { name, counter } = table;
    const tally = createTally();
    for await (const line of linesOf(tx, table, columns)) tally.add(line);
    const { rows, sum } = tally.tally();
    if (wanted.tables[name]?.rows !== rows || wanted.tables[name].sum !== sum) throw differs(name);
    if (counter) await setCount(tx, { table: name, column: counter }, wanted.counters[name] ?? 0);
  }
  const missing = Object.keys(wanted.tables).find((name) => there.every(({ table }) => table.name !== name));
  if (missing !== undefined) throw otherSchema(missing);
}

function parsedLine(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    throw damaged();
  }
}

const differs = (name: string): BackupError =>
  new BackupError(
    `Table "${name}" would not have the rows that it had; nothing was kept. Make another backup, or copy.`,
  );
const otherSchema = (name: string): BackupError =>
  new BackupError(
    `Table "${name}" is another one in this version; nothing was kept. Use the version that the contents come from.`,
  );

/** A file that is none, or no longer what it was. */
export const damaged = (): BackupError =>
  new BackupError('This file is damaged, cut off, or no backup of Countersign. Take another one.');
