import { existsSync } from 'node:fs';
import { chown, link, mkdir, open, readFile, realpath, rename, stat, unlink, writeFile } from 'node:fs/promises';
import { dirname, sep } from 'node:path';
import { newKeyLine, parseKeys, type SealKey } from '../seal.ts';
import { newId } from '../tokens.ts';

/** A key file that is missing, broken, or not the one of this database; the message says what to do. */
export class KeyFileError extends Error {
  override name = 'KeyFileError';
}

/** Where the keys are, and the folder where they must not be. */
export interface KeyPlace {
  keyFile: string;
  data: string;
}

export const putBack = 'Put the right key file back, or name it with --key-file (COUNTERSIGN_KEY_FILE).';

/** Who may read it may open everything, and who may write to it may put a key of his own there. */
const othersMay = 0o026;

/**
 * The keys of the file. Throws `KeyFileError` when it is missing or broken, when everybody on the machine may read it
 * or others may write to it, and when it lies in the data folder, by whatever link.
 */
export async function readKeyFile({ keyFile, data }: KeyPlace): Promise<SealKey[]> {
  try {
    const text = await readFile(keyFile, 'utf8');
    await refuseOpenToOthers(keyFile);
    await refuseWithin(keyFile, data);
    return parseKeys(text);
  } catch (error) {
    if (error instanceof KeyFileError) throw error;
    if (isCode(error, 'ENOENT'))
      throw new KeyFileError(`The key file ${keyFile} is missing, and this database was sealed with it. ${putBack}`);
    throw new KeyFileError(
      `The key file ${keyFile} cannot be used: ${error instanceof Error ? error.message : error}.`,
    );
  }
}

async function refuseOpenToOthers(path: string): Promise<void> {
  const mode = (await stat(path)).mode & 0o777;
  if (process.platform === 'win32' || (mode & othersMay) === 0) return;
  throw new KeyFileError(
    `The key file ${path} is open to others (mode ${mode.toString(8)}): run \`chmod 600 ${path}\`, and rotate the key if somebody may have read it.`,
  );
}

async function refuseWithin(path: string, folder: string): Promise<void> {
  if (!existsSync(folder) || !(await realpath(path)).startsWith((await realpath(folder)) + sep)) return;
  throw new KeyFileError(
    `The key file ${path} leads into the data folder: a copy of that would hold both. Keep it elsewhere, and name that place with --key-file.`,
  );
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

/**
 * Adds a new key to a file and answers its id. The new file, of the same mode and owner, takes the place of the old one
 * whole or not at all, and is on the disk before it does. Callers see to it that no two do so at once.
 */
export async function addNewKey(path: string): Promise<string> {
  const real = await realpath(path);
  const draft = `${real}.${newId()}`;
  const line = newKeyLine();
  const text = await readFile(real, 'utf8');
  const { mode, uid, gid } = await stat(real);
  try {
    const file = await open(draft, 'wx', mode & 0o777);
    try {
      await file.writeFile(text.replace(/(?<!\n)$/, '\n') + line);
      await file.sync();
    } finally {
      await file.close();
    }
    const made = await stat(draft);
    if (made.uid !== uid || made.gid !== gid) await chown(draft, uid, gid);
    await rename(draft, real);
  } catch (error) {
    await unlink(draft).catch(() => undefined);
    throw new KeyFileError(
      `The key file ${path} could not be changed: ${error instanceof Error ? error.message : error}. If it comes from elsewhere, make a key with \`countersign key create FILE\` and add its line there.`,
    );
  }
  return line.split(' ')[0] ?? '';
}

function isCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}
