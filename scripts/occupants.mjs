/**
 * Who is at work in this checkout: one lock for whoever looks after node_modules, one record for each program that runs from it.
 *
 * Both lie beside node_modules, because `npm ci` empties that. A record names its processes by id *and* by birth, since ids come
 * round again (always, in a container); a record whose processes are all gone is void, whatever ended them.
 */
import { spawnSync } from 'node:child_process';
import {
  accessSync,
  constants,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { attempt, fail, root, say } from './words.mjs';

/** @typedef {{ what: string, processes: { pid: number, born: string }[] }} Occupant */
/** @typedef {(pid: number | undefined) => void} Share adds a process to the lock's holders: npm goes on when its starter is killed */

export const folder = join(root, '.cache', 'starter');
const patience = 600_000;
const pause = 50;
const unknown = 'at some time';

/**
 * Does the work while holding the lock; without one, and so without `share`, where the folder cannot be written.
 * @template T
 * @param {string} what @param {(share: Share | undefined) => Promise<T>} work @returns {Promise<T>}
 */
export async function underLock(what, work) {
  if (!writable()) return work(undefined);
  const file = await acquire(what);
  const release = () => attempt(() => write(file, { what, processes: [] }), undefined);
  process.once('exit', release);
  try {
    return await work((pid) => write(file, occupant(what, pid ? [process.pid, pid] : [process.pid])));
  } finally {
    process.off('exit', release);
    release();
  }
}

/** Writes down that these processes run from node_modules, until this one exits. @param {string} what @param {number[]} pids */
export function announce(what, pids) {
  if (!writable()) return;
  const file = join(folder, `running.${process.pid}`);
  write(file, occupant(what, pids));
  process.once('exit', () => attempt(() => rmSync(file, { force: true }), undefined));
}

/** @returns {string[]} the programs that run from node_modules, in words; void records are removed */
export function inUse() {
  /** @type {Map<number, string>} */
  const found = new Map();
  for (const name of list('running')) {
    const file = join(folder, name);
    const record = read(file);
    const living = record?.processes.filter(alive).at(-1);
    if (record && living) found.set(living.pid, record.what);
    else rmSync(file, { force: true });
  }
  for (const pid of startedDirectly()) if (!found.has(pid)) found.set(pid, 'countersign');
  return [...found].map(([pid, what]) => `process ${pid} (${what})`);
}

/** Programs that a supervisor started with `node` itself, past the starter; only Linux shows them. @returns {number[]} */
function startedDirectly() {
  const entries = [join(root, 'src', 'cli', 'main.ts'), join(root, 'dist', 'cli', 'main.js')];
  const pids = attempt(() => readdirSync('/proc'), []).filter((name) => /^\d+$/.test(name));
  return pids.map(Number).filter((pid) => {
    const [command = '', ...words] = attempt(() => readFileSync(`/proc/${pid}/cmdline`, 'utf8'), '').split('\0');
    const cwd = attempt(() => readlinkSync(`/proc/${pid}/cwd`), '/');
    return /^node/.test(basename(command)) && words.some((word) => entries.includes(resolve(cwd, word)));
  });
}

/**
 * Locks are numbered. The highest one counts, and whoever finds its holder gone may make the next: of several who try, one succeeds.
 * A lock is never removed but by the holder of a higher one, so nobody can remove a lock that he has misjudged.
 * @param {string} what @returns {Promise<string>} the lock's file
 */
async function acquire(what) {
  for (let waited = 0; waited < patience; waited += pause) {
    const latest = latestLock();
    const holder = read(lockFile(latest));
    if (!holder?.processes.some(alive)) {
      if (claim(latest + 1, occupant(what, [process.pid]))) return lockFile(latest + 1);
    } else if (waited === 20 * pause) {
      say(`process ${holder.processes[0]?.pid} (${holder.what}) is looking after node_modules: waiting for it.`);
    }
    await wait(pause);
  }
  return fail(
    `Another starter has held the lock in ${folder} for ${patience / 60_000} minutes. Stop it, then run this again.`,
  );
}

/** @param {number} turn @param {Occupant} holder @returns {boolean} whether the lock of this number is ours and the highest */
function claim(turn, holder) {
  const draft = join(folder, `draft.${process.pid}`);
  writeFileSync(draft, JSON.stringify(holder));
  const made = attempt(() => linkSync(draft, lockFile(turn)) === undefined, false);
  rmSync(draft, { force: true });
  if (!made) return false;
  const mine = latestLock() === turn;
  for (const old of mine ? turns().filter((one) => one < turn) : [turn]) rmSync(lockFile(old), { force: true });
  return mine;
}

function latestLock() {
  return Math.max(0, ...turns());
}

function turns() {
  return list('lock').map((name) => Number(name.slice('lock.'.length)));
}

/** @param {number} turn */
function lockFile(turn) {
  return join(folder, `lock.${turn}`);
}

/** @param {'lock' | 'running'} kind */
function list(kind) {
  return attempt(() => readdirSync(folder), []).filter((name) => new RegExp(`^${kind}\\.\\d+$`).test(name));
}

function writable() {
  return attempt(() => {
    mkdirSync(folder, { recursive: true });
    accessSync(folder, constants.W_OK);
    return true;
  }, false);
}

/** @param {string} file @returns {Occupant | undefined} */
function read(file) {
  return attempt(() => JSON.parse(readFileSync(file, 'utf8')), undefined);
}

/** In one step, so that no reader sees half a record. @param {string} file @param {Occupant} record */
function write(file, record) {
  const half = join(folder, `half.${process.pid}`);
  writeFileSync(half, JSON.stringify(record));
  renameSync(half, file);
}

/** @param {string} what @param {number[]} pids @returns {Occupant} */
function occupant(what, pids) {
  return { what, processes: pids.map((pid) => ({ pid, born: born(pid) })) };
}

/** @param {{ pid: number, born: string }} process */
function alive({ pid, born: then }) {
  const now = born(pid);
  return now !== '' && (now === then || now === unknown);
}

/** When the process was born, in whatever words the system has for it; '' when it is gone. @param {number} pid */
function born(pid) {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ESRCH') return '';
  }
  const stat = attempt(() => readFileSync(`/proc/${pid}/stat`, 'utf8'), '');
  const [state, ...fields] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  if (state === 'Z') return '';
  if (fields[18]) return `${readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()} ${fields[18]}`;
  const ps = spawnSync('ps', ['-o', 'lstart=', '-p', `${pid}`], {
    encoding: 'utf8',
    env: { ...process.env, LC_ALL: 'C', TZ: 'UTC' },
  });
  return ps.stdout?.trim() || unknown;
}
