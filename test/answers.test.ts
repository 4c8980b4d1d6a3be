/** What every answer says of itself, and that nothing is served but what is meant to be. */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { newToken } from '../src/tokens.ts';
import { makeCaller } from './inputs.ts';
import { listen, sendRaw } from './listening.ts';
import { quickHash } from './quick-hash.ts';
import { registeredRoutes } from './routes.ts';
import { makeWorld, signIn } from './server.ts';

const world = await makeWorld({}, { argon2: quickHash });
after(() => world.close());
const caller = await makeCaller(world);
const { port } = await listen(world);
const routes = (await registeredRoutes()).filter(({ url }) => !url.includes('*'));

test('every answer says its type, text with its character set, and has as many bytes as it says', async () => {
  const types = new Set<string>();
  const check = async (method: string, path: string, given: Record<string, string>): Promise<string> => {
    const lines = Object.entries({ host: `localhost:${port}`, connection: 'close', ...given });
    const sent = lines.map(([name, value]) => `${name}: ${value}\r\n`).join('');
    const { headers, text } = await sendRaw(port, `${method} ${path} HTTP/1.1\r\n${sent}\r\n`);
    const name = `${method} ${path}`;
    if (method === 'HEAD') assert.equal(text, '', name);
    else assert.equal(headers['content-length'] ?? '0', String(text.length), name);
    if (text === '') return text;
    const type = headers['content-type'] ?? '';
    types.add(type.split(';')[0] ?? '');
    if (/^text\/|xml/.test(type)) assert.match(type, /; charset=utf-8$/, name);
    else assert.match(type, /^(application\/(problem\+)?json|image\/(png|x-icon))/, name);
    return text;
  };
  for (const { method, url } of routes.filter((each) => each.method === 'GET' || each.method === 'HEAD')) {
    const path = caller.address(url).replace(/:\w+/, 'x');
    for (const headers of [{}, caller.headersFor(url), { ...caller.headersFor(url), accept: 'text/html' }]) {
      const text = await check(method, path, headers);
      for (const [, file = ''] of text.matchAll(/(?:src|href)="(\/[\w/.-]*assets\/[^"]+)"/g))
        await check('GET', file, {});
    }
  }
  const token = await signIn(world, caller.other);
  for (const accept of ['image/png', 'image/svg+xml'])
    await check('GET', '/auth/otp/generate', { authorization: `Bearer ${token}`, accept });
  const all = ['html', 'css', 'javascript', 'json', 'problem+json', 'svg+xml', 'png'];
  assert.deepEqual([...types].map((type) => type.split('/')[1]).sort(), all.sort());
});

test('nothing is served but what is meant to be: no folder, no repository, no file of the program', async () => {
  const paths = [
    '/assets/',
    '/assets',
    '/docs/assets/',
    '/static/',
    '/.git/HEAD',
    '/.git/config',
    '/.env',
    '/package.json',
  ];
  const files = [
    '/src/server.ts',
    '/server.js.map',
    '/countersign.db',
    '/data/countersign.db',
    '/keys/countersign.keys',
  ];
  for (const path of [...paths, ...files])
    for (const headers of [{}, caller.headersFor('/me')])
      assert.equal((await world.call('GET', path, { headers })).status, 404, path);
});

test('no other address shows what a page shows, so that no cache can be talked into keeping it', async () => {
  const headers = caller.headersFor('/me');
  for (const page of ['/me', '/account', '/account/sessions', '/users']) {
    for (const tail of ['/x.css', ';.js', '%0a.css', '%2fx.css', '%3f.png', '.json', '/..%2fx.js', '%00.css']) {
      const { status, text } = await world.call('GET', page + tail, { headers });
      assert.ok([400, 404].includes(status), `${page}${tail}: ${status}`);
      assert.doesNotMatch(text, /root|csn_/, page + tail);
    }
  }
});

test('no answer tells versions of what it is made of', async () => {
  const version = /fastify|node(\.js)?\/|sqlite|x-powered-by|"server"|\d+\.\d+\.\d+/i;
  // It says which version of OpenAPI it is written in, and which of this service it describes.
  const excepted = ['/openapi.json'];
  const gets = routes.filter(({ method, url }) => method === 'GET' && !excepted.includes(url));
  for (const path of [...gets.map(({ url }) => caller.address(url).replace(/:\w+/, 'x')), '/nowhere', '/%ff']) {
    for (const given of [{}, caller.headersFor(path)]) {
      const { headers, text } = await world.call('GET', path, { headers: given });
      const told = `${JSON.stringify(headers)}${text}`.replaceAll('127.0.0.1', '');
      assert.doesNotMatch(told, version, path);
    }
  }
});

test('no cookie is longer than every browser keeps', async () => {
  const browsers = Array.from({ length: 4 }, () => newToken('csb_').token).join('.');
  const { name: username, password } = caller.other;
  const answer = await world.call('POST', '/sign-in', {
    form: { username, password, return_to: `/account?${'x'.repeat(500)}` },
    headers: { cookie: `countersign-browser=${browsers}` },
  });
  const cookies = [answer.headers['set-cookie'] ?? []].flat().map(String);
  assert.ok(cookies.length >= 2, cookies.join('\n'));
  for (const cookie of cookies) assert.ok(cookie.length <= 512, cookie);
});

test('no script of ours keeps anything in the browser', async () => {
  for (const page of ['/sign-in', '/docs', '/redoc']) {
    const { text } = await world.call('GET', page);
    const scripts = [...text.matchAll(/<script [^>]*src="([^"]+)"/g)].map(([, src = '']) => src);
    assert.ok(scripts.length > 0, page);
    for (const src of scripts) {
      const { text: script } = await world.call('GET', src);
      // The two that are not ours keep nothing unless they are told to.
      if (/swagger-ui-bundle|redoc\.standalone/.test(src)) continue;
      assert.doesNotMatch(
        script,
        /localStorage|sessionStorage|indexedDB|caches\b|\.cookie|persistAuthorization: true/,
        src,
      );
    }
  }
});
