import type { Database } from '../database/database.ts';

/** Upkeep: keys, clean-up, health and metrics; what an operator needs and a person never sees. */
export { createAcceptClock } from './accept-clock.ts';
export { clockSentence, createClockCheck } from './clock-check.ts';
export { examine } from './doctor.ts';
export type { Finding } from './finding.ts';
export { createInstance, listInstances } from './instances.ts';
export { createKeyFile, KeyFileError, readKeyFile } from './key-file.ts';
export { unlock } from './keys.ts';
export { createMetrics, serveMetrics } from './metrics.ts';
export { reseal } from './reseal.ts';
export { activateKey, addKey, type KeyState, listKeys } from './rotate.ts';

type Sweep = Parameters<Database['transaction']>[0] extends (tx: infer T) => unknown
  ? (tx: T, now: number) => Promise<unknown>
  : never;

/**
 * Deletes what has expired, each kind in a transaction of its own, so that nobody waits for all of them. One that answers
 * `more` goes on in the next transaction.
 */
export async function sweep(database: Database, sweeps: readonly Sweep[], now: number): Promise<void> {
  for (const each of sweeps) {
    while ((await database.transaction((tx) => each(tx, now))) === 'more');
  }
}
