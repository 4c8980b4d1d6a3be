import type { Tx } from '../sqlite.ts';

/** Browsers that have signed in before. */
export async function up(_tx: Tx): Promise<void> {}
