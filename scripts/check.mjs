/** `npm run check`: types, lint and format, unused code, house rules; side by side, and only what is wrong is printed in full. */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { root } from './words.mjs';

/** @type {[string, string[]][]} */
const checks = [
  ['types', [tool('typescript', 'bin/tsc'), '-p', root]],
  ['types in the browser', [tool('typescript', 'bin/tsc'), '-p', join(root, 'tsconfig.browser.json')]],
  ['lint and format', [tool('@biomejs/biome', 'bin/biome'), 'check', '--error-on-warnings']],
  ['unused code', [tool('knip', 'bin/knip.js'), '--no-progress']],
  ['house rules', ['--test', join('test', 'tidy.test.ts')]],
];

const failed = (await Promise.all(checks.map(([name, command]) => check(name, command)))).filter(
  (name) => name !== undefined,
);
process.stdout.write(failed.length > 0 ? `Not in order: ${failed.join(', ')}.\n` : 'All in order.\n');
process.exitCode = failed.length > 0 ? 1 : 0;

/** @param {string} name @param {string[]} command @returns {Promise<string | undefined>} the name if it failed */
async function check(name, command) {
  const began = performance.now();
  const run = spawn(process.execPath, command, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
  let words = '';
  for (const stream of [run.stdout, run.stderr]) stream.setEncoding('utf8').on('data', (text) => (words += text));
  const code = await new Promise((resolve) => run.on('close', resolve));
  const took = ((performance.now() - began) / 1000).toFixed(1);
  process.stdout.write(code === 0 ? `✔ ${name} (${took} s)\n` : `✖ ${name} (${took} s)\n${words}\n`);
  return code === 0 ? undefined : name;
}

/** @param {string} name @param {string} file */
function tool(name, file) {
  return join(root, 'node_modules', name, file);
}
