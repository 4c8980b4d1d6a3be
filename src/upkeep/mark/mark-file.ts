import { existsSync } from 'node:fs';
import { chown, mkdir, readFile, realpath, rename, stat } from 'node:fs/promises';
import { dirname, resolve, sep } from 'node:path';
import * as z from 'zod';
import { isoTime } from '../../clock.ts';
import { putDown } from '../put-down.ts';

/** What keeps the service from serving a database that may be an older copy; the message says what to do. */
export class MarkError extends Error {
  override name = 'MarkError';
}

/** Where the mark is kept, if anywhere, and the folder where it must not be. */
export interface MarkPlace {
  markFile: string;
  data: string;
}

/** How far a database had come when this was written down apart from it. */
export interface Mark {
  /** The id of its generation. */
  generation: string;
  /** Its newest row of the audit log. */
  sequence: number;
  /** The mac of that row, in base64; empty where it has none, or was gone already. */
  row: string;
}

const form = z.object({
  generation: z.string().min(1).max(64),
  sequence: z.int().min(0),
  row: z.base64().max(64),
  renewed_at: z.iso.datetime(),
});

/** Bytes of a mark: far more than one has. */
const largestFile = 4096;

/** The mark that a file holds; nothing where there is no file. Throws `MarkError` where it is none, or lies with the data. */
export async function readMark({ markFile, data }: MarkPlace): Promise<Mark | undefined> {
  try {
    const found = await stat(markFile);
    // A pipe or a device may never come to an end.
    if (!found.isFile() || found.size > largestFile) throw new MarkError(`it is no ordinary file of a mark`);
    await refuseWithin(markFile, data);
    const { generation, sequence, row } = form.parse(JSON.parse(await readFile(markFile, 'utf8')));
    return { generation, sequence, row };
  } catch (error) {
    if (isMissing(error)) return undefined;
    if (error instanceof SyntaxError || error instanceof z.ZodError)
      throw new MarkError(`The mark file ${markFile} cannot be used: it holds no mark. ${lookThenAccept}`);
    throw new MarkError(`The mark file ${markFile} cannot be used: ${messageOf(error)}. ${mend}`);
  }
}

/**
 * Puts a mark in place of the last one, whole or not at all, mode 0600; it is on the disk when this answers. Makes the
 * folder where there is none. Throws `MarkError` where the file cannot be written.
 */
export async function writeMark({ markFile, data }: MarkPlace, mark: Mark, now: number): Promise<void> {
  const text = `${JSON.stringify({ ...mark, renewed_at: isoTime(now) })}\n`;
  try {
    await mkdir(dirname(resolve(markFile)), { recursive: true, mode: 0o700 });
    const before = existsSync(markFile) ? await stat(markFile) : undefined;
    const path = before ? await realpath(markFile) : resolve(markFile);
    await putDown(path, { text, mode: 0o600 }, async (draft) => {
      await refuseWithin(draft, data);
      // Another user than the service's may run a command; the service must still read what is its own.
      if (before && before.uid !== (await stat(draft)).uid) await chown(draft, before.uid, before.gid);
      await rename(draft, path);
    });
  } catch (error) {
    throw new MarkError(`The mark file ${markFile} cannot be written: ${messageOf(error)}. ${mend}`);
  }
}

const mend = 'Let the service write to its folder, or name another place with --mark-file (COUNTERSIGN_MARK_FILE).';

export const lookThenAccept =
  'Find out what happened; to go on with this database as it is, stop the service and run `countersign db restore --accept`.';

async function refuseWithin(path: string, folder: string): Promise<void> {
  if (!existsSync(folder) || !(await realpath(path)).startsWith((await realpath(folder)) + sep)) return;
  throw new MarkError('it lies in the data folder, and would be put back together with that');
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT';
}
