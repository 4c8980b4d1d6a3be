import { existsSync, realpathSync, type Stats, statfsSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { databaseFile, type Options } from '../options.ts';
import type { Finding } from './finding.ts';
import { forbiddenMode } from './key-file.ts';

/** The files of the service as a check of the doctor: who may read them, whose they are, and where the keys lie. */

type Places = Pick<Options, 'data' | 'keyFile' | 'databaseUrl'>;

const group = 0o070;
const world = 0o007;

/** Modes, owners and places; `ok` alone where there is nothing to say. What is not there yet is not looked at. */
export function fileFindings({ data, keyFile, databaseUrl }: Places): Finding[] {
  const isFile = databaseUrl === '';
  const folder = isFile && existsSync(data) ? statSync(data) : undefined;
  const files = folder
    ? ['', '-wal', '-shm'].map((end) => `${databaseFile(data)}${end}`).filter((path) => existsSync(path))
    : [];
  const found = [
    ...(folder ? modeOfFolder(data, folder) : []),
    ...files.flatMap((path) => (folder ? fileInFolder(path, statSync(path), folder) : [])),
    ...(existsSync(keyFile) ? readersOf(keyFile) : []),
    ...(isFile && existsSync(keyFile) ? besideData(keyFile, data) : []),
  ];
  return found.length > 0
    ? found
    : [{ check: 'files', state: 'ok', found: 'They are where and whose they should be.' }];
}

function modeOfFolder(path: string, { mode }: Stats): Finding[] {
  if ((mode & (group | world)) === 0) return [];
  return [warning(`The data folder ${path} is open to others (mode ${octal(mode)}).`, `Run \`chmod 700 ${path}\`.`)];
}

type ModeAndOwner = Pick<Stats, 'mode' | 'uid'>;

/** What is wrong with a file of the database in its folder. */
export function fileInFolder(path: string, { mode, uid }: ModeAndOwner, folder: ModeAndOwner): Finding[] {
  const found: Finding[] = [];
  if (mode & (group | world)) {
    const reachable = (folder.mode & mode & world) !== 0;
    const open = warning(`${path} is open to others (mode ${octal(mode)}).`, `Run \`chmod 600 ${path}\`.`);
    found.push(reachable ? { ...open, state: 'failure' } : open);
  }
  if (uid !== folder.uid) {
    const whose = `${path} belongs to user ${uid}, and its folder to user ${folder.uid}: one of them cannot use it.`;
    found.push({ check: 'files', state: 'failure', found: whose, todo: `Run \`chown ${folder.uid} ${path}\`.` });
  }
  return found;
}

/** What is forbidden outright is said where the file is read; here is what is only unwise. */
function readersOf(keyFile: string): Finding[] {
  const { mode } = statSync(keyFile);
  if ((mode & group) === 0 || (mode & forbiddenMode) !== 0) return [];
  const readers = `The group of the key file ${keyFile} may read it (mode ${octal(mode)}).`;
  return [warning(readers, `Run \`chmod 600 ${keyFile}\`, unless that group is the service's alone.`)];
}

function besideData(keyFile: string, data: string): Finding[] {
  const folder = dirname(real(data));
  if (dirname(realpathSync(keyFile)) !== folder) return [];
  const place = `The key file ${keyFile} lies beside the data folder: a copy of ${folder} holds both.`;
  return [warning(place, 'Move it to a folder of its own that backups of the data leave out.')];
}

const scarce = 2 ** 30;
const tooLittle = 64 * 2 ** 20;

/** Whether a disk with so many bytes left will do: a full one stops every sign-in, because each is written down first. */
export function diskFinding(path: string, free: number): Finding {
  const left = `${Math.floor(free / 2 ** 20)} MiB are free on the disk of ${path}.`;
  if (free >= scarce) return { check: 'disk', state: 'ok', found: left };
  const todo = 'Make room: on a full disk nobody can sign in.';
  return { check: 'disk', state: free < tooLittle ? 'failure' : 'warning', found: left, todo };
}

/** The bytes that this user may still write where the data is, or will be. */
export function freeSpace(data: string): number {
  const { bavail, bsize } = statfsSync(nearestFolder(data));
  return bavail * bsize;
}

/** A folder, or the nearest one above it that is there. */
export function nearestFolder(path: string): string {
  const folder = resolve(path);
  return existsSync(folder) ? folder : nearestFolder(dirname(folder));
}

const real = (path: string): string => (existsSync(path) ? realpathSync(path) : resolve(path));
const octal = (mode: number): string => (mode & 0o777).toString(8);
const warning = (found: string, todo: string): Finding => ({ check: 'files', state: 'warning', found, todo });
