import { existsSync } from 'node:fs';
import {
  type Database,
  type DatabasePlace,
  type Db,
  isNewDatabase,
  isPostgres,
  type Tx,
} from '../database/database.ts';
import { checkValue, createKeyring, type Keyring, type SealKey } from '../seal.ts';
import { createKeyFile, KeyError, type KeyPlace, mustBeGiven, putBack, readKeyFile } from './key-file.ts';
import { insertKey, type RecordedKey, selectKeys } from './store.ts';
import { throttleSecret } from './throttle-secret.ts';

/**
 * Opens the key file and holds it against the database, which remembers a check value of each key it has ever seen and
 * which key seals. With a SQLite file that has seen none, a missing file is made; with PostgreSQL never, because each
 * instance would make its own. Throws `KeyError` when they do not fit: a service that cannot open its secrets must not
 * start.
 */
export async function unlock(
  database: Database,
  place: KeyPlace,
  now: number,
): Promise<{ sealer: Keyring; throttleSecret: Buffer }> {
  const seen = await selectKeys(database.read);
  if (seen.length === 0 && !isPostgres(database.read)) await createKeyFile(place.keyFile, 'unless it exists');
  const keys = await readKeys(database.read, place);
  return database.transaction(async (tx) => {
    const recorded = await selectKeys(tx);
    const sealer = keyringOf(keys, recorded, place.keyFile);
    await recordKeys(tx, keys, recorded, sealer.activeKeyId(), now);
    return { sealer, throttleSecret: await throttleSecret(tx, sealer) };
  });
}

/** Throws `KeyError` where a key file is missing that nobody will make, before anything is made in the database. */
export async function requireKeyFile(database: DatabasePlace, place: KeyPlace): Promise<void> {
  if ('url' in database && !existsSync(place.keyFile) && (await isNewDatabase(database))) mustBeGiven(place);
}

/** The keys of the file that belongs to a database. Throws `KeyError` as `readKeyFile` does, in the words for its kind. */
export async function readKeys(db: Db, place: KeyPlace): Promise<SealKey[]> {
  if (isPostgres(db) && (await selectKeys(db)).length === 0) mustBeGiven(place);
  return readKeyFile(place);
}

/** Opens the key file as `unlock` does, for whoever only reads the database: nothing is made or recorded. */
export async function readKeyring(db: Db, place: KeyPlace): Promise<Keyring> {
  return keyringOf(await readKeys(db, place), await selectKeys(db), place.keyFile);
}

/** Those keys, held against what a database has recorded. Throws `KeyError` where they are others. */
export function keyringOf(keys: readonly SealKey[], recorded: readonly RecordedKey[], keyFile: string): Keyring {
  refuseStrangers(keys, recorded, keyFile);
  const active = activeOf(recorded) ?? keys[0]?.id ?? '';
  if (!keys.some((key) => key.id === active))
    throw new KeyError(`This database was sealed with key "${active}", which ${keyFile} does not hold. ${putBack}`);
  return createKeyring(keys, active);
}

/**
 * The key that the database records as the one that seals; none before the first start. Throws `KeyError` where it
 * records none or several though it has seen keys: then somebody has changed it, and a retired key must not seal again.
 */
export function activeOf(recorded: readonly RecordedKey[]): string | undefined {
  const active = recorded.filter((key) => key.active === 1);
  if (recorded.length > 0 && active.length !== 1)
    throw new KeyError(
      `The database says of ${active.length} keys that they seal, and of one it should: somebody has changed it. Put a backup back.`,
    );
  return active[0]?.id;
}

/** Throws `KeyError` where a key of the file has the id of a recorded one and is another key. */
export function refuseStrangers(keys: readonly SealKey[], recorded: readonly RecordedKey[], keyFile: string): void {
  for (const { id, check_value } of recorded) {
    const key = keys.find((each) => each.id === id);
    if (key && !checkValue(key).equals(check_value)) {
      throw new KeyError(`Key "${id}" in ${keyFile} is not the one that this database was sealed with. ${putBack}`);
    }
  }
}

/** Records the keys that the database has not seen yet. */
export async function recordKeys(
  tx: Tx,
  keys: readonly SealKey[],
  recorded: readonly RecordedKey[],
  active: string,
  now: number,
): Promise<void> {
  for (const key of keys) {
    if (recorded.some(({ id }) => id === key.id)) continue;
    await insertKey(tx, {
      id: key.id,
      check_value: checkValue(key),
      active: key.id === active ? 1 : 0,
      recorded_at: now,
    });
  }
}
