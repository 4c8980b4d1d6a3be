/** node_modules: whether it matches package-lock.json, how it is made to, and which Node runs from it. */
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, realpathSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { attempt, fail, root, say } from './words.mjs';

/** @typedef {{ version?: string, integrity?: string, optional?: boolean, os?: string[], cpu?: string[], libc?: string[] }} Entry */
/** @typedef {{ packages: Record<string, Entry> }} Lock */

const modules = join(root, 'node_modules');
const lockFile = join(root, 'package-lock.json');
/** npm writes this one last, so an interrupted install has none; whatever changes the tree later rewrites it. */
const installedFile = join(modules, '.package-lock.json');
/** A hash of both files and the platform, written once they have been compared: makes the next start quick. */
const markFile = join(modules, '.countersign-lock');
const windows = process.platform === 'win32';

/** Whether what is installed is what package-lock.json asks for on this platform, development packages included. */
export function modulesMatch() {
  const text = attempt(() => readFileSync(installedFile, 'utf8'), '');
  if (text === '') return false;
  const installed = /** @type {Lock} */ (JSON.parse(text)).packages;
  if (!Object.keys(installed).every((path) => existsSync(join(root, path, 'package.json')))) return false;
  if (attempt(() => readFileSync(markFile, 'utf8'), '') === mark()) return true;
  const wanted = /** @type {Lock} */ (JSON.parse(readFileSync(lockFile, 'utf8'))).packages;
  if (!sameTree(wanted, installed)) return false;
  attempt(() => writeFileSync(markFile, mark()), undefined);
  return true;
}

/**
 * @param {Record<string, Entry>} wanted @param {Record<string, Entry>} installed
 * @returns {boolean} whether every package is there in its version, none besides, and none that is made for another platform
 */
function sameTree(wanted, installed) {
  if (Object.keys(installed).some((path) => !Object.hasOwn(wanted, path))) return false;
  return Object.entries(wanted).every(([path, entry]) => {
    if (path === '') return true;
    const here = installed[path];
    if (here) return here.version === entry.version && here.integrity === entry.integrity && fits(entry);
    // An optional package that names no platform belongs to one that does, and comes and goes with it.
    return entry.optional && !((entry.os || entry.cpu || entry.libc) && fits(entry));
  });
}

/** @param {Entry} entry */
function fits({ os, cpu, libc }) {
  return allows(os, process.platform) && allows(cpu, process.arch) && (!libc || allows(libc, ownLibc()));
}

/** @type {string | undefined} */
let libcFound;

/** Node's report names glibc's version where there is one; making the report is slow, so once. */
function ownLibc() {
  const report = /** @type {{ header?: { glibcVersionRuntime?: string } }} */ (
    libcFound ? {} : process.report.getReport()
  );
  libcFound ??= report.header?.glibcVersionRuntime ? 'glibc' : 'musl';
  return libcFound;
}

/** @param {string[] | undefined} list names, or names to exclude with `!` before them @param {string} name */
function allows(list, name) {
  return !list || list.includes(name) || (list.every((one) => one.startsWith('!')) && !list.includes(`!${name}`));
}

function mark() {
  const hash = createHash('sha256').update(`${process.platform} ${process.arch}\n`);
  return hash.update(readFileSync(lockFile)).update(readFileSync(installedFile)).digest('hex');
}

/**
 * Runs `npm ci` with development packages, whatever NODE_ENV says, since Node itself is one. Its output goes to stderr, and it reads no
 * stdin, which may hold a password for the program to come. It must not run on the Node that it is about to replace.
 * @param {(npm: import('node:child_process').ChildProcess) => void} started
 * @returns {Promise<void>}
 */
export async function install(started) {
  say('node_modules does not match package-lock.json: installing (npm ci), which takes a moment the first time.');
  const npm = spawn('npm', ['ci', '--include=dev', '--loglevel=error', '--prefer-offline', '--no-audit', '--no-fund'], {
    cwd: root,
    env: { ...process.env, PATH: pathWithoutModules() },
    stdio: ['ignore', 2, 2],
    shell: windows,
  });
  started(npm);
  const outcome = await new Promise((resolve) => {
    npm.on('error', (error) => resolve(error.message));
    npm.on('exit', (code, signal) => resolve(signal ?? code));
  });
  if (outcome !== 0) {
    fail(
      `npm ci did not succeed (${outcome}); its reason stands above.`,
      'It needs npm, write access to this folder, and once the package registry or a filled npm cache. Mend that and run this again.',
    );
  }
  writeFileSync(markFile, mark());
}

function pathWithoutModules() {
  return (process.env.PATH ?? '')
    .split(delimiter)
    .filter((folder) => !folder.startsWith(modules))
    .join(delimiter);
}

/**
 * The Node to run Countersign on: the one in node_modules, else the present one if it is new enough; else says what to do, and ends.
 * @param {boolean} renewed whether node_modules has changed since this process began
 */
export function usableNode(renewed) {
  const floor = /** @type {string} */ (
    JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).engines.node
  ).replace(/^>=/, '');
  const node = join(modules, 'node', 'bin', windows ? 'node.exe' : 'node');
  const present = existsSync(node);
  const itself = present && !renewed && realpathSync(node) === process.execPath;
  const version = itself
    ? process.version
    : spawnSync(node, ['--version'], { encoding: 'utf8', timeout: 30_000 }).stdout?.trim();
  if (version && reaches(version, floor)) return node;
  if (reaches(process.version, floor)) {
    say(`node_modules has no Node that runs here; going on with the present one, ${process.version}.`);
    return process.execPath;
  }
  if (version)
    return fail(
      `node_modules has Node ${version}, Countersign needs ${floor} or newer.`,
      'Run `npm ci`, then this again.',
    );
  if (present) {
    return fail(
      `The Node in node_modules does not run on this system (it needs glibc; Alpine and others have musl).`,
      `Install Node ${floor} or newer for this system, so that \`node --version\` says so, then run this again.`,
    );
  }
  return fail(
    'node_modules has no Node: its install script has not run (`ignore-scripts`), or could not reach the package registry.',
    `Run \`npm rebuild node --ignore-scripts=false\`, or install Node ${floor} or newer yourself; then run this again.`,
  );
}

/** @param {string} version @param {string} floor */
function reaches(version, floor) {
  const [has, needs] = [version, floor].map((text) => text.replace(/^v/, '').split('.').map(Number));
  const [major = 0, minor = 0] = has ?? [];
  const [majorNeeded = 0, minorNeeded = 0] = needs ?? [];
  return major > majorNeeded || (major === majorNeeded && minor >= minorNeeded);
}
