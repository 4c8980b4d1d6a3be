/**
 * What a backup holds: every table, in an order in which each row comes after those that it belongs to. A table that a
 * migration adds is added here; a test holds this list against the schema.
 */
export interface Table {
  name: string;
  /** Its primary key, by which it is read a few rows at a time. */
  key: readonly string[];
  /** The column that the database numbers; its count goes on where it was, also behind rows that are gone. */
  counter?: string;
}

export const tables: readonly Table[] = [
  { name: 'users', key: ['id'] },
  { name: 'passwords', key: ['user_id'] },
  { name: 'password_links', key: ['user_id'] },
  { name: 'sessions', key: ['id'] },
  { name: 'half_sign_ins', key: ['id'] },
  { name: 'browsers', key: ['id'] },
  { name: 'service_tokens', key: ['id'] },
  { name: 'authenticators', key: ['user_id'] },
  { name: 'pending_authenticators', key: ['session_id'] },
  { name: 'recovery_codes', key: ['user_id', 'code_hash'] },
  { name: 'passkey_holders', key: ['user_id'] },
  { name: 'passkeys', key: ['id'] },
  { name: 'spent_challenges', key: ['hash'] },
  { name: 'budgets', key: ['key'] },
  { name: 'audit', key: ['sequence'], counter: 'sequence' },
  { name: 'audit_chains', key: ['number'] },
  { name: 'audit_register', key: ['only'] },
  { name: 'setup_links', key: ['only'] },
  { name: 'keys', key: ['id'] },
  { name: 'clock_resets', key: ['sequence'] },
  { name: 'service_secrets', key: ['name'] },
  { name: 'generations', key: ['number'] },
];

/** Tables that a backup leaves out: which migrations were run (its first line says it), and which processes are alive. */
export const leftOut: readonly string[] = ['schema_history', 'kysely_migration', 'kysely_migration_lock', 'instances'];

/** A table of which every database has a row before anything has happened in it. */
export const madeWithSchema: readonly string[] = ['audit_register'];
