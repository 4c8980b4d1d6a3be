import type { Tx } from '../../engine.ts';

/** In which order budgets are taken away to make room: those that count least, and of these the ones that expire first. */
export async function up(tx: Tx): Promise<void> {
  await tx.schema.createIndex('budgets_by_count').on('budgets').columns(['kept', 'charged', 'expires_at']).execute();
}
