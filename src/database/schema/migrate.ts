import type { Db, Tx } from '../engine.ts';
import { addToHistory, type History, historyOf, makeHistory, recordSchema } from './history.ts';
import { up as first } from './migrations/0001-first.ts';
import { up as portal } from './migrations/0002-portal.ts';
import { up as knownBrowsers } from './migrations/0003-known-browsers.ts';
import { up as auditChain } from './migrations/0004-audit-chain.ts';
import { up as keys } from './migrations/0005-keys.ts';
import { up as passwordParameters } from './migrations/0006-password-parameters.ts';
import { up as clockResets } from './migrations/0007-clock.ts';
import { up as passwordGiven } from './migrations/0008-password-given.ts';
import { up as leastTelling } from './migrations/0009-least-telling.ts';
import { up as generations } from './migrations/0010-generations.ts';
import { up as manyUsers } from './migrations/0011-many-users.ts';
import { up as passkeys } from './migrations/0012-passkeys.ts';
import { describeSchema, type Schema } from './schema.ts';
import { refusalOf, type Standing, standingOf } from './standing.ts';

/** One that has been shipped is never changed again: a test has what each makes of an empty database. */
const migrations: Readonly<Record<string, (tx: Tx) => Promise<void>>> = {
  '0001-first': first,
  '0002-portal': portal,
  '0003-known-browsers': knownBrowsers,
  '0004-audit-chain': auditChain,
  '0005-keys': keys,
  '0006-password-parameters': passwordParameters,
  '0007-clock': clockResets,
  '0008-password-given': passwordGiven,
  '0009-least-telling': leastTelling,
  '0010-generations': generations,
  '0011-many-users': manyUsers,
  '0012-passkeys': passkeys,
};

/** Every migration of this version, in order. */
export const migrationNames: readonly string[] = Object.keys(migrations);

/** The migrations that have been run on a database, in order; `undefined` where it never was one of ours. */
export async function migrationsDone(db: Db): Promise<string[] | undefined> {
  return (await examineSchema(db)).history.done;
}

/** What is there, what should be, and how the two stand to one another. */
export async function examineSchema(db: Db): Promise<{ found: Schema; history: History; standing: Standing }> {
  const found = await describeSchema(db);
  const history = await historyOf(db, found);
  return { found, history, standing: await standingOf(db, migrationNames, { history, found }) };
}

/** What a start has done to the schema. */
export interface Upgrade {
  /** The migrations that it has run, in order. */
  ran: string[];
  /** The file that holds the database as it was before; nothing where it was new, or where none is made. */
  copy?: string;
}

/** What a start has done to a database that was there, for whoever started it; nothing where it did nothing. */
export function upgradeSentence({ ran, copy }: Upgrade): string | undefined {
  if (ran.length === 0 || ran[0] === migrationNames[0]) return undefined;
  const before = copy === undefined ? '' : ` As it was before, it is in ${copy}: delete that once all is well.`;
  return `The database was brought up to date (${ran.join(', ')}).${before}`;
}

interface How {
  /** Told which migration comes next before the first change of a database that holds anything; answers where the copy is. */
  keepCopy?: ((next: string) => Promise<string>) | undefined;
  /** The last migration to be run, where it is not the newest. */
  upTo?: string | undefined;
}

/**
 * Brings the schema up to date inside the transaction it is given, so that half a migration never stays. Throws where a
 * newer version has changed the schema, or somebody else has.
 */
export async function migrate(tx: Tx, { keepCopy, upTo }: How = {}): Promise<Upgrade> {
  const { found: before, history, standing } = await examineSchema(tx);
  const refusal = refusalOf(standing);
  if (refusal) throw new Error(refusal);
  const missing = standing.missing.filter((name) => upTo === undefined || name <= upTo);
  const [next] = missing;
  if (next === undefined && history.checksum !== undefined) return { ran: [] };

  const holdsAnything = Object.keys(before).length > 0;
  const copy = next !== undefined && holdsAnything ? await keepCopy?.(next) : undefined;
  await makeHistory(tx, before);
  for (const name of missing) {
    await migrations[name]?.(tx);
    await addToHistory(tx, name);
  }
  await recordSchema(tx, { history, before, now: await describeSchema(tx) });
  return { ran: missing, ...(copy === undefined ? {} : { copy }) };
}
