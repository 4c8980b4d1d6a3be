import type { Tx } from '../../engine.ts';
import { typesOf } from '../../sql/dialect.ts';

/** The portal: half sign-ins, and tokens of programs that administer users. */
export async function up(tx: Tx): Promise<void> {
  const { bytes, integer, text } = typesOf(tx);
  await tx.schema
    .createTable('half_sign_ins')
    .addColumn('id', text, (column) => column.primaryKey())
    .addColumn('token_hash', bytes, (column) => column.notNull().unique())
    .addColumn('user_id', text, (column) => column.notNull().references('users.id').onDelete('cascade'))
    .addColumn('network', text, (column) => column.notNull())
    .addColumn('judged', text, (column) => column.notNull())
    .addColumn('return_to', text, (column) => column.notNull())
    .addColumn('created_at', 'bigint', (column) => column.notNull())
    .addColumn('expires_at', 'bigint', (column) => column.notNull())
    .addColumn('late_step', 'bigint')
    .addColumn('late_by', integer)
    .execute();
  await tx.schema
    .createIndex('half_sign_ins_by_user')
    .on('half_sign_ins')
    .columns(['user_id', 'network', 'created_at'])
    .execute();
  await tx.schema.createIndex('half_sign_ins_by_expiry').on('half_sign_ins').column('expires_at').execute();
  await tx.schema
    .createTable('service_tokens')
    .addColumn('id', text, (column) => column.primaryKey())
    .addColumn('token_hash', bytes, (column) => column.notNull().unique())
    .addColumn('name', text, (column) => column.notNull().unique())
    .addColumn('created_by', text, (column) => column.notNull().references('users.id').onDelete('cascade'))
    .addColumn('created_at', 'bigint', (column) => column.notNull())
    .addColumn('expires_at', 'bigint', (column) => column.notNull())
    .addColumn('last_used_at', 'bigint')
    .execute();
  await tx.schema.createIndex('service_tokens_by_maker').on('service_tokens').column('created_by').execute();
  await tx.schema.createIndex('service_tokens_by_expiry').on('service_tokens').column('expires_at').execute();
  await tx.schema.createIndex('audit_by_event').on('audit').columns(['event', 'sequence']).execute();
  await tx.schema.createIndex('audit_by_user_event').on('audit').columns(['user_id', 'event', 'sequence']).execute();
  await tx.schema.createIndex('audit_by_event_time').on('audit').columns(['event', 'at']).execute();
}
