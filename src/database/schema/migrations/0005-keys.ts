import type { Tx } from '../../engine.ts';
import { typesOf } from '../../sql/dialect.ts';

/** Rotating keys: live instances, and secrets of the service itself. */
export async function up(tx: Tx): Promise<void> {
  const { bytes, text } = typesOf(tx);
  await tx.schema
    .createTable('instances')
    .addColumn('id', text, (column) => column.primaryKey())
    .addColumn('name', text, (column) => column.notNull())
    .addColumn('started_at', 'bigint', (column) => column.notNull())
    .addColumn('seen_at', 'bigint', (column) => column.notNull())
    .addColumn('key_ids', text, (column) => column.notNull())
    .addColumn('seals_with', text, (column) => column.notNull())
    .execute();
  await tx.schema
    .createTable('service_secrets')
    .addColumn('name', text, (column) => column.primaryKey())
    .addColumn('sealed', bytes, (column) => column.notNull())
    .execute();
}
