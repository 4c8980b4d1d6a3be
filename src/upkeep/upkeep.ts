import type { Database, Tx } from '../database/database.ts';

/** Upkeep: keys, clean-up, health and metrics; what an operator needs and a person never sees. */
export { createAcceptClock } from './accept-clock.ts';
export {
  backUp,
  copyDatabase,
  restore,
  verifyBackup,
  type Whole,
} from './backup/backup.ts';
export { createClockCheck, type DatabaseTime, databaseTimeFor, whileAgreed } from './clock-check.ts';
export { examine } from './doctor.ts';
export { nearestFolder } from './doctor-files.ts';
export type { Finding } from './finding.ts';
export { createInstance, listInstances, whoServes } from './instances.ts';
export { createKeyFile, KeyError, mustBeGiven, readKeyFile } from './key-file.ts';
export { readKeyring, readKeys, requireKeyFile, unlock } from './keys.ts';
export { createAcceptRestored } from './mark/accept.ts';
export { readExported } from './mark/changed-since.ts';
export { beginHistory, noteRestored } from './mark/generations.ts';
export { createMarkKeeper } from './mark/mark.ts';
export { readMark } from './mark/mark-file.ts';
export { createMetrics, serveMetrics } from './metrics.ts';
export { reseal } from './reseal.ts';
export { activateKey, addKey, type KeyState, listKeys } from './rotate.ts';

type Sweep = (tx: Tx, now: number) => Promise<unknown>;

/**
 * Deletes what has expired, each kind in a transaction of its own, so that nobody waits for all of them. One that answers
 * `more` goes on in the next transaction. One that fails holds up no other: throws an `AggregateError` at the end.
 */
export async function sweep(database: Database, sweeps: readonly Sweep[], now: number): Promise<void> {
  const errors: unknown[] = [];
  for (const each of sweeps) {
    try {
      while ((await database.transaction((tx) => each(tx, now))) === 'more');
    } catch (error) {
      errors.push(error);
    }
  }
  if (errors.length > 0) throw new AggregateError(errors, `${errors.length} of ${sweeps.length} sweeps have failed`);
}
