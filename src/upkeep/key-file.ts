import { existsSync } from 'node:fs';
import { chown, link, mkdir, readFile, realpath, rename, stat } from 'node:fs/promises';
import { dirname, resolve, sep } from 'node:path';
import { newKeyLine, parseKeys, type SealKey } from '../seal.ts';
import { putDown, syncFolder } from './put-down.ts';

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
 * Throws `KeyError` where there is no key file: on PostgreSQL none is made by the way, because several instances would
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
    await refuseEndless(keyFile);
    const text = await readFile(keyFile, 'utf8');
    await refuseOpenToOthers(keyFile);
    await refuseWithin(keyFile, data);
    return parseKeys(text);
  } catch (error) {
    if (error instanceof KeyError) throw error;
    if (isCode(error, 'ENOENT'))
      throw new KeyError(`The key file ${keyFile} is missing, and this database was sealed with it. ${putBack}`);
    throw new KeyError(`The key file ${keyFile} cannot be used: ${error instanceof Error ? error.message : error}.`);
  }
}

/** A pipe or a device may never come to an end, and whoever reads it could not be stopped any more. */
async function refuseEndless(path: string): Promise<void> {
  const found = await stat(path);
  if (found.isDirectory() || (found.isFile() && found.size <= largestFile)) return;
  throw new KeyError(`The key file ${path} cannot be used: it is no ordinary file of at most 64 KiB.`);
}

async function refuseOpenToOthers(path: string): Promise<void> {
  const mode = (await stat(path)).mode & 0o777;
  if (process.platform === 'win32' || (mode & forbiddenMode) === 0) return;
  throw new KeyError(
    `The key file ${path} is open to others (mode ${mode.toString(8)}): run \`chmod 600 ${path}\`, and rotate the key if somebody may have read it.`,
  );
}

async function refuseWithin(path: string, folder: string): Promise<void> {
  if (!existsSync(folder) || !(await realpath(path)).startsWith((await realpath(folder)) + sep)) return;
  throw new KeyError(
    `The key file ${path} leads into the data folder: a copy of that would hold both. Keep it elsewhere, and name that place with --key-file.`,
  );
}

/**
 * Makes a key file with one new key, mode 0600, and answers when it will outlive a loss of power. The file appears whole or
 * not at all, and never in place of another: the loser of two that start at once reads the winner's.
 */
export async function createKeyFile(path: string, when: 'unless it exists' | 'or fail'): Promise<void> {
  const folder = dirname(resolve(path));
  const highest = await mkdir(folder, { recursive: true, mode: 0o700 });
  // Where somebody else keeps the file, its folder may be one that nobody here may write to.
  if (when === 'unless it exists' && existsSync(path)) return;
  await putDown(path, { text: newKeyLine(), mode: 0o600 }, async (draft) => {
    try {
      await link(draft, path);
    } catch (error) {
      if (!isCode(error, 'EEXIST')) throw error;
      if (when === 'or fail') throw new KeyError(`${path} exists already; a key file is never overwritten.`);
    }
  });
  // Folders that were made for it must stay as well.
  for (let made = folder; highest && made.length >= resolve(highest).length; made = dirname(made))
    await syncFolder(dirname(made));
}

/**
 * Adds a new key to a file and answers its id. The new file, of the same mode and owner, takes the place of the old one
 * whole or not at all, and is on the disk before it does. Callers see to it that no two do so at once.
 */
export async function addNewKey(path: string): Promise<string> {
  const real = await realpath(path);
  const line = newKeyLine();
  const text = `${(await readFile(real, 'utf8')).replace(/(?<!\n)$/, '\n')}${line}`;
  const { mode, uid, gid } = await stat(real);
  try {
    await putDown(real, { text, mode: mode & 0o777 }, async (draft) => {
      const made = await stat(draft);
      if (made.uid !== uid || made.gid !== gid) await chown(draft, uid, gid);
      await rename(draft, real);
    });
  } catch (error) {
    throw new KeyError(
      `The key file ${path} could not be changed: ${error instanceof Error ? error.message : error}. If it comes from elsewhere, make a key with \`countersign key create FILE\` and add its line there.`,
    );
  }
  return line.split(' ')[0] ?? '';
}

function isCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}
