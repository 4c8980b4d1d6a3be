/**
 * `npm run build`: what the package ships, in dist/: the program bundled with the packages it rests on, the declarations
 * that whoever imports it reads, whatever src/ holds that is not TypeScript, and a list of what was bundled.
 */
import { spawnSync } from 'node:child_process';
import { chmodSync, cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { bundle } from './bundle.mjs';
import { partsOf, writeParts } from './bundled.mjs';
import { copyDeclarations } from './declarations.mjs';
import { fail, root } from './words.mjs';

const dist = join(root, 'dist');
const program = join(dist, 'cli', 'main.js');

rmSync(dist, { recursive: true, force: true });
mkdirSync(dist);
const compiled = mkdtempSync(join(dist, '.compiled-'));
try {
  compile(compiled);
  writeParts(dist, partsOf(await bundle(dist)));
  copyDeclarations(compiled, dist);
  // Alone, as the compiler makes it: an older Node must be able to read it and get as far as the sentence in it.
  cpSync(join(compiled, 'cli', 'main.js'), program);
} catch (error) {
  fail(error instanceof Error ? error.message : String(error));
} finally {
  rmSync(compiled, { recursive: true, force: true });
}
cpSync(join(root, 'src'), dist, {
  recursive: true,
  filter: (path) => statSync(path).isDirectory() || isAsset(basename(path)),
});
if (!readFileSync(program, 'utf8').startsWith('#!/usr/bin/env node\n'))
  fail('src/cli/main.ts must begin with #!/usr/bin/env node.');
chmodSync(program, 0o755);

/** @param {string} folder */
function compile(folder) {
  const tsc = join(root, 'node_modules/typescript/bin/tsc');
  // stdout stays empty: `npm pack --json` runs this and prints its own answer there.
  const { status } = spawnSync(process.execPath, [tsc, '-p', join(root, 'tsconfig.build.json'), '--outDir', folder], {
    stdio: ['ignore', 2, 2],
  });
  if (status !== 0) fail('The sources do not compile; the reasons stand above.');
}

/** @param {string} name */
function isAsset(name) {
  return !/\.ts$|^tsconfig.*\.json$|^\./.test(name);
}
