/** `npm run build`: src/ as JavaScript with declarations in dist/, and beside it whatever src/ holds that is not TypeScript. */
import { spawnSync } from 'node:child_process';
import { chmodSync, cpSync, readFileSync, rmSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fail, root } from './words.mjs';

const dist = join(root, 'dist');
const program = join(dist, 'cli', 'main.js');

rmSync(dist, { recursive: true, force: true });
// stdout stays empty: `npm pack --json` runs this and prints its own answer there.
const tsc = spawnSync(
  process.execPath,
  [join(root, 'node_modules/typescript/bin/tsc'), '-p', join(root, 'tsconfig.build.json')],
  {
    stdio: ['ignore', 2, 2],
  },
);
if (tsc.status !== 0) fail('The sources do not compile; the reasons stand above.');
cpSync(join(root, 'src'), dist, {
  recursive: true,
  filter: (path) => statSync(path).isDirectory() || isAsset(basename(path)),
});
if (!readFileSync(program, 'utf8').startsWith('#!/usr/bin/env node\n'))
  fail('src/cli/main.ts must begin with #!/usr/bin/env node.');
chmodSync(program, 0o755);

/** @param {string} name */
function isAsset(name) {
  return !/\.ts$|^tsconfig.*\.json$|^\./.test(name);
}
