import { sql } from 'kysely';
import type { Tx } from '../sqlite.ts';

/** The audit log as chains of HMACs, and a mark on accounts that have ever had a password: the log no longer keeps all. */
export async function up(tx: Tx): Promise<void> {
  // Rows that are there already belong to no chain.
  await tx.schema.alterTable('audit').addColumn('chain', 'integer').execute();
  await tx.schema.alterTable('audit').addColumn('link', 'bigint').execute();
  await tx.schema.alterTable('audit').addColumn('mac', 'blob').execute();
  await tx.schema
    .createTable('audit_chains')
    .addColumn('number', 'integer', (column) => column.primaryKey())
    .addColumn('key_id', 'text', (column) => column.notNull())
    .addColumn('started_at', 'bigint', (column) => column.notNull())
    .addColumn('length', 'bigint', (column) => column.notNull())
    .addColumn('head', 'blob', (column) => column.notNull())
    .addColumn('cut', 'bigint', (column) => column.notNull())
    .addColumn('cut_mac', 'blob', (column) => column.notNull())
    .addColumn('flaws', 'integer', (column) => column.notNull())
    .addColumn('seal', 'blob', (column) => column.notNull())
    .execute();
  await tx.schema
    .createTable('audit_register')
    .addColumn('only', 'smallint', (column) => column.primaryKey())
    .addColumn('first', 'integer', (column) => column.notNull())
    .addColumn('last', 'integer', (column) => column.notNull())
    .addColumn('since', 'bigint')
    .addColumn('key_id', 'text')
    .addColumn('seal', 'blob')
    .execute();
  await sql`insert into audit_register (only, first, last) values (1, 1, 0)`.execute(tx);
  await markPasswords(tx);
}

async function markPasswords(tx: Tx): Promise<void> {
  await tx.schema
    .alterTable('users')
    .addColumn('password_given', 'smallint', (column) => column.notNull().defaultTo(0))
    .execute();
  await sql`update users set password_given = 1
    where id in (select user_id from passwords)
    or id in (select user_id from audit where event = 'password.changed')
    or id in (select user_id from audit where event = 'password.link_made' and detail like '%"forced":true%')`.execute(
    tx,
  );
}
