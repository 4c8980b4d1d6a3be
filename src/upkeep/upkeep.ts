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
export { createMetrics, type Metrics, serveMetrics } from './metrics.ts';
export { reseal } from './reseal.ts';
export { activateKey, addKey, type KeyState, listKeys } from './rotate.ts';

/** Deletes what has expired of one kind. */
type Sweep = (now: number) => Promise<void>;

/** A sweep in transactions of its own, so that nobody waits for all of them: while it answers `more`, it goes on in another. */
export function inTurns(database: Database, some: (tx: Tx, now: number) => Promise<unknown>): Sweep {
  return async (now) => {
    while ((await database.transaction((tx) => some(tx, now))) === 'more');
  };
}

/** Deletes what has expired, one kind after another. One that fails holds up no other: throws an `AggregateError` at the end. */
export async function sweep(sweeps: readonly Sweep[], now: number): Promise<void> {
  const errors: unknown[] = [];
  for (const each of sweeps) {
    try {
      await each(now);
    } catch (error) {
      errors.push(error);
    }
  }
  if (errors.length > 0) throw new AggregateError(errors, `${errors.length} of ${sweeps.length} sweeps have failed`);
}
