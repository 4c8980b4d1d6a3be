import type { Tx } from '../sqlite.ts';

/** With which parameters each password was hashed. */
export async function up(_tx: Tx): Promise<void> {}
