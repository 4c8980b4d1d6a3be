import type { Tx } from '../../engine.ts';
import { typesOf } from '../../sql/dialect.ts';

/** The clock rule: the newest stored event is found by its time, and an operator may declare that earlier rows do not count. */
export async function up(tx: Tx): Promise<void> {
  const { integer } = typesOf(tx);
  await tx.schema.createIndex('audit_by_time').on('audit').column('at').execute();
  await tx.schema
    .createTable('clock_resets')
    .addColumn('sequence', integer, (column) => column.primaryKey())
    .addColumn('reset_at', 'bigint', (column) => column.notNull())
    .execute();
}
