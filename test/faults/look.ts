import assert from 'node:assert/strict';
import { createAudit } from '../../src/audit/audit.ts';
import { openDatabase } from '../../src/database/database.ts';
import { databaseOf, type Options } from '../../src/options.ts';
import { readKeyring } from '../../src/upkeep/upkeep.ts';
import { faultsOf, readStored, type Stored } from './stored.ts';

export type Place = Pick<Options, 'data' | 'keyFile' | 'databaseUrl'>;

/**
 * Opens a database as it was left, beside a service or without one, and looks at all of it: the file is whole, no row
 * refers to one that is gone, and the audit log fits its chains, or it throws. Answers what is stored, and how long the
 * log is.
 */
export async function lookAt(place: Place): Promise<{ stored: Stored; rows: number }> {
  const database = await openDatabase(databaseOf(place));
  try {
    assert.deepEqual(await faultsOf(database.read), []);
    const audit = createAudit({ sealer: await readKeyring(database.read, place), retention: 0 });
    const { faults, rows } = await audit.verify(database);
    assert.deepEqual(faults, []);
    return { stored: await readStored(database.read), rows };
  } finally {
    await database.close();
  }
}
