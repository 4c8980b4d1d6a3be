/** Which test files there are, and how the test runner is started on them. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { join, relative } from 'node:path';
import { fail, root } from './words.mjs';

const minute = 60_000;
// Also on two cores: much of a test is waiting.
const atOnce = Math.max(3, cpus().length);

/**
 * The arguments of the test runner, for one run after another. Files or options may be given: `npm test --
 * src/totp/code.test.ts --test-only`.
 * @param {string[]} given @param {'short' | 'long'} length @returns {string[][]}
 */
export function testRuns(given, length) {
  const timeout = length === 'short' ? minute : 10 * minute;
  const isFile = (/** @type {string} */ argument) => argument.endsWith('.test.ts');
  // The runner takes what stands behind a file for another file.
  if (given.some(isFile))
    return [run([...given.filter((one) => !isFile(one)), ...given.filter(isFile)], { timeout, concurrency: 2 })];
  const files = testFiles().filter((file) => file.startsWith('test/long/') === (length === 'long'));
  if (files.length === 0) fail('There are no test files.');
  const watched = given.length === 0 ? reporters : given;
  // What measures is alone on the machine.
  const isQuiet = (/** @type {string} */ file) => file.startsWith('test/long/quiet/');
  const parts = [
    { files: files.filter(isQuiet), concurrency: 1 },
    { files: files.filter((file) => !isQuiet(file)), concurrency: atOnce },
  ];
  return parts
    .filter(({ files }) => files.length > 0)
    .map(({ files, concurrency }) => run([...watched, ...files], { timeout, concurrency }));
}

/** @param {string[]} given @param {{ timeout: number, concurrency: number }} limits @returns {string[]} */
function run(given, { timeout, concurrency }) {
  const settings = [`--test-timeout=${timeout}`, `--test-concurrency=${concurrency}`];
  return ['--test', ...settings, '--test-global-setup=./test/databases/global.ts', ...given];
}

/** In a whole run somebody watches besides whether what docs/security/ names as proof has passed. */
const reporters = [
  ...['--test-reporter=spec', '--test-reporter-destination=stdout'],
  ...['--test-reporter=./scripts/witness.mjs', '--test-reporter-destination=stderr'],
];

/**
 * Every test file but those of the suite, which test/databases/on-sqlite.test.ts and test/long/all-on-postgres-*.test.ts
 * run in few processes, from the root; the runner begins with the latter, which take longest.
 * @returns {string[]}
 */
function testFiles() {
  const suite = JSON.parse(readFileSync(join(root, 'test', 'databases', 'suite.json'), 'utf8'));
  /** @param {string} folder @returns {string[]} */
  const within = (folder) =>
    readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
      const path = join(folder, entry.name);
      if (entry.name === 'node_modules') return [];
      return entry.isDirectory() ? within(path) : entry.name.endsWith('.test.ts') ? [path] : [];
    });
  return ['src', 'test', 'bench']
    .filter((folder) => existsSync(join(root, folder)))
    .flatMap((folder) => within(join(root, folder)))
    .map((file) => relative(root, file).replaceAll('\\', '/'))
    .filter((file) => !suite.some((/** @type {string} */ part) => file === part || file.startsWith(`${part}/`)))
    .sort();
}
