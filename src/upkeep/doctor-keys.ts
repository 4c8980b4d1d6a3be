import { type Db, placeIn, type SealedColumn, sealedBatches } from '../database/database.ts';
import { createKeyring, type Keyring, type SealKey, tryOpen } from '../seal.ts';
import { findUsers } from '../users/users.ts';
import type { Finding } from './finding.ts';
import { listInstances } from './instances.ts';
import { KeyError, type KeyPlace, putBack } from './key-file.ts';
import { activeOf, readKeys, refuseStrangers } from './keys.ts';
import { sealedColumns } from './sealed-columns.ts';
import { selectKeys } from './store.ts';

/** The keys as a check of the doctor: whether they are those of this database, and whose secrets they do not open. */

/** What the keys of the file are to this database, and a keyring of them, where the file can be read at all. */
export async function keyFindings(
  db: Db,
  place: KeyPlace,
  now: number,
): Promise<{ findings: Finding[]; keyring?: Keyring; fits?: true }> {
  let keys: SealKey[];
  let active: string | undefined;
  const recorded = await selectKeys(db);
  try {
    keys = await readKeys(db, place);
    active = activeOf(recorded);
  } catch (error) {
    if (error instanceof KeyError) return { findings: [failure(error.message)] };
    throw error;
  }
  const held = keys.some(({ id }) => id === active);
  const keyring = createKeyring(keys, (held ? active : keys[0]?.id) ?? '');
  try {
    refuseStrangers(keys, recorded, place.keyFile);
  } catch (error) {
    if (error instanceof KeyError) return { findings: [failure(error.message)], keyring };
    throw error;
  }
  if (active !== undefined && !held) {
    const missing = `This database was sealed with key "${active}", which ${place.keyFile} does not hold.`;
    return { findings: [failure(missing, await whoHolds(db, active, now))], keyring };
  }
  const found = `The file holds ${keys.length === 1 ? 'one key' : `${keys.length} keys`}; "${keyring.activeKeyId()}" seals.`;
  return { findings: [{ check: 'keys', state: 'ok', found }], keyring, fits: true };
}

/** Where a key may still be found that the file lacks. */
async function whoHolds(db: Db, key: string, now: number): Promise<string> {
  const tables = (await db.introspection.getTables()).map(({ name }) => name);
  const instances = tables.includes('instances') ? await listInstances(db, now) : [];
  const holder = instances.find(({ keyIds }) => keyIds.includes(key));
  return holder
    ? `${holder.name} runs and still holds it: do not stop that before the right file is back. ${putBack}`
    : putBack;
}

type Ids = readonly string[];

/** What is said of values of a column that do not open, by the ids of their rows. */
const told: Record<(typeof sealedColumns)[number]['kind'], (db: Db, ids: Ids) => Finding | Promise<Finding>> = {
  password: (db, ids) =>
    userFinding(db, ids, 'The password', 'give each a new password with `countersign user set-password NAME`'),
  authenticator: (db, ids) =>
    userFinding(
      db,
      ids,
      'The authenticator',
      'see that it is really them, run `countersign user reset-second-factor NAME`, and let each set up a new one',
    ),
  'new authenticator': (_, { length }) => ({
    check: 'secrets',
    state: 'warning',
    found: `${length === 1 ? 'A new authenticator' : `${length} new authenticators`} being set up cannot be opened.`,
    todo: 'Nothing: it is forgotten after ten minutes, and made anew.',
  }),
  'service secret': (_, names) => ({
    check: 'secrets',
    state: 'failure',
    found: `A secret of the service itself (${names.join(', ')}) cannot be opened, so it does not start.`,
    todo: `${putBack} If that key is lost for ever, \`countersign key rotate --help\` says what to do.`,
  }),
};

/** Opens everything that is sealed, and names the users for whom that did not work. */
export async function secretFindings(db: Db, keyring: Keyring): Promise<Finding[]> {
  const tables = (await db.introspection.getTables()).map(({ name }) => name);
  const findings: Finding[] = [];
  for (const { kind, column } of sealedColumns) {
    // An older schema may lack some of them.
    if (!tables.includes(column.table)) continue;
    const ids = await unopened(db, keyring, column);
    if (ids.length > 0) findings.push(await told[kind](db, ids));
  }
  if (findings.length > 0) return findings;
  return [{ check: 'secrets', state: 'ok', found: 'Everything that is sealed opens.' }];
}

/** The ids of the rows of a column whose values do not open with these keys. */
async function unopened(db: Db, keyring: Keyring, column: SealedColumn): Promise<string[]> {
  const ids: string[] = [];
  for await (const values of sealedBatches(db, column, { limit: batch }))
    for (const { id, sealed } of values) if (!tryOpen(keyring, placeIn(column, id), sealed)) ids.push(id);
  return ids;
}

async function userFinding(db: Db, ids: Ids, what: string, enrol: string): Promise<Finding> {
  const users = await namesOf(db, ids);
  const whose = users.length === 1 ? 'one user' : `${users.length} users`;
  const found = `${what} of ${whose} cannot be opened, and is refused.`;
  const todo = `Look for the right key file or a whole backup first. If there is none, ${enrol}.`;
  return { check: 'secrets', state: 'failure', found, todo, users };
}

async function namesOf(db: Db, ids: Ids): Promise<string[]> {
  const names: string[] = [];
  for (let start = 0; start < ids.length; start += batch) {
    const some = ids.slice(start, start + batch);
    const users = await findUsers(db, some);
    names.push(...some.map((id) => users.get(id)?.name ?? id));
  }
  return names.sort();
}

/** Rows that are read at a time: a statement takes only so many values. */
const batch = 500;

/** Whether all instances that serve now hold the keys of the file and seal with the active one. */
export async function instanceFindings(db: Db, keyring: Keyring, now: number): Promise<Finding[]> {
  const instances = await listInstances(db, now);
  const findings = instances.flatMap(({ name, keyIds, sealsWith }): Finding[] => {
    const missing = keyring.keyIds().filter((id) => !keyIds.includes(id));
    if (missing.length > 0) return [lagging(`${name} does not hold key "${missing.join('", "')}".`)];
    return sealsWith === keyring.activeKeyId() ? [] : [lagging(`${name} still seals with key "${sealsWith}".`)];
  });
  if (findings.length > 0) return findings;
  const found = instances.length === 0 ? 'None is running.' : `${instances.length} running, each with these keys.`;
  return [{ check: 'instances', state: 'ok', found }];
}

const lagging = (found: string): Finding => ({
  check: 'instances',
  state: 'warning',
  found,
  todo: 'Wait half a minute; if it stays, copy the key file to where that instance runs.',
});

const failure = (found: string, todo?: string): Finding => ({
  check: 'keys',
  state: 'failure',
  found,
  ...(todo ? { todo } : {}),
});
