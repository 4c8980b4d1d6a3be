import { existsSync } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { addFile, liesWithin, makeFolder, readSmallFile, replaceFile } from '../files.ts';
import { newKeyLine, parseKeys, type SealKey } from '../seal.ts';

/** What keeps a key from being used; the message says what to do. */
export class KeyError extends Error {
  override name = 'KeyError';
}

/** Where the keys are, and the folder where they must not be. */
export interface KeyPlace {
  keyFile: string;
  data: string;
}

export const putBack =
  'Put the right key file back, or name it with --key-file (COUNTERSIGN_KEY_FILE). If it is lost for ever, `countersign key rotate --help` says what to do.';

/**
 * Throws `KeyError` where there is no key file: on PostgreSQL none is made by itself, because several instances would
 * each have their own, and a container would lose its own.
 */
export function mustBeGiven({ keyFile }: Pick<KeyPlace, 'keyFile'>): void {
  if (existsSync(keyFile)) return;
  throw new KeyError(
    `There is no key file ${keyFile}, and with PostgreSQL none is made by itself. Copy that of another instance there; for the very first one run \`countersign key create ${keyFile}\`, keep a copy, and copy it to every instance.`,
  );
}

/** Bytes of a key file: far more than all keys that there may ever be. */
const largestFile = 64 * 1024;

/**
 * Read by everybody, or written by group or everybody: who may read it may open everything, and who may write to it may
 * put a key of his own there.
 */
export const forbiddenMode = 0o026;

/**
 * The keys of the file. Throws `KeyError` when it is missing or broken, when everybody on the machine may read it
 * or others may write to it, and when it lies in the data folder, by whatever link.
 */
export async function readKeyFile({ keyFile, data }: KeyPlace): Promise<SealKey[]> {
  try {
    const text = await readSmallFile(keyFile, largestFile);
    if (text === undefined)
      throw new KeyError(`The key file ${keyFile} is missing, and this database was sealed with it. ${putBack}`);
    await refuseOpenToOthers(keyFile);
    await refuseWithin(keyFile, data);
    return parseKeys(text);
  } catch (error) {
    if (error instanceof KeyError) throw error;
    throw new KeyError(`The key file ${keyFile} cannot be used: ${error instanceof Error ? error.message : error}.`);
  }
}

async function refuseOpenToOthers(path: string): Promise<void> {
  const mode = (await stat(path)).mode & 0o777;
  if (process.platform === 'win32' || (mode & forbiddenMode) === 0) return;
  throw new KeyError(
    `The key file ${path} is open to others (mode ${mode.toString(8)}): run \`chmod 600 ${path}\`, and rotate the key if somebody may have read it.`,
  );
}

async function refuseWithin(path: string, folder: string): Promise<void> {
  if (!(await liesWithin(path, folder))) return;
  throw new KeyError(
    `The key file ${path} leads into the data folder: a copy of that would hold both. Keep it elsewhere, and name that place with --key-file.`,
  );
}

/**
 * Makes a key file with one new key, mode 0600, and answers when it will outlive a loss of power. The file appears whole or
 * not at all, and never in place of another: the loser of two that start at once reads the winner's.
 */
export async function createKeyFile(path: string, when: 'unless it exists' | 'or fail'): Promise<void> {
  await makeFolder(dirname(path));
  // Where somebody else keeps the file, its folder may be one that nobody here may write to.
  if (when === 'unless it exists' && existsSync(path)) return;
  const isAdded = await addFile(path, { text: newKeyLine(), mode: 0o600 });
  if (!isAdded && when === 'or fail') throw new KeyError(`${path} exists already; a key file is never overwritten.`);
}

/**
 * Adds a new key to a file and answers its id. The new file, of the same mode and owner, takes the place of the old one
 * whole or not at all, and is on the disk before it does. Callers see to it that no two do so at once.
 */
export async function addNewKey(path: string): Promise<string> {
  const line = newKeyLine();
  const text = `${(await readFile(path, 'utf8')).replace(/(?<!\n)$/, '\n')}${line}`;
  try {
    await replaceFile(path, { text, mode: (await stat(path)).mode & 0o777 });
  } catch (error) {
    throw new KeyError(
      `The key file ${path} could not be changed: ${error instanceof Error ? error.message : error}. If it comes from elsewhere, make a key with \`countersign key create FILE\` and add its line there.`,
    );
  }
  return line.split(' ')[0] ?? '';
}
