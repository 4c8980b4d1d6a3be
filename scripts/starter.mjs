/**
 * The one door of this checkout: `node scripts/starter.mjs <what> [arguments]`, for any Node from 18 on.
 *
 * It installs the packages if they do not match package-lock.json, finds a Node that can run Countersign, starts `what` on it, passes
 * signals on and answers with its exit code. Its own words go to stderr: stdout belongs to the program it starts.
 */
import { spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { constants, cpus } from 'node:os';
import { join, relative } from 'node:path';
import { folderInMemory } from './memory.mjs';
import { install, modulesMatch, usableNode } from './modules.mjs';
import { announce, folder, inUse, underLock } from './occupants.mjs';
import { fail, root, say } from './words.mjs';

const minute = 60_000;
const program = join(root, 'src', 'cli', 'main.ts');
const biome = join(root, 'node_modules', '@biomejs', 'biome', 'bin', 'biome');

/** @type {Record<string, { command: (given: string[]) => string[], limit?: number, clean?: boolean, quick?: boolean }>} `limit` in milliseconds */
const doors = {
  demo: { command: (given) => [program, 'demo', ...given] },
  start: { command: (given) => [program, 'serve', ...given] },
  countersign: { command: (given) => [program, ...given] },
  // Two files at once even on two cores: much of a test is waiting.
  test: {
    command: (given) => tests(given, 'short', minute, Math.max(2, cpus().length - 1)),
    limit: 15 * minute,
    clean: true,
    quick: true,
  },
  'test:long': { command: (given) => tests(given, 'long', 10 * minute, 1), limit: 30 * minute, clean: true },
  check: { command: (given) => [join(root, 'scripts', 'check.mjs'), ...given] },
  format: { command: (given) => [biome, 'check', '--write', ...given] },
  build: { command: (given) => [join(root, 'scripts', 'build.mjs'), ...given] },
};

/** @type {NodeJS.Signals | undefined} */
let stoppedBy;
/** @type {import('node:child_process').ChildProcess | undefined} */
let child;

main(process.argv[2] ?? '', process.argv.slice(3)).catch((error) => fail(error.message));

/** @param {string} what @param {string[]} given */
async function main(what, given) {
  const door = Object.hasOwn(doors, what) ? doors[what] : undefined;
  if (!door) fail(`"${what}" is not something to start; there are ${Object.keys(doors).join(', ')}.`);
  passSignalsOn();
  const renewed = await prepare(what);
  const node = usableNode(renewed);
  const command = door.command(given);
  const env = { ...(door.clean ? withoutOptions(process.env) : process.env), ...(door.quick ? quickly() : {}) };
  child = spawn(node, command, { stdio: 'inherit', env });
  if (child.pid) announce(what, [process.pid, child.pid]);
  if (door.limit) stopAfter(child, what, door.limit);
  child.on('error', (error) => fail(`${node} does not start: ${error.message}`));
  child.on('exit', (code, signal) => process.exit(signal ? 128 + constants.signals[signal] : (code ?? 1)));
}

/**
 * Puts node_modules in order and takes a place in it, both under the lock, so that nobody installs between the two.
 * @param {string} what
 * @returns {Promise<boolean>} whether it installed
 */
function prepare(what) {
  return underLock(what, async (share) => {
    const renew = !modulesMatch();
    if (renew) {
      const users = inUse();
      if (users.length > 0) {
        fail(
          `node_modules does not match package-lock.json, and ${users.join(', ')} still runs from it.`,
          'Stop that first, then run this again: it installs what is missing.',
        );
      }
      if (!share)
        fail(`${folder} cannot be written, so nothing can be installed. Run this as the user that owns the checkout.`);
      await install((npm) => {
        child = npm;
        share(npm.pid);
        npm.on('exit', () => stoppedBy && process.exit(128 + constants.signals[stoppedBy]));
      });
      child = undefined;
    }
    announce(what, [process.pid]);
    return renew;
  });
}

/** In a terminal, Ctrl-C and a closed window reach the whole foreground group: passing them on would deliver them twice. */
function passSignalsOn() {
  const inTerminal = process.stdin.isTTY || process.stdout.isTTY || process.stderr.isTTY;
  for (const signal of /** @type {const} */ (['SIGINT', 'SIGHUP', 'SIGTERM'])) {
    process.on(signal, () => {
      stoppedBy = signal;
      if (!child) process.exit(128 + constants.signals[signal]);
      if (signal === 'SIGTERM' || !inTerminal) child.kill(signal);
    });
  }
}

/** @param {import('node:child_process').ChildProcess} run @param {string} what @param {number} limit */
function stopAfter(run, what, limit) {
  setTimeout(() => {
    say(`"${what}" is stopped after ${limit / minute} minutes; the files it names below never ended.`);
    run.kill('SIGTERM');
  }, limit).unref();
}

/**
 * The test runner's arguments. Files or options may be given: `npm test -- src/totp/code.test.ts --test-only`.
 * @param {string[]} given @param {'short' | 'long'} length @param {number} timeout @param {number} concurrency
 */
function tests(given, length, timeout, concurrency) {
  const named = given.some((argument) => argument.endsWith('.test.ts'));
  const files = named ? [] : testFiles().filter((file) => file.startsWith('test/long/') === (length === 'long'));
  if (!named && files.length === 0) fail('There are no test files.');
  const settings = [
    `--test-timeout=${timeout}`,
    `--test-concurrency=${concurrency}`,
    '--test-global-setup=./test/databases/global.ts',
  ];
  return ['--test', ...settings, ...(given.length === 0 ? reporters : []), ...given, ...files];
}

/** In a whole run somebody watches besides whether what docs/security/ names as proof has passed. */
const reporters = [
  ...['--test-reporter=spec', '--test-reporter-destination=stdout'],
  ...['--test-reporter=./scripts/witness.mjs', '--test-reporter-destination=stderr'],
];

/**
 * Every test file but those of the suite that test/databases/ runs on both databases, from the root, in a fixed order.
 * @returns {string[]}
 */
function testFiles() {
  const suite = JSON.parse(readFileSync(join(root, 'test', 'databases', 'suite.json'), 'utf8'));
  /** @param {string} folder @returns {string[]} */
  const within = (folder) =>
    readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
      const path = join(folder, entry.name);
      return entry.isDirectory() ? within(path) : entry.name.endsWith('.test.ts') ? [path] : [];
    });
  return [...within(join(root, 'src')), ...within(join(root, 'test'))]
    .map((file) => relative(root, file).replaceAll('\\', '/'))
    .filter((file) => !suite.some((/** @type {string} */ folder) => file.startsWith(`${folder}/`)))
    .sort();
}

/**
 * The short tests keep their databases in memory, and what Node has made of the source in `.cache/`. The long ones do without:
 * theirs is the disk that a service has.
 */
function quickly() {
  const folder = folderInMemory();
  return { NODE_COMPILE_CACHE: join(root, '.cache', 'compile'), ...(folder ? { TMPDIR: folder } : {}) };
}

/** Tests must not depend on how the person who runs them has set up his own Countersign. @param {NodeJS.ProcessEnv} all */
function withoutOptions(all) {
  return Object.fromEntries(Object.entries(all).filter(([name]) => !/^COUNTERSIGN_(?!TEST_)/.test(name)));
}
