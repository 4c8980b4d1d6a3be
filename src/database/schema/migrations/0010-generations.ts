import type { Tx } from '../../engine.ts';
import { typesOf } from '../../sql/dialect.ts';

/** The history of a database that was put back, and up to which row of the audit log marks are kept apart from it. */
export async function up(tx: Tx): Promise<void> {
  const { integer, text } = typesOf(tx);
  await tx.schema
    .createTable('generations')
    .addColumn('number', integer, (column) => column.primaryKey())
    .addColumn('id', text, (column) => column.notNull().unique())
    .addColumn('started_at', 'bigint', (column) => column.notNull())
    .addColumn('reason', text, (column) => column.notNull())
    .addColumn('marked', integer)
    .addColumn('renewed_at', 'bigint')
    .execute();
}
