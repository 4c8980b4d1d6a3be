import type { Tx } from '../sqlite.ts';

/** Rotating keys: live instances, and secrets of the service itself. */
export async function up(_tx: Tx): Promise<void> {}
