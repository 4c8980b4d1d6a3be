/**
 * A reporter of the test runner: at the end of a whole run it says which tests that docs/security/ names as proof have not
 * passed in it, and lets the run fail then. What a page says was shown must have been shown.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { root } from './words.mjs';

/** @typedef {{ name: string, file?: string, skip?: unknown, todo?: unknown }} Told what the runner tells of a test */

/** @param {AsyncIterable<{ type: string, data: Told }>} events */
export default async function* witness(events) {
  /** @type {Map<string, Set<string>>} The names of the tests that passed, by file. */
  const passed = new Map();
  for await (const { type, data } of events) {
    if (!/^test:(pass|fail)$/.test(type) || !data.file) continue;
    const file = relative(root, data.file).replaceAll('\\', '/');
    const names = passed.get(file) ?? new Set();
    if (type === 'test:pass' && data.skip === undefined && data.todo === undefined) names.add(data.name);
    passed.set(file, names);
  }
  const missing = named().filter(([file, name]) => {
    const names = passed.get(file);
    return names !== undefined && ![...names].some((each) => pattern(name).test(each));
  });
  const lines = missing.map(
    ([file, name]) => `✖ docs/security/ names "${name}" of ${file}, which has not passed here\n`,
  );
  yield* new Set(lines);
  if (missing.length > 0) process.exitCode = 1;
}

/** Every test that a page of docs/security/ names: `path.test.ts` “name”. @returns {[file: string, name: string][]} */
function named() {
  const folder = join(root, 'docs', 'security');
  const text = readdirSync(folder).map((file) => readFileSync(join(folder, file), 'utf8'));
  const all = text.join('\n').matchAll(/`((?:src|test)\/[\w./-]+\.test\.ts)` “([^”]+)”/g);
  return [...all].map(([, file = '', name = '']) => [file, name.replaceAll('\\|', '|')]);
}

/** A name as the source has it: what a template puts in may be anything. @param {string} name */
function pattern(name) {
  const parts = name.split(/\$\{[^}]*\}/).map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`^${parts.join('.*')}$`, 's');
}
