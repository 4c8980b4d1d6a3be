import type { Tx } from '../../engine.ts';
import { typesOf } from '../../sql/dialect.ts';

/** Passkeys: whose they are, and the challenges that have been answered. */
export async function up(tx: Tx): Promise<void> {
  const { bytes, text } = typesOf(tx);
  await tx.schema
    .createTable('passkey_holders')
    .addColumn('user_id', text, (column) => column.primaryKey().references('users.id').onDelete('cascade'))
    .addColumn('handle', bytes, (column) => column.notNull().unique())
    .addColumn('version', text)
    .execute();
  await tx.schema
    .createTable('passkeys')
    .addColumn('id', text, (column) => column.primaryKey())
    .addColumn('user_id', text, (column) => column.notNull().references('users.id').onDelete('cascade'))
    .addColumn('credential_id', bytes, (column) => column.notNull().unique())
    .addColumn('rp_id', text, (column) => column.notNull())
    .addColumn('name', text, (column) => column.notNull())
    .addColumn('public_key', bytes, (column) => column.notNull())
    .addColumn('sign_count', 'bigint', (column) => column.notNull())
    .addColumn('transports', text, (column) => column.notNull())
    .addColumn('backup_eligible', 'smallint', (column) => column.notNull())
    .addColumn('backed_up', 'smallint', (column) => column.notNull())
    .addColumn('created_at', 'bigint', (column) => column.notNull())
    .addColumn('last_used_at', 'bigint')
    .execute();
  await tx.schema.createIndex('passkeys_by_user').on('passkeys').columns(['user_id', 'created_at']).execute();
  await tx.schema
    .createTable('spent_challenges')
    .addColumn('hash', bytes, (column) => column.primaryKey())
    .addColumn('expires_at', 'bigint', (column) => column.notNull())
    .execute();
  await tx.schema.createIndex('spent_challenges_by_expiry').on('spent_challenges').column('expires_at').execute();
}
