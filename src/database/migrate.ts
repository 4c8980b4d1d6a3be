import { type Migration, Migrator } from 'kysely/migration';
import { up as first } from './migrations/0001-first.ts';
import { up as portal } from './migrations/0002-portal.ts';
import { up as knownBrowsers } from './migrations/0003-known-browsers.ts';
import { up as auditChain } from './migrations/0004-audit-chain.ts';
import { up as keys } from './migrations/0005-keys.ts';
import { up as passwordParameters } from './migrations/0006-password-parameters.ts';
import { up as clockResets } from './migrations/0007-clock.ts';
import type { Tx } from './sqlite.ts';

const migrations: Record<string, Migration> = {
  '0001-first': { up: first },
  '0002-portal': { up: portal },
  '0003-known-browsers': { up: knownBrowsers },
  '0004-audit-chain': { up: auditChain },
  '0005-keys': { up: keys },
  '0006-password-parameters': { up: passwordParameters },
  '0007-clock': { up: clockResets },
};

/** Brings the schema up to date inside the transaction it is given, so that half a migration never stays. */
export async function migrate(tx: Tx): Promise<void> {
  const migrator = new Migrator({ db: tx, provider: { getMigrations: async () => migrations } });
  const { error } = await migrator.migrateToLatest();
  if (error) throw error;
}
