import type { Database } from '../database/database.ts';

/** Upkeep: keys, clean-up, health and metrics; what an operator needs and a person never sees. */
export { createKeyFile, KeyFileError, unlock } from './keys.ts';
export { createMetrics, serveMetrics } from './metrics.ts';

type Sweep = Parameters<Database['transaction']>[0] extends (tx: infer T) => unknown
  ? (tx: T, now: number) => Promise<void>
  : never;

/** Deletes what has expired, each kind in a transaction of its own, so that nobody waits for all of them. */
export async function sweep(database: Database, sweeps: readonly Sweep[], now: number): Promise<void> {
  for (const each of sweeps) await database.transaction((tx) => each(tx, now));
}
