import { type Db, makeSchema, ownTables, schemaOf, type Tx, whyNotWhole } from '../../database/database.ts';
import { BackupError } from './backup-error.ts';
import { type Checksums, load } from './contents.ts';
import { countRows, deleteAll, dropTables, selectNames, selectTables } from './store.ts';
import { madeWithSchema } from './tables.ts';

/**
 * Fills a database, in which we must have nothing yet, with contents that come from a schema, and brings it up to date
 * from there. Throws `BackupError` where we have, or where another program has a table with a name of ours.
 */
export async function fill(
  tx: Tx,
  { schema, contents }: { schema: string; contents: AsyncIterable<string> },
): Promise<Checksums> {
  await refuseOthers(tx);
  await refuseFull(tx);
  // One that is empty may have another schema already.
  await dropTables(tx);
  await makeSchema(tx, schema);
  await deleteAll(tx);
  const checksums = await load(tx, contents);
  await makeSchema(tx);
  return checksums;
}

/** Several programs may share a database. */
async function refuseOthers(tx: Tx): Promise<void> {
  const own = await ownTables(tx);
  const refusal = own.length > 0 ? await whyNotWhole(tx) : undefined;
  if (refusal) throw new BackupError(refusal);
  const name = (await selectNames(tx)).find((each) => !own.includes(each));
  if (name !== undefined)
    throw new BackupError(
      `There is a table "${name}" already, which the history of this database does not say is ours, and nothing is ever put over it. Name an empty database.`,
    );
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
  if (schema === undefined) throw new BackupError('This is no database of Countersign. Name the right one.');
  const refusal = await whyNotWhole(db);
  if (refusal) throw new BackupError(refusal);
  return schema;
}
