import type { Tx } from '../../engine.ts';
import { typesOf } from '../../sql/dialect.ts';

/** Browsers that have signed in before. */
export async function up(tx: Tx): Promise<void> {
  const { bytes, text } = typesOf(tx);
  await tx.schema
    .createTable('browsers')
    .addColumn('id', text, (column) => column.primaryKey())
    .addColumn('token_hash', bytes, (column) => column.notNull().unique())
    .addColumn('user_id', text, (column) => column.notNull().references('users.id').onDelete('cascade'))
    .addColumn('created_at', 'bigint', (column) => column.notNull())
    .addColumn('last_used_at', 'bigint', (column) => column.notNull())
    .addColumn('expires_at', 'bigint', (column) => column.notNull())
    .addColumn('address', text, (column) => column.notNull())
    .addColumn('user_agent', text, (column) => column.notNull())
    .execute();
  await tx.schema.createIndex('browsers_by_user').on('browsers').columns(['user_id', 'last_used_at']).execute();
  await tx.schema.createIndex('browsers_by_expiry').on('browsers').column('expires_at').execute();
}
