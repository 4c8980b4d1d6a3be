import { link, mkdir, readFile, unlink, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Database } from '../database/database.ts';
import { checkValue, createSealer, newKeyLine, parseKeys, type Sealer, type SealKey } from '../seal.ts';
import { newId } from '../tokens.ts';
import { insertKey, selectKeys } from './store.ts';

/** A key file that is missing, broken, or not the one of this database; the message says what to do. */
export class KeyFileError extends Error {
  override name = 'KeyFileError';
}

/**
 * Opens the key file and holds it against the database, which remembers a check value of each key it has ever seen and
 * which key seals. With a database that has seen none, a missing file is made. Throws `KeyFileError` when they do not
 * fit: a service that cannot open its secrets must not start.
 */
export async function unlock(database: Database, path: string, now: number): Promise<Sealer> {
  const seen = await selectKeys(database.read);
  if (seen.length === 0) await createKeyFile(path, 'unless it exists');
  const keys = await readKeyFile(path);
  return database.transaction(async (tx) => {
    const recorded = await selectKeys(tx);
    for (const { id, check_value } of recorded) {
      const key = keys.find((each) => each.id === id);
      if (key && !checkValue(key).equals(check_value)) {
        throw new KeyFileError(`Key "${id}" in ${path} is not the one that this database was sealed with. ${putBack}`);
      }
    }
    const active = recorded.find((each) => each.active === 1)?.id ?? keys[0]?.id ?? '';
    if (!keys.some((key) => key.id === active)) {
      throw new KeyFileError(`This database was sealed with key "${active}", which ${path} does not hold. ${putBack}`);
    }
    for (const key of keys) {
      if (recorded.some((each) => each.id === key.id)) continue;
      await insertKey(tx, {
        id: key.id,
        check_value: checkValue(key),
        active: key.id === active ? 1 : 0,
        recorded_at: now,
      });
    }
    return createSealer(keys, active);
  });
}

/**
 * Makes a key file with one new key, mode 0600. The file appears whole or not at all, and never in place of another:
 * the loser of two that start at once reads the winner's.
 */
export async function createKeyFile(path: string, when: 'unless it exists' | 'or fail'): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const draft = `${path}.${newId()}`;
  await writeFile(draft, newKeyLine(), { mode: 0o600, flag: 'wx' });
  try {
    await link(draft, path);
  } catch (error) {
    if (!isCode(error, 'EEXIST')) throw error;
    if (when === 'or fail') throw new KeyFileError(`${path} exists already; a key file is never overwritten.`);
  } finally {
    await unlink(draft);
  }
}

const putBack = 'Put the right key file back, or name it with --key-file (COUNTERSIGN_KEY_FILE).';

async function readKeyFile(path: string): Promise<SealKey[]> {
  try {
    return parseKeys(await readFile(path, 'utf8'));
  } catch (error) {
    if (isCode(error, 'ENOENT'))
      throw new KeyFileError(`The key file ${path} is missing, and this database was sealed with it. ${putBack}`);
    throw new KeyFileError(`The key file ${path} cannot be used: ${error instanceof Error ? error.message : error}.`);
  }
}

function isCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}
