import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { folderInMemory } from '../../scripts/memory.mjs';
import { run } from '../packed.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const { engines } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { engines: { node: string } };
const floor = `${engines.node.replace(/^>=/, '')}.0`;

test(`on Node ${floor}, the oldest that will do, the stories and the tests of storage pass`, async (t) => {
  const place = mkdtempSync(join(tmpdir(), 'countersign-floor-'));
  try {
    // Node itself as an npm package, which a script of its own puts in place.
    writeFileSync(join(place, 'package.json'), '{"allowScripts":{"node":true}}');
    const quiet = ['--prefer-offline', '--ignore-scripts=false', '--no-audit', '--no-fund', '--loglevel=error'];
    await run(place, 'npm', ['install', `node@${floor}`, ...quiet]);
    const node = join(place, 'node_modules', 'node', 'bin', 'node');
    assert.equal((await run(place, node, ['--version'])).stdout.trim(), `v${floor}`);
    const others = ['guards', 'keys', 'theft', 'two-processes', 'problems', 'embed', 'package'].map(
      (name) => `${name}.test.ts`,
    );
    const files = ['databases/on-sqlite.test.ts', ...others].map((file) => join('test', file));
    const quick = folderInMemory();
    const suite = spawn(
      node,
      ['--test', '--test-reporter=tap', '--test-timeout=60000', '--test-concurrency=2', ...files],
      {
        cwd: root,
        env: {
          ...process.env,
          NODE_TEST_CONTEXT: undefined,
          PATH: `${dirname(node)}:${process.env['PATH']}`,
          ...(quick ? { TMPDIR: quick } : {}),
        },
        stdio: ['ignore', 'pipe', 'inherit'],
      },
    );
    const words = await text(suite.stdout);
    const failed = words.match(/^ *not ok .*$/gm) ?? [];
    t.diagnostic(words.match(/^# pass \d+$/m)?.[0] ?? 'no summary');
    assert.deepEqual(failed, []);
    assert.ok(Number(/^# pass (\d+)$/m.exec(words)?.[1]) > 150, words.slice(-500));
  } finally {
    rmSync(place, { recursive: true, force: true });
  }
});
