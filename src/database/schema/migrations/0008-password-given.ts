import { sql } from 'kysely';
import type { Tx } from '../../engine.ts';

/** A mark on accounts that have ever had a password: the audit log, which told it so far, no longer keeps all. */
export async function up(tx: Tx): Promise<void> {
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
