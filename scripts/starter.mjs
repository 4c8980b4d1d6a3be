/**
 * The one door of this checkout: `node scripts/starter.mjs <what> [arguments]`, for any Node from 18 on.
 *
 * It installs the packages if they do not match package-lock.json, finds a Node that can run Countersign, starts `what` on it, passes
 * signals on and answers with its exit code. Its own words go to stderr: stdout belongs to the program it starts.
 */
import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { join } from 'node:path';
import { folderInMemory } from './memory.mjs';
import { install, modulesMatch, usableNode } from './modules.mjs';
import { announce, folder, inUse, underLock } from './occupants.mjs';
import { testRuns } from './tests.mjs';
import { fail, root, say } from './words.mjs';

const minute = 60_000;
const program = join(root, 'src', 'cli', 'main.ts');
const biome = join(root, 'node_modules', '@biomejs', 'biome', 'bin', 'biome');

/**
 * What each starts, one after another; `limit` is that of each, in milliseconds.
 * @type {Record<string, { runs: (given: string[]) => string[][], limit?: number, clean?: boolean, tests?: 'in memory' | 'on disk' }>}
 */
const doors = {
  demo: { runs: (given) => [[program, 'demo', ...given]] },
  start: { runs: (given) => [[program, 'serve', ...given]] },
  countersign: { runs: (given) => [[program, ...given]] },
  test: { runs: (given) => testRuns(given, 'short'), limit: 15 * minute, clean: true, tests: 'in memory' },
  'test:long': { runs: (given) => testRuns(given, 'long'), limit: 30 * minute, clean: true, tests: 'on disk' },
  check: { runs: (given) => [[join(root, 'scripts', 'check.mjs'), ...given]] },
  format: { runs: (given) => [[biome, 'check', '--write', ...given]] },
  build: { runs: (given) => [[join(root, 'scripts', 'build.mjs'), ...given]] },
  bench: { runs: (given) => [[join(root, 'scripts', 'bench.mjs'), ...given]], limit: 30 * minute, clean: true },
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
  const env = {
    ...(door.clean ? withoutOptions(process.env) : process.env),
    ...(door.tests ? quickly(door.tests) : {}),
  };
  let worst = 0;
  for (const command of door.runs(given)) {
    child = spawn(node, command, { stdio: 'inherit', env });
    if (child.pid) announce(what, [process.pid, child.pid]);
    if (door.limit) stopAfter(child, what, door.limit);
    worst = Math.max(worst, await endOf(child, node));
    if (stoppedBy) break;
  }
  process.exit(worst);
}

/** @param {import('node:child_process').ChildProcess} run @param {string} node @returns {Promise<number>} its exit code */
function endOf(run, node) {
  return new Promise((resolve) => {
    run.on('error', (error) => fail(`${node} does not start: ${error.message}`));
    run.on('exit', (code, signal) => resolve(signal ? 128 + constants.signals[signal] : (code ?? 1)));
  });
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
  const timer = setTimeout(() => {
    say(`"${what}" is stopped after ${limit / minute} minutes; the files it names below never ended.`);
    run.kill('SIGTERM');
  }, limit);
  run.on('exit', () => clearTimeout(timer));
}

/**
 * All tests keep what Node has made of the source in `.cache/`, and the short ones their databases in memory: those of the
 * long ones are on the disk that a service has.
 * @param {'in memory' | 'on disk'} where
 */
function quickly(where) {
  const folder = where === 'in memory' ? folderInMemory() : undefined;
  return { NODE_COMPILE_CACHE: join(root, '.cache', 'compile'), ...(folder ? { TMPDIR: folder } : {}) };
}

/** Tests must not depend on how the person who runs them has set up his own Countersign. @param {NodeJS.ProcessEnv} all */
function withoutOptions(all) {
  return Object.fromEntries(Object.entries(all).filter(([name]) => !/^COUNTERSIGN_(?!TEST_)/.test(name)));
}
