import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { pack, run } from '../packed.ts';

test('npm installs the packed package in an empty folder, and its command runs', async (t) => {
  const packed = await pack();
  const place = mkdtempSync(join(tmpdir(), 'countersign-install-'));
  try {
    writeFileSync(join(place, 'package.json'), '{"type":"module"}');
    await run(place, 'npm', [
      'install',
      packed.tarball,
      '--prefer-offline',
      '--no-audit',
      '--no-fund',
      '--loglevel=error',
    ]);
    const { packages } = JSON.parse(readFileSync(join(place, 'node_modules', '.package-lock.json'), 'utf8')) as {
      packages: Record<string, { hasInstallScript?: boolean }>;
    };
    const names = Object.keys(packages).filter((path) => existsSync(join(place, path)));
    const size = readdirSync(join(place, 'node_modules'), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .reduce((sum, { parentPath, name }) => sum + statSync(join(parentPath, name)).size, 0);
    t.diagnostic(`${names.length} packages, ${(size / 1e6).toFixed(1)} MB`);
    assert.ok(names.length <= 115, `${names.length} packages`);
    assert.ok(size <= 50e6, `${size} bytes`);
    assert.deepEqual(
      Object.entries(packages).filter(([, { hasInstallScript }]) => hasInstallScript),
      [],
    );

    const command = join('node_modules', '.bin', 'countersign');
    assert.match((await run(place, command, ['--version'])).stdout, /^\d+\.\d+\.\d+\n$/);
    await run(place, command, ['user', 'create', 'alice'], { input: 'four unrelated plain words\n' });
    const program =
      "import { createServer } from 'countersign'; const server = await createServer({ logLevel: 'silent' }); process.stdout.write(JSON.stringify(await server.users.find('alice'))); await server.close();";
    writeFileSync(join(place, 'program.js'), program);
    assert.equal(JSON.parse((await run(place, process.execPath, ['program.js'])).stdout).name, 'alice');
  } finally {
    for (const folder of [packed.folder, place]) rmSync(folder, { recursive: true, force: true });
  }
});
