import type { Tx } from '../sqlite.ts';

/** The audit log as chains of HMACs. */
export async function up(_tx: Tx): Promise<void> {}
