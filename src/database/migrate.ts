import { sql } from 'kysely';
import { type Migration, Migrator } from 'kysely/migration';
import { up as first } from './migrations/0001-first.ts';
import { up as portal } from './migrations/0002-portal.ts';
import { up as knownBrowsers } from './migrations/0003-known-browsers.ts';
import { up as auditChain } from './migrations/0004-audit-chain.ts';
import { up as keys } from './migrations/0005-keys.ts';
import { up as passwordParameters } from './migrations/0006-password-parameters.ts';
import { up as clockResets } from './migrations/0007-clock.ts';
import { up as passwordGiven } from './migrations/0008-password-given.ts';
import { up as leastTelling } from './migrations/0009-least-telling.ts';
import type { Db, Tx } from './sqlite.ts';

const migrations: Record<string, Migration> = {
  '0001-first': { up: first },
  '0002-portal': { up: portal },
  '0003-known-browsers': { up: knownBrowsers },
  '0004-audit-chain': { up: auditChain },
  '0005-keys': { up: keys },
  '0006-password-parameters': { up: passwordParameters },
  '0007-clock': { up: clockResets },
  '0008-password-given': { up: passwordGiven },
  '0009-least-telling': { up: leastTelling },
};

/** Every migration of this version, in order. */
export const migrationNames: readonly string[] = Object.keys(migrations);

/** The migrations that have been run on a database, in order; `undefined` where it never was one of ours. */
export async function migrationsDone(db: Db): Promise<string[] | undefined> {
  const tables = await sql`select name from sqlite_schema where name = 'kysely_migration'`.execute(db);
  if (tables.rows.length === 0) return undefined;
  const { rows } = await sql<{ name: string }>`select name from kysely_migration order by name`.execute(db);
  return rows.map(({ name }) => name);
}

/**
 * Brings the schema up to date inside the transaction it is given, so that half a migration never stays. Throws where a
 * newer version has changed it.
 */
export async function migrate(tx: Tx): Promise<void> {
  const unknown = (await migrationsDone(tx))?.find((name) => !migrationNames.includes(name));
  if (unknown) {
    throw new Error(
      `A newer version has changed this database (${unknown}): install that version again, or a newer one.`,
    );
  }
  const migrator = new Migrator({ db: tx, provider: { getMigrations: async () => migrations } });
  const { error } = await migrator.migrateToLatest();
  if (error) throw error;
  const [foreign] = await foreignParts(tx);
  if (foreign)
    throw new Error(
      `Somebody has put a ${foreign} into this database, which may change what is stored behind our back: look at who could write to it, then drop it or put a backup back.`,
    );
}

/** Triggers and views: the schema has none, and one that somebody has planted could undo what we write. */
export async function foreignParts(db: Db): Promise<string[]> {
  const { rows } = await sql<{ type: string; name: string }>`
    select type, name from sqlite_schema where type in ('trigger', 'view') order by name`.execute(db);
  return rows.map(({ type, name }) => `${type} (${name.replace(/[^\w-]/g, '?')})`);
}
