/** docs/how-to/metrics.md against the code, how the page is served, and that nobody pays for it who does not want it. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { parse } from 'yaml';
import { serveMetrics } from '../src/upkeep/upkeep.ts';
import { figuresIn, metricsOf, withMetrics } from './metrics.ts';
import { tableUnder } from './routes.ts';
import { inWorld, type World } from './server.ts';

/** This one stands first: what is loaded once stays so. */
test('without a port for them the client is not loaded and nothing is timed', async (t) => {
  const isLoaded = (): boolean =>
    Object.keys(createRequire(import.meta.url).cache).some((path) => path.includes('prometheus'));
  const looksAtTheTime = async ({ server }: World): Promise<number> => {
    const now = t.mock.method(performance, 'now');
    assert.equal(await server.sessions.find('nobody'), undefined);
    now.mock.restore();
    return now.mock.callCount();
  };
  await inWorld(async (world) => {
    await world.call('GET', '/healthz');
    assert.deepEqual([world.server.metrics, isLoaded(), await looksAtTheTime(world)], [undefined, false, 0]);
  });
  await inWorld(async (world) => {
    assert.ok(isLoaded());
    assert.ok((await looksAtTheTime(world)) > 0);
  }, withMetrics);
});

const page = readFileSync(new URL('../docs/how-to/metrics.md', import.meta.url), 'utf8');

test('the page of the docs names every metric with its kind and its labels, and no other', () =>
  inWorld(async (world) => {
    const text = await metricsOf(world);
    const kinds = [...text.matchAll(/^# TYPE (\w+) (\w+)$/gm)].map(([, name = '', kind = '']) => [name, kind]);
    const served = kinds.map(([name, kind]) => {
      const found = [...text.matchAll(new RegExp(`^${name}\\{(\\w+)="(\\w+)"\\} `, 'gm'))];
      const [[, label = ''] = []] = found;
      return [name, kind, label && `${label}: ${found.map(([, , value]) => value).join(' ')}`];
    });
    const told = tableUnder(page, 'What there is').slice(1);
    assert.deepEqual(told.map((row) => row.slice(0, 3)).sort(), served.sort());
    for (const [name, , , what, todo] of told) assert.ok(what && todo, name);
    for (const [, name = ''] of text.matchAll(/^# TYPE (\w+) counter$/gm)) assert.match(name, /_total$/);
    for (const [, name = ''] of text.matchAll(/^# TYPE (\w+) histogram$/gm)) assert.match(name, /_seconds$/);
  }, withMetrics));

test('the rules of the docs ask for series that there are', () =>
  inWorld(async (world) => {
    const figures = figuresIn(await metricsOf(world));
    const [, yaml = ''] = /```yaml\n([\s\S]*?)```/.exec(page) ?? [];
    const { groups } = parse(yaml) as { groups: { rules: { alert: string; expr: string }[] }[] };
    const rules = groups.flatMap((group) => group.rules);
    assert.equal(rules.length, 3);
    for (const { alert, expr } of rules) {
      const asked = expr.match(/countersign_\w+(?:\{[^}]*\})?/g) ?? [];
      assert.ok(asked.length > 0, alert);
      for (const series of asked) assert.ok(figures.has(series), `${alert}: ${series}`);
    }
  }, withMetrics));

test('it is served as text at one address, is kept by nobody, and where it cannot be made the service goes on', () =>
  inWorld(async (world) => {
    const { metrics } = world.server;
    assert.ok(metrics);
    const { contentType } = metrics;
    const broken = { contentType, text: () => Promise.reject(new Error('no file to spare')) };
    const [server, other] = [await serveMetrics(metrics, 0), await serveMetrics(broken, 0)];
    try {
      const [url, brokenUrl] = [server, other].map((each) => {
        const { address, port } = each.address() as AddressInfo;
        return `http://${address}:${port}/metrics`;
      });
      const answer = await fetch(url ?? '');
      const { status, headers } = answer;
      assert.deepEqual(
        [status, headers.get('content-type'), headers.get('cache-control')],
        [200, 'text/plain; version=0.0.4; charset=utf-8', 'no-store'],
      );
      assert.ok(figuresIn(await answer.text()).has('process_resident_memory_bytes'));
      assert.equal((await fetch(`${url}/x`)).status, 404);
      assert.equal((await fetch(url ?? '', { method: 'POST' })).status, 404);
      assert.equal((await fetch(brokenUrl ?? '', { signal: AbortSignal.timeout(10_000) })).status, 500);
    } finally {
      for (const each of [server, other]) each.close().closeAllConnections();
    }
  }, withMetrics));
