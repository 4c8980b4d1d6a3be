/** `npm run bench`: brings in what the benchmark is held against, builds the service as it is installed, and measures. */
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { attempt, fail, root, say } from './words.mjs';

const folder = join(root, 'bench');
const lock = readFileSync(join(folder, 'package-lock.json'), 'utf8');
/** The lock file that was installed by, written when all of it was. */
const markFile = join(folder, 'node_modules', '.countersign-lock');

if (attempt(() => readFileSync(markFile, 'utf8'), '') !== lock) {
  say('bench/node_modules does not match its lock file: installing (npm ci).');
  const options = ['--ignore-scripts', '--loglevel=error', '--prefer-offline', '--no-audit', '--no-fund'];
  const shell = process.platform === 'win32';
  const { status } = spawnSync('npm', ['ci', ...options], { cwd: folder, stdio: ['ignore', 2, 2], shell });
  if (status !== 0) fail(`npm ci in bench/ did not succeed (${status}); its reason stands above.`);
  writeFileSync(markFile, lock);
}
const build = spawnSync(process.execPath, [join(root, 'scripts', 'build.mjs')], { stdio: ['ignore', 2, 2] });
if (build.status !== 0) fail('Nothing was measured.');
await import('../bench/bench.ts');
