import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { openAssets } from './assets.ts';

const folder = new URL('./assets/', import.meta.url);
const original = readFileSync(new URL('style.css', folder));
const assets = openAssets(folder, ['style.css', 'icon.svg'], '/assets/');
const style = assets.find(assets.path('style.css'));

test('an address names the content, and no other address is served', () => {
  const digest = createHash('sha256').update(original).digest('hex').slice(0, 16);
  assert.equal(assets.path('style.css'), `/assets/style.${digest}.css`);
  assert.equal(assets.find('/assets/style.css'), undefined);
  assert.equal(assets.find('/assets/style.0123456789abcdef.css'), undefined);
  assert.throws(() => assets.path('other.css'), /no asset other\.css/);
});

test('the encoding follows Accept-Encoding', async () => {
  const encodings: [header: string | undefined, encoding: string | undefined][] = [
    ['gzip, deflate, br, zstd', 'br'],
    ['BR', 'br'],
    ['gzip', 'gzip'],
    ['br;q=0, gzip;q=0.5', 'gzip'],
    ['gzip; q=0.000', undefined],
    ['brotli', undefined],
    [undefined, undefined],
  ];
  for (const [header, encoding] of encodings) {
    assert.equal((await style?.answer(header))?.headers['content-encoding'], encoding, header);
  }
});

test('every encoding carries the same bytes', async () => {
  const body = async (header: string): Promise<Buffer> => (await style?.answer(header))?.body ?? Buffer.alloc(0);
  assert.deepEqual(await body('identity'), original);
  assert.deepEqual(gunzipSync(await body('gzip')), original);
  assert.deepEqual(brotliDecompressSync(await body('br')), original);
});

test('assets may be kept for ever and say what they are', async () => {
  const answer = await assets.find(assets.path('icon.svg'))?.answer(undefined);
  assert.equal(answer?.headers['content-type'], 'image/svg+xml; charset=utf-8');
  assert.equal(answer?.headers['cache-control'], 'public, max-age=31536000, immutable');
  assert.equal(answer?.headers['vary'], 'accept-encoding');
});

test('a list of names is one file, and our scripts are one module in which no name stands twice', async () => {
  const names = ['portal.js', 'passkeys.js'] as const;
  const together = openAssets(folder, [names], '/assets/');
  const answer = await together.find(together.path('portal.js'))?.answer(undefined);
  assert.equal(answer?.body.toString(), names.map((name) => readFileSync(new URL(name, folder), 'utf8')).join(''));
  assert.match(String(answer?.headers['content-type']), /^text\/javascript/);
  // It is read as a whole before it runs, and then misses what only a browser has.
  const module: Promise<unknown> = import(`data:text/javascript;base64,${answer?.body.toString('base64')}`);
  const error: unknown = await module.catch((error: unknown) => error);
  assert.ok(error instanceof Error);
  assert.match(`${error.name}: ${error.message}`, /^ReferenceError: (document|HTML\w+) is not defined$/);
});
