import { existsSync } from 'node:fs';
import { chown, link, mkdir, open, readdir, readFile, realpath, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve, sep } from 'node:path';
import { minute, systemClock } from './clock.ts';
import { newId } from './tokens.ts';

/** Files that outlive a loss of power, whole or as they were before; and those that somebody else may have put there. */

interface Content {
  text: string | AsyncIterable<string>;
  /** Whatever the umask of this process takes away. */
  mode: number;
}

/** Adds a file, never over one that is there: answers whether it was added. It is on the disk then. */
export async function addFile(path: string, content: Content): Promise<boolean> {
  return writeDurably(path, content, async (draft) => {
    try {
      await link(draft, path).catch(async (error: unknown) => {
        if (!isCode(error, 'EPERM', 'ENOTSUP', 'ENOSYS')) throw error;
        // A file system without links, as on a USB stick: the name is taken first.
        await (await open(path, 'wx')).close();
        await rename(draft, path);
      });
      return true;
    } catch (error) {
      if (isCode(error, 'EEXIST')) return false;
      throw error;
    }
  });
}

/**
 * Puts a file in the place of one that may be there, by whatever link, whole or not at all; it is on the disk when this
 * answers. The owner stays, since another user than the service's may do so; so does the group where it may do anything.
 */
export async function replaceFile(path: string, content: Content): Promise<void> {
  const before = existsSync(path) ? await stat(path) : undefined;
  const place = before ? await realpath(path) : resolve(path);
  await writeDurably(place, content, async (draft) => {
    const made = await stat(draft);
    const isSame = made.uid === before?.uid && (made.gid === before.gid || (content.mode & 0o070) === 0);
    if (before && !isSame) await chown(draft, before.uid, before.gid);
    await rename(draft, place);
  });
}

/** Lets `put` give a draft its place: the draft is on the disk before that, and its place afterwards. */
async function writeDurably<T>(path: string, content: Content, put: (draft: string) => Promise<T>): Promise<T> {
  const draft = `${path}.${newId()}`;
  let done: T;
  try {
    const file = await open(draft, 'wx', content.mode);
    try {
      await file.chmod(content.mode);
      await file.writeFile(content.text);
      await file.sync();
    } finally {
      await file.close();
    }
    done = await put(draft);
  } finally {
    await rm(draft, { force: true });
  }
  await syncFolder(dirname(path));
  return done;
}

/** Deletes the drafts of a file that nobody has written to for a minute: whoever made them was ended in the midst of it. */
export async function removeDrafts(path: string): Promise<void> {
  const folder = dirname(resolve(path));
  for (const name of existsSync(folder) ? await readdir(folder) : []) {
    const isDraft = name.startsWith(`${basename(path)}.`) && /^[\w-]{20}$/.test(name.slice(basename(path).length + 1));
    // One that is being written may have its place by now.
    const found = isDraft ? await stat(join(folder, name)).catch(() => undefined) : undefined;
    if (found && systemClock() - found.mtimeMs > minute) await rm(join(folder, name), { force: true });
  }
}

/** Makes a folder for its owner alone, with those above it that are not there; they outlive a loss of power. */
export async function makeFolder(path: string): Promise<void> {
  const folder = resolve(path);
  const highest = await mkdir(folder, { recursive: true, mode: 0o700 });
  for (let made = folder; highest && made.length >= resolve(highest).length; made = dirname(made))
    await syncFolder(dirname(made));
}

/** Answers when what is in a file is on the disk. */
export async function syncFile(path: string): Promise<void> {
  await sync(path, 'r+');
}

/** Answers when the names in a folder are on the disk. Windows opens no folder; there the file system sees to it. */
export async function syncFolder(path: string): Promise<void> {
  if (process.platform !== 'win32') await sync(path, 'r');
}

async function sync(path: string, flags: 'r' | 'r+'): Promise<void> {
  const handle = await open(path, flags);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/**
 * The text of a file of at most so many bytes; nothing where there is none. Throws where it is no ordinary file: a pipe or
 * a device may never come to an end, and whoever reads it could not be stopped any more.
 */
export async function readSmallFile(path: string, most: number): Promise<string | undefined> {
  try {
    const found = await stat(path);
    if (!found.isFile() || found.size > most)
      throw new Error(`it is no ordinary file of at most ${Math.floor(most / 1024)} KiB`);
    return await readFile(path, 'utf8');
  } catch (error) {
    if (isCode(error, 'ENOENT')) return undefined;
    throw error;
  }
}

/** Whether a path that is there is in a folder, or is that folder, by whatever link; it is not where the folder is not there. */
export async function liesWithin(path: string, folder: string): Promise<boolean> {
  return existsSync(folder) && `${await realpath(path)}${sep}`.startsWith(`${await realpath(folder)}${sep}`);
}

function isCode(error: unknown, ...codes: string[]): boolean {
  return error instanceof Error && 'code' in error && codes.includes(String(error.code));
}
