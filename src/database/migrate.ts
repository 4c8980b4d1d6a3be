import { type Migration, Migrator } from 'kysely/migration';
import { up as first } from './migrations/0001-first.ts';
import { up as portal } from './migrations/0002-portal.ts';
import type { Tx } from './sqlite.ts';

const migrations: Record<string, Migration> = { '0001-first': { up: first }, '0002-portal': { up: portal } };

/** Brings the schema up to date inside the transaction it is given, so that half a migration never stays. */
export async function migrate(tx: Tx): Promise<void> {
  const migrator = new Migrator({ db: tx, provider: { getMigrations: async () => migrations } });
  const { error } = await migrator.migrateToLatest();
  if (error) throw error;
}
