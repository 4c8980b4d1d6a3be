import type { Tx } from '../../engine.ts';
import { isPostgres, typesOf } from '../../sql/dialect.ts';

/**
 * The first schema. Types that SQLite and PostgreSQL share: text ids, bigint milliseconds, smallint for yes and no.
 * What belongs to a user or a session goes with it by foreign key; audit rows stay.
 */
export async function up(tx: Tx): Promise<void> {
  await users(tx);
  await sessions(tx);
  await secondFactors(tx);
  await service(tx);
}

async function users(tx: Tx): Promise<void> {
  const { bytes, text } = typesOf(tx);
  await tx.schema
    .createTable('users')
    .addColumn('id', text, (column) => column.primaryKey())
    .addColumn('name', text, (column) => column.notNull().unique())
    .addColumn('administrator', 'smallint', (column) => column.notNull())
    .addColumn('disabled', 'smallint', (column) => column.notNull())
    .addColumn('created_at', 'bigint', (column) => column.notNull())
    .execute();
  await tx.schema
    .createTable('passwords')
    .addColumn('user_id', text, (column) => column.primaryKey().references('users.id').onDelete('cascade'))
    .addColumn('hash', bytes, (column) => column.notNull())
    .addColumn('short', 'smallint', (column) => column.notNull())
    .addColumn('version', text, (column) => column.notNull())
    .addColumn('changed_at', 'bigint', (column) => column.notNull())
    .execute();
  await tx.schema
    .createTable('password_links')
    .addColumn('user_id', text, (column) => column.primaryKey().references('users.id').onDelete('cascade'))
    .addColumn('token_hash', bytes, (column) => column.notNull().unique())
    .addColumn('expires_at', 'bigint', (column) => column.notNull())
    .execute();
}

async function sessions(tx: Tx): Promise<void> {
  const { bytes, text } = typesOf(tx);
  await tx.schema
    .createTable('sessions')
    .addColumn('id', text, (column) => column.primaryKey())
    .addColumn('token_hash', bytes, (column) => column.notNull().unique())
    .addColumn('user_id', text, (column) => column.notNull().references('users.id').onDelete('cascade'))
    .addColumn('created_at', 'bigint', (column) => column.notNull())
    .addColumn('expires_at', 'bigint', (column) => column.notNull())
    .addColumn('last_seen_at', 'bigint', (column) => column.notNull())
    .addColumn('password_at', 'bigint', (column) => column.notNull())
    .addColumn('second_factor', text)
    .addColumn('second_factor_at', 'bigint')
    .addColumn('address', text, (column) => column.notNull())
    .addColumn('user_agent', text, (column) => column.notNull())
    .execute();
  await tx.schema.createIndex('sessions_by_user').on('sessions').columns(['user_id', 'created_at']).execute();
  await tx.schema.createIndex('sessions_by_expiry').on('sessions').column('expires_at').execute();
}

async function secondFactors(tx: Tx): Promise<void> {
  const { bytes, text } = typesOf(tx);
  await tx.schema
    .createTable('authenticators')
    .addColumn('user_id', text, (column) => column.primaryKey().references('users.id').onDelete('cascade'))
    .addColumn('id', text, (column) => column.notNull().unique())
    .addColumn('secret', bytes, (column) => column.notNull())
    .addColumn('bound_at', 'bigint', (column) => column.notNull())
    .addColumn('bound_by', text, (column) => column.notNull())
    .addColumn('shown', 'smallint', (column) => column.notNull())
    .addColumn('proved_at', 'bigint')
    .addColumn('last_step', 'bigint', (column) => column.notNull())
    .execute();
  await tx.schema
    .createTable('pending_authenticators')
    .addColumn('session_id', text, (column) => column.primaryKey().references('sessions.id').onDelete('cascade'))
    .addColumn('user_id', text, (column) => column.notNull().references('users.id').onDelete('cascade'))
    .addColumn('id', text, (column) => column.notNull().unique())
    .addColumn('secret', bytes, (column) => column.notNull())
    .addColumn('expires_at', 'bigint', (column) => column.notNull())
    .execute();
  await tx.schema.createIndex('pending_by_user').on('pending_authenticators').column('user_id').execute();
  await tx.schema
    .createTable('recovery_codes')
    .addColumn('user_id', text, (column) => column.notNull().references('users.id').onDelete('cascade'))
    .addColumn('code_hash', bytes, (column) => column.notNull())
    .addPrimaryKeyConstraint('recovery_codes_key', ['user_id', 'code_hash'])
    .execute();
}

async function service(tx: Tx): Promise<void> {
  const { bytes, integer, text } = typesOf(tx);
  await tx.schema
    .createTable('budgets')
    .addColumn('key', bytes, (column) => column.primaryKey())
    .addColumn('charged', integer, (column) => column.notNull())
    .addColumn('awaiting', integer, (column) => column.notNull())
    .addColumn('awaiting_until', 'bigint', (column) => column.notNull())
    .addColumn('blocked_until', 'bigint', (column) => column.notNull())
    .addColumn('kept', 'smallint', (column) => column.notNull())
    .addColumn('expires_at', 'bigint', (column) => column.notNull())
    .execute();
  await tx.schema.createIndex('budgets_by_expiry').on('budgets').columns(['kept', 'expires_at']).execute();
  await tx.schema
    .createTable('audit')
    .addColumn('sequence', integer, (column) =>
      isPostgres(tx) ? column.primaryKey().generatedByDefaultAsIdentity() : column.primaryKey().autoIncrement(),
    )
    .addColumn('at', 'bigint', (column) => column.notNull())
    .addColumn('event', text, (column) => column.notNull())
    .addColumn('user_id', text)
    .addColumn('actor_id', text)
    .addColumn('session_id', text)
    .addColumn('address', text)
    .addColumn('detail', text)
    .execute();
  await tx.schema.createIndex('audit_by_user').on('audit').columns(['user_id', 'sequence']).execute();
  await tx.schema
    .createTable('setup_links')
    .addColumn('only', 'smallint', (column) => column.primaryKey())
    .addColumn('token_hash', bytes, (column) => column.notNull())
    .addColumn('expires_at', 'bigint', (column) => column.notNull())
    .execute();
  await tx.schema
    .createTable('keys')
    .addColumn('id', text, (column) => column.primaryKey())
    .addColumn('check_value', bytes, (column) => column.notNull())
    .addColumn('active', 'smallint', (column) => column.notNull())
    .addColumn('recorded_at', 'bigint', (column) => column.notNull())
    .execute();
}
