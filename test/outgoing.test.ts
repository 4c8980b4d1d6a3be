/** The service answers and never asks: no connection goes out of it (ASVS 12.3, 13.2.4, 14.2.3; docs/security/operation.md). */
import assert from 'node:assert/strict';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { listen } from './listening.ts';
import { browse, invite, type Secrets, setUp } from './secrets.ts';
import { inWorld } from './server.ts';

test('whatever people do, the service opens no connection', async () => {
  const opened: unknown[] = [];
  const note = (message: unknown): number => opened.push(message);
  const channels = ['net.client.socket', 'udp.socket'];
  for (const channel of channels) subscribe(channel, note);
  try {
    await inWorld(async (world) => {
      const secrets: Secrets = new Map();
      const administrator = await setUp(world, secrets);
      await invite(world, secrets, administrator);
      await browse(world, secrets, administrator);
      await world.server.service.sweep();
      assert.equal(opened.length, 0);
      // What is seen here would have been seen before.
      await fetch(`${(await listen(world)).url}/healthz`, { headers: { connection: 'close' } });
      assert.equal(opened.length, 1);
    });
  } finally {
    for (const channel of channels) unsubscribe(channel, note);
  }
});

test('nothing but the health check of the command line can open one, or start another program', () => {
  const src = new URL('../src/', import.meta.url);
  const files = readdirSync(src, { recursive: true, encoding: 'utf8' }).map((file) => file.replaceAll('\\', '/'));
  const ours = files.filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts'));
  const way =
    /\bfetch\(|\b(?:from|import\()\s?'node:(?:net|tls|dgram|dns|http|https|http2|child_process|cluster|worker_threads)(?:\/\w+)?'/;
  const able = ours.filter((file) => {
    const code = readFileSync(new URL(file, src), 'utf8').replace(/^import type .*$/gm, '');
    return way.test(code);
  });
  // The metrics have a listener of their own, which opens nothing either.
  assert.deepEqual(able.sort(), ['cli/healthcheck.ts', 'upkeep/metrics.ts']);
  assert.match(
    readFileSync(new URL('upkeep/metrics.ts', src), 'utf8'),
    /import \{ createServer, type Server \} from 'node:http';/,
  );
});
