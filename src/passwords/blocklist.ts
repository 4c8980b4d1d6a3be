import { readFile, stat } from 'node:fs/promises';
import { blocklistForm, codePoints } from './prepare.ts';

/** Of an operator's file, in bytes. In memory it takes several times as much. */
const largestFile = 50 * 1000 * 1000;

/** No policy accepts a shorter password, so that shorter entries could never be met. */
const shortestEntry = 8;

const shippedFile = new URL('common-passwords.txt', import.meta.url);

/**
 * The passwords that nobody may choose, in `blocklistForm`: those that ship with the program, and those of an operator's
 * file (UTF-8, one a line, at most 50 MB, in any case; '' is no file). Throws an `Error` whose message says what to do when
 * that file cannot be used: a list that was asked for is never left out silently.
 */
export async function loadBlocklist(extraFile?: string): Promise<ReadonlySet<string>> {
  shipped ??= await readShipped();
  if (!extraFile) return shipped;
  const common = new Set(shipped);
  for (const line of (await readOperatorFile(extraFile)).split(/\r?\n/)) {
    const entry = blocklistForm(line);
    if (codePoints(entry) >= shortestEntry) common.add(entry);
  }
  return common;
}

/** The same in every service of a process. */
let shipped: ReadonlySet<string> | undefined;

async function readShipped(): Promise<ReadonlySet<string>> {
  // Shipped entries are in their form already: scripts/make-common-passwords.mjs sees to it, a test checks it.
  const common = new Set((await readText(shippedFile)).split('\n'));
  common.delete('');
  return common;
}

async function readOperatorFile(file: string): Promise<string> {
  try {
    return await readText(file);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new Error(
      `The list of refused passwords, ${file}, cannot be used: ${reason}. ` +
        'Give COUNTERSIGN_PASSWORD_BLOCKLIST_FILE a readable UTF-8 file of at most 50 MB with one password a line, or leave it out.',
      { cause: error },
    );
  }
}

async function readText(file: string | URL): Promise<string> {
  const facts = await stat(file);
  // A pipe or a device has no size to judge before it is read.
  if (!facts.isFile()) throw new Error('it is no regular file');
  if (facts.size > largestFile) throw new Error(`it has ${facts.size} bytes`);
  return new TextDecoder('utf-8', { fatal: true }).decode(await readFile(file));
}
