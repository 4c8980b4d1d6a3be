import { type Db, makeSchema, schemaOf, type Tx, whyNotWhole } from '../../database/database.ts';
import { BackupError } from './backup-error.ts';
import { load, type Tallies } from './contents.ts';
import { countRows, deleteAll, dropTables, selectTables } from './store.ts';
import { madeWithSchema } from './tables.ts';

/**
 * Fills a database, which must be empty, with contents that come from a schema, and brings it up to date from there.
 * Throws `BackupError` where anything is in it.
 */
export async function fill(
  tx: Tx,
  { schema, contents }: { schema: string; contents: AsyncIterable<string> },
): Promise<Tallies> {
  await refuseFull(tx);
  // One that is empty may have another schema already.
  await dropTables(tx);
  await makeSchema(tx, schema);
  await deleteAll(tx);
  const tallies = await load(tx, contents);
  await makeSchema(tx);
  return tallies;
}

async function refuseFull(tx: Tx): Promise<void> {
  for (const { table } of await selectTables(tx)) {
    if (madeWithSchema.includes(table.name) || (await countRows(tx, table.name)) === 0) continue;
    throw new BackupError(
      `There is a database already, with rows in its table "${table.name}", and nothing is ever put over it. Name an empty one, or move the one that is there away and keep it.`,
    );
  }
}

/** The schema of a database that can be copied as a whole. Throws `BackupError` where it cannot. */
export async function wholeSchema(db: Db): Promise<string> {
  const schema = await schemaOf(db);
  if (schema === undefined) throw new BackupError('There is no database of Countersign.');
  const refusal = await whyNotWhole(db);
  if (refusal) throw new BackupError(refusal);
  return schema;
}
