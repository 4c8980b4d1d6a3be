import { type Db, listSealed, type SealedColumn } from '../database/database.ts';
import { sealedHashes } from '../passwords/passwords.ts';
import { createKeyring, type Keyring, type Place, type SealKey, Unsealable } from '../seal.ts';
import { sealedPendingSecrets, sealedSecrets } from '../totp/totp.ts';
import { findUsers } from '../users/users.ts';
import type { Finding } from './finding.ts';
import { listInstances } from './instances.ts';
import { KeyFileError, type KeyPlace, putBack, readKeyFile } from './key-file.ts';
import { activeOf, refuseStrangers } from './keys.ts';
import { sealedServiceSecrets } from './service-secrets.ts';
import { selectKeys } from './store.ts';

/** The keys as a check of the doctor: whether they are those of this database, and whose secrets they do not open. */

/** What the keys of the file are to this database, and a keyring of them, where the file can be read at all. */
export async function keyFindings(db: Db, place: KeyPlace): Promise<{ findings: Finding[]; keyring?: Keyring }> {
  let keys: SealKey[];
  try {
    keys = await readKeyFile(place);
  } catch (error) {
    if (error instanceof KeyFileError) return { findings: [failure(error.message)] };
    throw error;
  }
  const recorded = await selectKeys(db);
  const active = activeOf(recorded);
  const held = keys.some(({ id }) => id === active);
  const keyring = createKeyring(keys, (held ? active : keys[0]?.id) ?? '');
  try {
    refuseStrangers(keys, recorded, place.keyFile);
  } catch (error) {
    if (error instanceof KeyFileError) return { findings: [failure(error.message)], keyring };
    throw error;
  }
  if (active !== undefined && !held) {
    const missing = `This database was sealed with key "${active}", which ${place.keyFile} does not hold.`;
    return { findings: [failure(missing, putBack)], keyring };
  }
  const found = `The file holds ${keys.length === 1 ? 'one key' : `${keys.length} keys`}; "${keyring.activeKeyId()}" seals.`;
  return { findings: [{ check: 'keys', state: 'ok', found }], keyring };
}

/** Opens every password and authenticator secret, and names the users for whom that did not work. */
export async function secretFindings(db: Db, keyring: Keyring): Promise<Finding[]> {
  const pending = await unopened(db, keyring, sealedPendingSecrets);
  const findings = [
    ...(await userFindings(db, await unopened(db, keyring, sealedHashes), {
      what: 'The password',
      todo: 'give each a new password with `countersign user set-password NAME`',
    })),
    ...(await userFindings(db, await unopened(db, keyring, sealedSecrets), {
      what: 'The authenticator',
      todo: 'see that it is really them, run `countersign user reset-second-factor NAME`, and let each set up a new one',
    })),
    ...(pending.length > 0 ? [forgotten(pending.length)] : []),
  ];
  if (findings.length > 0) return findings;
  return [{ check: 'secrets', state: 'ok', found: 'Every password and authenticator opens.' }];
}

/** The secrets of the service itself; nothing to say where they open. */
export async function serviceSecretFindings(db: Db, keyring: Keyring): Promise<Finding[]> {
  const names = await unopened(db, keyring, sealedServiceSecrets);
  if (names.length === 0) return [];
  const found = `A secret of the service itself (${names.join(', ')}) cannot be opened, so it does not start.`;
  const todo = `${putBack} If that key is lost for ever, \`countersign key rotate --help\` says what to do.`;
  return [{ check: 'secrets', state: 'failure', found, todo }];
}

/** The rows of a column whose values do not open with these keys. */
async function unopened(db: Db, keyring: Keyring, column: SealedColumn): Promise<string[]> {
  const rows: string[] = [];
  for (let after = ''; ; ) {
    const values = await listSealed(db, column, { after, limit: batch });
    const last = values.at(-1);
    if (!last) return rows;
    for (const { row, sealed } of values) if (!opens(keyring, { ...column, row }, sealed)) rows.push(row);
    after = last.row;
  }
}

function opens(keyring: Keyring, place: Place, sealed: Buffer): boolean {
  try {
    keyring.open(place, sealed);
    return true;
  } catch (error) {
    if (error instanceof Unsealable) return false;
    throw error;
  }
}

async function userFindings(db: Db, ids: string[], told: { what: string; todo: string }): Promise<Finding[]> {
  if (ids.length === 0) return [];
  const users = await namesOf(db, ids);
  const whose = users.length === 1 ? 'one user' : `${users.length} users`;
  const found = `${told.what} of ${whose} cannot be opened, and is refused.`;
  const todo = `Look for the right key file or a whole backup first. If there is none, ${told.todo}.`;
  return [{ check: 'secrets', state: 'failure', found, todo, users }];
}

async function namesOf(db: Db, ids: string[]): Promise<string[]> {
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

const forgotten = (count: number): Finding => ({
  check: 'secrets',
  state: 'warning',
  found: `${count === 1 ? 'A new authenticator' : `${count} new authenticators`} being set up cannot be opened.`,
  todo: 'Nothing: it is forgotten after ten minutes, and made anew.',
});

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
