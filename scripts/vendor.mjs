/**
 * Copies into src/documentation/vendor/ what the API pages show themselves with: Swagger UI from its package, and ReDoc
 * from the registry, because as a dependency it would bring a hundred packages along. Run it after a bump of either:
 *
 *   node scripts/vendor.mjs
 */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { redoc } from './redoc.mjs';
import { fail, root } from './words.mjs';

const vendor = join(root, 'src', 'documentation', 'vendor');
const swaggerUi = join(root, 'node_modules', 'swagger-ui-dist');
const unpacked = mkdtempSync(join(tmpdir(), 'countersign-redoc-'));
execFileSync('npm', ['pack', `redoc@${redoc.version}`, '--silent'], { cwd: unpacked, stdio: ['ignore', 'ignore', 2] });
execFileSync('tar', ['xzf', `redoc-${redoc.version}.tgz`], { cwd: unpacked });
const bundles = join(unpacked, 'package', 'bundles');
const bundle = readFileSync(join(bundles, 'redoc.standalone.js'), 'utf8');
const found = createHash('sha256').update(bundle).digest('hex');
if (found !== redoc.sha256) fail(`redoc.standalone.js has the SHA-256 ${found}, not the one written here.`);

rmSync(vendor, { recursive: true, force: true });
copy(swaggerUi, 'swagger-ui', [
  'swagger-ui-bundle.js',
  'swagger-ui-bundle.js.LICENSE.txt',
  'swagger-ui.css',
  'LICENSE',
  'NOTICE',
]);
copy(bundles, 'redoc', ['redoc.standalone.js.LICENSE.txt']);
copy(join(unpacked, 'package'), 'redoc', ['LICENSE']);
writeFileSync(join(vendor, 'redoc', 'redoc.standalone.js'), bundle.replace(redoc.foreign, 'data:,'));
rmSync(unpacked, { recursive: true });

/** @param {string} from @param {string} name @param {string[]} files */
function copy(from, name, files) {
  mkdirSync(join(vendor, name), { recursive: true });
  for (const file of files) cpSync(join(from, file), join(vendor, name, file));
}
