import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { folderInMemory } from '../../scripts/memory.mjs';
import { checkout, cleanUp, file, outcome } from './checkout.ts';

after(cleanUp);

test('the short tests have a folder in memory, which goes with them, and the long ones what everybody has', {
  skip: folderInMemory() === undefined && 'this system has no room in memory',
}, async () => {
  const { run, start, write, folder } = checkout();
  const body = `import { test } from 'node:test';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
test('a test', () => {
  const { TMPDIR: folder = '', NODE_COMPILE_CACHE: kept = '' } = process.env;
  mkdirSync(join(folder, 'left'));
  writeFileSync('told', folder + ' ' + kept);
  if (process.env.COUNTERSIGN_TEST_WAIT) return new Promise((resolve) => setTimeout(resolve, 60_000));
});`;
  write('src/totp/code.test.ts', body);
  write('test/long/b.test.ts', body);
  write('docs/security/asvs.md', '');
  const told = (): string[] => readFileSync(join(folder, 'told'), 'utf8').split(' ');

  assert.equal((await run(['test'])).code, 0);
  const [first = '', kept] = told();
  assert.match(first, /^\/dev\/shm\/countersign-/);
  assert.equal(kept, join(folder, '.cache', 'compile'));
  assert.equal(existsSync(first), false);

  rmSync(join(folder, 'told'));
  const stopped = start(['test'], { COUNTERSIGN_TEST_WAIT: 'yes' });
  const end = outcome(stopped);
  await file(join(folder, 'told'));
  const [second = ''] = told();
  assert.equal(existsSync(join(second, 'left')), true);
  stopped.kill('SIGTERM');
  await end;
  assert.notEqual(second, first);
  assert.equal(existsSync(second), false, 'it goes after a signal too');

  const own = join(folder, 'own');
  mkdirSync(own);
  assert.equal((await run(['test:long'], { TMPDIR: own, NODE_COMPILE_CACHE: undefined })).code, 0);
  assert.deepEqual(told(), [own, kept]);
});

test('where there is no room in memory, or nothing that is memory, no folder is made', () => {
  assert.equal(folderInMemory('/dev/shm', 2 ** 60), undefined);
  assert.equal(folderInMemory(join(tmpdir(), 'not-there')), undefined);
  assert.equal(folderInMemory('/proc', 0), undefined);
});
