import { sql } from 'kysely';
import type { Tx } from '../../engine.ts';

/** What else would be looked for row by row among a million: an administrator, and links that have expired. */
export async function up(tx: Tx): Promise<void> {
  const administrators = tx.schema.createIndex('administrators').on('users').column('administrator');
  await administrators.where(sql<boolean>`administrator = 1`).execute();
  await tx.schema.createIndex('password_links_by_expiry').on('password_links').column('expires_at').execute();
}
