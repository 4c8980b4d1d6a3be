import type { Tx } from '../database/database.ts';
import type { Entry } from './events.ts';
import { insertEntry } from './store.ts';

/**
 * The audit log: one row for each security event, written in the transaction of what it tells of, so that neither
 * exists without the other. Rows hold ids, never names that do not exist, and no password, code or token.
 */
export type { Entry } from './events.ts';

/** Writes one event that happened at `at`. */
export async function record(tx: Tx, at: number, entry: Entry): Promise<void> {
  await insertEntry(tx, at, entry);
}
