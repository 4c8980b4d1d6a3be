import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { after, test } from 'node:test';
import { makePerson, makeWorld, signIn } from './server.ts';

const world = await makeWorld();
after(() => world.close());

const vendor = (file: string): string =>
  readFileSync(new URL(`../src/documentation/vendor/${file}`, import.meta.url), 'utf8');

const swaggerUi = import.meta.resolve('swagger-ui-dist/package.json');

test('Swagger UI is the one of its package', () => {
  for (const file of [
    'swagger-ui-bundle.js',
    'swagger-ui-bundle.js.LICENSE.txt',
    'swagger-ui.css',
    'LICENSE',
    'NOTICE',
  ]) {
    const theirs = readFileSync(new URL(file, swaggerUi), 'utf8');
    assert.ok(vendor(`swagger-ui/${file}`) === theirs, `${file} is another one: node scripts/vendor.mjs`);
  }
});

test('ReDoc is version 2.5.4 of the registry, but for the one picture that it would fetch from elsewhere', () => {
  const ours = vendor('redoc/redoc.standalone.js');
  const theirs = ours.replace('src:"data:,"', 'src:"https://cdn.redoc.ly/redoc/logo-mini.svg"');
  assert.notEqual(ours, theirs);
  const digest = createHash('sha256').update(theirs).digest('hex');
  assert.equal(digest, 'dcaf76612bc4a3fbcc923a8966dee2f6146a5f32e5ce1b6f02dd60cbbf89500b');
  assert.match(vendor('redoc/LICENSE'), /^The MIT License/);
});

test('the API pages load files of this service only, under a policy without unsafe-inline', async () => {
  for (const page of ['/docs', '/redoc']) {
    const { headers, text, status } = await world.call('GET', page);
    assert.equal(status, 200);
    assert.match(String(headers['content-type']), /^text\/html/);
    const policy = String(headers['content-security-policy']);
    assert.match(policy, /^default-src 'none'/);
    assert.doesNotMatch(policy, /unsafe|https?:|\*/);
    assert.doesNotMatch(text, /<script(?! defer src="\/)|<style|style=| on\w+=/);
    for (const [, url = ''] of text.matchAll(/(?:src|href)="([^"]+)"/g)) {
      assert.match(url, /^\//);
      assert.equal((await world.call('GET', url)).status, 200, url);
    }
  }
});

test('files of the API pages are compressed, may be kept for ever, and have names that change with them', async () => {
  const { text } = await world.call('GET', '/docs');
  const [bundle = ''] = /\/docs\/assets\/swagger-ui-bundle\.[0-9a-f]{16}\.js/.exec(text) ?? [];
  const { headers, bytes } = await world.call('GET', bundle, { headers: { 'accept-encoding': 'gzip, br' } });
  assert.equal(headers['content-encoding'], 'br');
  assert.equal(headers['cache-control'], 'public, max-age=31536000, immutable');
  assert.ok(bytes.length < 600_000, `${bytes.length} bytes`);
  const other = await world.call('GET', bundle.replace(/[0-9a-f]{16}/, '0'.repeat(16)));
  assert.deepEqual([other.status, other.body.code], [404, 'not_found']);
});

test('every page finds its icon, also where none is named', async () => {
  const { status, headers } = await world.call('GET', '/favicon.ico');
  assert.deepEqual([status, headers['content-type']], [200, 'image/svg+xml; charset=utf-8']);
  assert.equal((await world.call('GET', '/assets/other.css')).status, 404);
});

test('the first page is the same under both of its addresses, in place: to a stranger the form, else the account', async () => {
  const session = `countersign=${await signIn(world, await makePerson(world))}`;
  for (const [cookie, heading] of [
    ['', 'Sign in'],
    ['countersign=csn_x', 'Sign in'],
    [session, 'Your account'],
  ] as const) {
    const open = (url: string) => world.call('GET', url, { headers: { cookie } });
    const [root, original] = [await open('/'), await open('/static/index.html?lang=en')];
    assert.deepEqual([root.status, original.status], [200, 200]);
    // No two pages ask a passkey the same.
    const [first, second] = [root.text, original.text].map((text) =>
      text.replace(/(?<=challenge&quot;:&quot;)[\w-]+/, ''),
    );
    assert.equal(first, second);
    assert.match(root.text, new RegExp(`<h1[^>]*>${heading}</h1>`));
  }
});
