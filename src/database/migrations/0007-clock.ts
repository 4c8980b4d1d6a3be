import type { Tx } from '../sqlite.ts';

/** Resets of the clock rule. */
export async function up(_tx: Tx): Promise<void> {}
