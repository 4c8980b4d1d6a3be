import { existsSync } from 'node:fs';
import { realpath, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import * as z from 'zod';
import { liesWithin, makeFolder, readSmallFile, removeDrafts, replaceFile } from '../../files.ts';
import type { Sealer } from '../../seal.ts';
import { type Mark, type SignedMark, signedMark, signMark, whyNotSigned } from './signed-mark.ts';

/** What keeps the service from serving a database that may be an older copy; the message says what to do. */
export class MarkError extends Error {
  override name = 'MarkError';
}

/** Where the mark is kept, if anywhere, and the folder where it must not be. */
export interface MarkPlace {
  markFile: string;
  data: string;
}

/** Bytes of a mark: far more than one has. */
const largestFile = 4096;

/**
 * The mark that a file holds, whoever has signed it; nothing where there is no file. Throws `MarkError` where it is none,
 * or lies with the data.
 */
export async function readMark({ markFile, data }: MarkPlace): Promise<SignedMark | undefined> {
  try {
    const text = await readSmallFile(markFile, largestFile);
    if (text === undefined) return undefined;
    await refuseWithin(markFile, data);
    return signedMark.parse(JSON.parse(text));
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof z.ZodError)
      throw new MarkError(
        `The mark file ${markFile} cannot be used: it holds no mark. If it did, move it away; else name another place with --mark-file (COUNTERSIGN_MARK_FILE). ${lookThenAccept}`,
      );
    throw new MarkError(`The mark file ${markFile} cannot be used: ${messageOf(error)}. ${mend}`);
  }
}

/** The same, of which one of these keys has signed it. Throws `MarkError` otherwise, and as `readMark` does. */
export async function openMark(place: MarkPlace, sealer: Sealer): Promise<Mark | undefined> {
  const signed = await readMark(place);
  const why = signed && whyNotSigned(sealer, signed);
  if (why) throw new MarkError(`The mark file ${place.markFile} cannot be used: ${why}. ${lookThenAccept}`);
  return signed;
}

/** Throws `MarkError` where something else than a mark would be lost if one were made: an empty file is nothing. */
export async function refuseToReplace(place: MarkPlace): Promise<void> {
  if (existsSync(place.markFile) && (await stat(place.markFile)).size > 0) await readMark(place);
}

/**
 * Puts a mark in place of the last one, whole or not at all, mode 0600; it is on the disk when this answers. Makes the
 * folder where there is none. Throws `MarkError` where the file cannot be written.
 */
export async function writeMark({ markFile, data }: MarkPlace, sealer: Sealer, mark: Mark, now: number): Promise<void> {
  const text = `${JSON.stringify(signMark(sealer, mark, now))}\n`;
  try {
    await makeFolder(dirname(markFile));
    await refuseWithin(dirname(existsSync(markFile) ? await realpath(markFile) : markFile), data);
    await replaceFile(markFile, { text, mode: 0o600 });
  } catch (error) {
    throw new MarkError(`The mark file ${markFile} cannot be written: ${messageOf(error)}. ${mend}`);
  }
}

/** Deletes what was left behind by whoever was ended in the midst of writing a mark. */
export async function sweepDrafts({ markFile }: MarkPlace): Promise<void> {
  await removeDrafts(existsSync(markFile) ? await realpath(markFile) : markFile);
}

const mend = 'Let the service write to its folder, or name another place with --mark-file (COUNTERSIGN_MARK_FILE).';

export const lookThenAccept =
  'Find out what happened; to go on with this database as it is, stop the service and run `countersign db restore --accept`.';

async function refuseWithin(path: string, folder: string): Promise<void> {
  if (await liesWithin(path, folder))
    throw new Error('it lies in the data folder, and would be put back together with that');
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
