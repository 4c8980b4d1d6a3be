import type { Database, Tx } from '../database/database.ts';
import { checkValue, createKeyring, type Keyring, type SealKey } from '../seal.ts';
import { createKeyFile, KeyFileError, type KeyPlace, putBack, readKeyFile } from './key-file.ts';
import { serviceSecret } from './service-secrets.ts';
import { insertKey, type RecordedKey, selectKeys } from './store.ts';

/**
 * Opens the key file and holds it against the database, which remembers a check value of each key it has ever seen and
 * which key seals. With a database that has seen none, a missing file is made. Throws `KeyFileError` when they do not
 * fit: a service that cannot open its secrets must not start.
 */
export async function unlock(
  database: Database,
  place: KeyPlace,
  now: number,
): Promise<{ sealer: Keyring; throttleSecret: Buffer }> {
  const seen = await selectKeys(database.read);
  if (seen.length === 0) await createKeyFile(place.keyFile, 'unless it exists');
  const keys = await readKeyFile(place);
  return database.transaction(async (tx) => {
    const recorded = await selectKeys(tx);
    refuseStrangers(keys, recorded, place.keyFile);
    const active = activeOf(recorded) ?? keys[0]?.id ?? '';
    if (!keys.some((key) => key.id === active)) {
      throw new KeyFileError(
        `This database was sealed with key "${active}", which ${place.keyFile} does not hold. ${putBack}`,
      );
    }
    await recordKeys(tx, keys, recorded, active, now);
    const sealer = createKeyring(keys, active);
    return { sealer, throttleSecret: await serviceSecret(tx, sealer, 'throttle') };
  });
}

/** The key that the database records as the one that seals; none before the first start. */
export function activeOf(recorded: readonly RecordedKey[]): string | undefined {
  return recorded.find(({ active }) => active === 1)?.id;
}

/** Throws `KeyFileError` where a key of the file has the id of a recorded one and is another key. */
export function refuseStrangers(keys: readonly SealKey[], recorded: readonly RecordedKey[], keyFile: string): void {
  for (const { id, check_value } of recorded) {
    const key = keys.find((each) => each.id === id);
    if (key && !checkValue(key).equals(check_value)) {
      throw new KeyFileError(`Key "${id}" in ${keyFile} is not the one that this database was sealed with. ${putBack}`);
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
