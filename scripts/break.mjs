/**
 * Breaks the code on purpose, one thing at a time, and sees a test fail each time: `node scripts/break.mjs [words of a name]`.
 * Works on copies in a temporary folder; prints a table, and ends with 1 where something broken was not noticed.
 */
import { spawn } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { globalSetup, globalTeardown } from '../test/databases/global.ts';
import { breaks } from './breaks.mjs';
import { folderInMemory } from './memory.mjs';
import { root } from './words.mjs';

/** @typedef {import('./breaks.mjs').Break} Break */
/** @typedef {{ name: string, noticed: boolean, how: string, seconds: number }} Finding */

/** Of one test, in milliseconds: some breaks make one wait for ever. */
const limit = 15_000;

/** Where the copies and the databases of their tests are: nothing here is about what outlives a loss of power. */
const quick = folderInMemory();

/**
 * Breaks what is chosen, two at a time on two cores. Needs the databases of test/databases/global.ts.
 * @param {Break[]} chosen
 * @returns {Promise<Finding[]>} in the order of the list; the first says whether all is well while nothing is broken
 */
export async function breakEach(chosen) {
  const folder = mkdtempSync(join(quick ?? tmpdir(), 'countersign-break-'));
  try {
    const whole = await checkWhole(copy(join(folder, 'whole')), [...new Set(chosen.flatMap(({ tests }) => tests))]);
    const left = [...chosen.entries()];
    /** @type {Finding[]} */
    const findings = [];
    const work = async (/** @type {unknown} */ _, /** @type {number} */ worker) => {
      const place = copy(join(folder, String(worker)));
      for (let next = left.shift(); next; next = left.shift()) findings[next[0]] = await breakOne(place, next[1]);
    };
    await Promise.all(Array.from({ length: Math.max(2, availableParallelism()) }, work));
    return [whole, ...findings];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** @param {Finding[]} findings */
export function table(findings) {
  const width = Math.max(...findings.map(({ name }) => name.length));
  const lines = findings.map(
    ({ name, noticed, how, seconds }) =>
      `${noticed ? '✔' : '✖'} ${name.padEnd(width)}  ${seconds.toFixed(1).padStart(5)} s  ${how}`,
  );
  return `${lines.join('\n')}\n`;
}

/** What the tests read of a checkout. @param {string} place */
function copy(place) {
  for (const part of ['src', 'test', 'docs', 'package.json'])
    cpSync(join(root, part), join(place, part), { recursive: true });
  symlinkSync(join(root, 'node_modules'), join(place, 'node_modules'));
  return place;
}

/** @param {string} place @param {string[]} tests @returns {Promise<Finding>} */
async function checkWhole(place, tests) {
  const { passed, failed, seconds } = await runTests(place, tests);
  return {
    name: '(nothing broken)',
    noticed: passed > 0 && failed === 0,
    how: `${passed} tests pass, ${failed} fail`,
    seconds,
  };
}

/** @param {string} place @param {Break} broken @returns {Promise<Finding>} */
async function breakOne(place, { name, edits, tests, all }) {
  /** @type {Map<string, string>} */
  const before = new Map();
  try {
    for (const [file, from, to] of edits) {
      const text = readFileSync(join(place, file), 'utf8');
      if (!before.has(file)) before.set(file, text);
      const found = text.split(from).length - 1;
      if (found !== 1) return { name, noticed: false, how: `"${from}" stands ${found} times in ${file}`, seconds: 0 };
      writeFileSync(
        join(place, file),
        text.replace(from, () => to),
      );
    }
    // Where everything fails, what was broken is the test run itself: unless that is what is wanted.
    const isNoticed = (/** @type {{ passed: number, failed: number }} */ { passed, failed }) =>
      failed > 0 && (all === true || passed > 0);
    const { passed, failed, first, seconds } = await runTests(place, tests, isNoticed);
    const noticed = isNoticed({ passed, failed });
    const how = noticed ? `noticed by: ${first}` : `${passed} tests pass, ${failed} fail`;
    return { name, noticed, how, seconds };
  } finally {
    for (const [file, text] of before) writeFileSync(join(place, file), text);
  }
}

/**
 * Runs tests to their end, or until what they have said so far is enough.
 * @param {string} place @param {string[]} tests @param {(so: { passed: number, failed: number }) => boolean} [isEnough]
 */
async function runTests(place, tests, isEnough = () => false) {
  const began = performance.now();
  // A test file that fails as a whole counts as one failure, under its path.
  const run = spawn(
    process.execPath,
    [
      '--test',
      '--test-reporter=tap',
      `--test-timeout=${limit}`,
      '--test-concurrency=2',
      ...tests.map((test) => join('test', `${test}.test.ts`)),
    ],
    {
      cwd: place,
      env: {
        ...process.env,
        NODE_TEST_CONTEXT: undefined,
        ...(quick ? { TMPDIR: quick, NODE_COMPILE_CACHE: join(quick, 'compile') } : {}),
      },
      stdio: ['ignore', 'pipe', 'ignore'],
      // A group of its own, so that all of it can be ended.
      detached: true,
    },
  );
  let words = '';
  let isEnding = false;
  const count = (/** @type {RegExp} */ line) => [...words.matchAll(line)].length;
  // Those within others stand further in.
  const soFar = () => ({ passed: count(/^ *ok \d+ - (?!.*# SKIP)/gm), failed: count(/^ *not ok \d/gm) });
  run.stdout.setEncoding('utf8').on('data', (text) => {
    words += text;
    if (isEnding || !run.pid || !isEnough(soFar())) return;
    isEnding = true;
    process.kill(-run.pid, 'SIGKILL');
  });
  await new Promise((resolve) => run.on('close', resolve));
  const first = /^ *not ok \d+ - (.*)$/m.exec(words)?.[1] ?? '';
  return { ...soFar(), first, seconds: (performance.now() - began) / 1000 };
}

if (import.meta.main) {
  const words = process.argv.slice(2).join(' ');
  await globalSetup();
  try {
    const findings = await breakEach(breaks.filter(({ name }) => name.includes(words)));
    process.stdout.write(table(findings));
    process.exitCode = findings.every(({ noticed }) => noticed) ? 0 : 1;
  } finally {
    await globalTeardown();
  }
}
