import { readFile, stat } from 'node:fs/promises';
import { shipped } from '../shipped.ts';
import { blocklistForm, codePoints } from './prepare.ts';

/** Of an operator's file, in bytes. In memory it takes several times as much. */
const largestFile = 50 * 1000 * 1000;

/** No policy accepts a shorter password, so that shorter entries could never be met. */
const shortestEntry = 8;

/** Passwords that nobody may choose, in `blocklistForm`. */
export type Blocklist = Pick<ReadonlySet<string>, 'has'>;

/**
 * The passwords that nobody may choose: those that ship with the program, and those of an operator's
 * file (UTF-8, one a line, at most 50 MB, in any case; '' is no file). Throws an `Error` whose message says what to do when
 * that file cannot be used: a list that was asked for is never left out silently.
 */
export async function loadBlocklist(extraFile?: string): Promise<Blocklist> {
  ours ??= await readOurs();
  if (!extraFile) return ours;
  const { has } = ours;
  const theirs = new Set<string>();
  for (const line of (await readOperatorFile(extraFile)).split(/\r?\n/)) {
    const entry = blocklistForm(line);
    if (codePoints(entry) >= shortestEntry) theirs.add(entry);
  }
  return { has: (entry) => has(entry) || theirs.has(entry) };
}

/** The same in every service of a process. */
let ours: Blocklist | undefined;

/**
 * The bytes of the file, searched as they are: that is a small part of a millisecond, and as strings they would take ten
 * times the memory in every process that may never be asked.
 */
async function readOurs(): Promise<Blocklist> {
  // Shipped entries are in their form already: scripts/make-common-passwords.mjs sees to it, a test checks it.
  const lines = Buffer.concat([lineEnd, await readFile(shipped('passwords/common-passwords.txt'))]);
  return { has: (entry) => entry !== '' && !entry.includes('\n') && lines.includes(`\n${entry}\n`) };
}

const lineEnd = Buffer.from('\n');

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

async function readText(file: string): Promise<string> {
  const facts = await stat(file);
  // A pipe or a device has no size to judge before it is read.
  if (!facts.isFile()) throw new Error('it is no regular file');
  if (facts.size > largestFile) throw new Error(`it has ${facts.size} bytes`);
  return new TextDecoder('utf-8', { fatal: true }).decode(await readFile(file));
}
