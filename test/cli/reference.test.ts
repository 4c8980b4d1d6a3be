import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { references } from '../../scripts/make-reference.mjs';
import { countersign, root } from './process.ts';

for (const [path, text] of Object.entries(references())) {
  test(`${path} is what the code says`, () => {
    assert.equal(readFileSync(join(root, path), 'utf8'), text, 'run `node scripts/make-reference.mjs`');
  });
}

test('--help prints what the reference shows, and --version what package.json says', async () => {
  const help = await countersign(['--help'], { folder: root });
  assert.ok(readFileSync(join(root, 'docs/reference/cli.md'), 'utf8').includes(help.stdout));
  assert.deepEqual([help.code, help.stderr], [0, '']);
  const { version, engines } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  assert.equal((await countersign(['--version'], { folder: root })).stdout, `${version}\n`);
  assert.ok(
    readFileSync(join(root, 'src/cli/main.ts'), 'utf8').includes(`Node ${engines.node.replace('>=', '')} or newer`),
  );
});

test('an older Node is told so before anything else is imported', async () => {
  const older = `Object.defineProperty(process, 'versions', { value: { node: '22.9.0' } })`;
  const env = { NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(older)}` };
  const { code, stdout, stderr } = await countersign(['serve'], { folder: root, env });
  assert.match(
    stderr,
    /^countersign: Countersign needs Node 24\.18 or newer, and this is v\S+\. Install a newer Node, then run this again\.\n$/,
  );
  assert.deepEqual([code, stdout], [1, '']);
});
