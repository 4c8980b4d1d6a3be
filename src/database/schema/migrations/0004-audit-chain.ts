import { sql } from 'kysely';
import type { Tx } from '../../engine.ts';
import { typesOf } from '../../sql/dialect.ts';

/** The audit log as chains of HMACs. */
export async function up(tx: Tx): Promise<void> {
  const { bytes, integer, text } = typesOf(tx);
  // Rows that are there already belong to no chain.
  await tx.schema.alterTable('audit').addColumn('chain', integer).execute();
  await tx.schema.alterTable('audit').addColumn('link', 'bigint').execute();
  await tx.schema.alterTable('audit').addColumn('mac', bytes).execute();
  await tx.schema
    .createTable('audit_chains')
    .addColumn('number', integer, (column) => column.primaryKey())
    .addColumn('key_id', text, (column) => column.notNull())
    .addColumn('lost_key_id', text)
    .addColumn('started_at', 'bigint', (column) => column.notNull())
    .addColumn('length', 'bigint', (column) => column.notNull())
    .addColumn('head', bytes, (column) => column.notNull())
    .addColumn('cut', 'bigint', (column) => column.notNull())
    .addColumn('cut_mac', bytes, (column) => column.notNull())
    .addColumn('flaws', integer, (column) => column.notNull())
    .addColumn('mac', bytes, (column) => column.notNull())
    .execute();
  await tx.schema
    .createTable('audit_register')
    .addColumn('only', 'smallint', (column) => column.primaryKey())
    .addColumn('first', integer, (column) => column.notNull())
    .addColumn('last', integer, (column) => column.notNull())
    .addColumn('since', 'bigint')
    .addColumn('key_id', text)
    .addColumn('mac', bytes)
    .execute();
  await sql`insert into audit_register ("only", first, last) values (1, 1, 0)`.execute(tx);
}
