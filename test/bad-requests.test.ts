import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { type ProblemCode, problemFacts } from '../src/http/http.ts';
import { inputs, makeCaller } from './inputs.ts';
import { listen, type RawAnswer, sendRaw } from './listening.ts';
import { quickHash } from './quick-hash.ts';
import { registeredRoutes } from './routes.ts';
import { type Answer, makeWorld } from './server.ts';
import { dump } from './tables.ts';

const world = await makeWorld({}, { argon2: quickHash });
after(() => world.close());
const caller = await makeCaller(world);
const { port } = await listen(world);
const routes = (await registeredRoutes()).filter(({ url }) => !url.includes('*'));
const before = dump(world);
const authorization = caller.headersFor('/me')['authorization'] ?? '';

const methods = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'] as const;

test('another method than those of an address is 405 with Allow', async () => {
  for (const url of new Set(routes.map((each) => each.url))) {
    const allowed = allowedAt(url);
    for (const method of methods.filter((each) => !allowed.includes(each))) {
      const answer = await world.call(method, caller.address(url).replace(/:\w+/, 'x'), { headers: { authorization } });
      check(answer, 'method_not_allowed', `${method} ${url}`);
      assert.deepEqual(String(answer.headers['allow']).split(', '), allowed, url);
    }
  }
  unchanged();
});

test('methods that hardly anybody knows are refused at the socket as well', async () => {
  for (const url of ['/whoami', '/auth/credentials', '/users']) {
    for (const method of ['TRACE', 'PROPFIND', 'SEARCH', 'LINK', 'PURGE', 'M-SEARCH']) {
      const answer = await raw(`${method} ${url} HTTP/1.1\r\nHost: localhost\r\n\r\n`);
      check(answer, 'method_not_allowed', method);
      assert.deepEqual(answer.headers['allow']?.split(', '), allowedAt(url));
    }
    for (const method of ['FOO', 'get', 'QUERY', 'GET\0']) {
      check(await raw(`${method} ${url} HTTP/1.1\r\nHost: localhost\r\n\r\n`), 'bad_request', method);
    }
  }
  unchanged();
});

// Links to pages may carry anything, and do; what is no page, and a form, takes what it knows.
const files = ['/assets/:file', '/docs/assets/:file', '/favicon.ico'];
const takesAnything = routes.filter(({ method, url, page }) => method === 'GET' && page && !files.includes(url));

test('a query parameter twice or of a prototype is refused by every route, an unknown one by all but pages', async () => {
  for (const route of routes.filter((each) => each.method !== 'HEAD')) {
    const { method, url } = route;
    const send = (query: string): Promise<Answer> =>
      world.call(method as 'GET', `${caller.address(url).replace(/:\w+/, 'x')}?${query}`, {
        headers: caller.headersFor(url),
      });
    for (const query of ['a=1&a=2', 'a=1&%61=2', 'otp=1&otp=2', '__proto__=1', 'constructor=1', '%5f_proto__=1', 'a&a'])
      check(await send(query), 'bad_request', `${method} ${url}?${query}`);
    for (const query of ['unknown=1', 'a', 'otp%5B%5D=1', '%00=1', 'limit.x=1']) {
      if (!takesAnything.includes(route)) check(await send(query), 'invalid', `${method} ${url}?${query}`);
      else assert.equal((await send(query)).status, (await send('')).status, `${method} ${url}?${query}`);
    }
  }
  unchanged();
});

test('the parameters that there are take what they say and nothing else', async () => {
  const headers = { authorization };
  for (const limit of ['0', '101', '-1', '1.5', '1e1', '', ' 5', '0x5', 'ten', '\u0665'])
    check(await world.call('GET', `/users?limit=${encodeURIComponent(limit)}`, { headers }), 'invalid', limit);
  check(await world.call('GET', `/users?cursor=${'x'.repeat(513)}`, { headers }), 'invalid', 'cursor');
  for (const cursor of ['%00%ff', 'a', 'YWxpY2U=', '..', "'--"])
    check(await world.call('GET', `/users?cursor=${cursor}`, { headers }), 'invalid', cursor);
  const long = await world.call('POST', `/auth/credentials?otp=${'1'.repeat(129)}`, { basic: caller.person.basic });
  check(long, 'invalid', 'otp');
  check(await world.call('GET', `/setup?token=${'x'.repeat(129)}`, { headers }), 'invalid', 'token');
  unchanged();
});

test('a value that is the name of something in every object is a value like any other', async () => {
  const names = ['done', 'return_to', 'with', 'kind', 'user', 'from', 'to', 'q', 'a'];
  for (const { url } of takesAnything) {
    for (const value of ['constructor', '__proto__', 'toString', 'valueOf', '%00', "'--", '%F0%9F%98%80']) {
      const query = names.map((name) => `${name}=${value}`).join('&');
      const path = `${caller.address(url)}?${query}`;
      const { status, text } = await world.call('GET', path, { headers: caller.headersFor(url) });
      assert.ok(status < 500, `${path}: ${status} ${text}`);
      assert.doesNotMatch(text, /native code|\[object/, path);
    }
  }
  unchanged();
});

test('ids that cannot be one are refused or unknown, and never harm', async () => {
  const places = [
    '/users/:id',
    '/auth/sessions/:id',
    '/users/:id/second-factors',
    '/users/:id/sessions',
    '/service-tokens/:id',
  ];
  const forms = routes.filter(
    ({ method, url, page, takesBody }) => method === 'POST' && /:id/.test(url) && page && !takesBody,
  );
  const ids: [string, ProblemCode][] = [
    ['%ff', 'bad_request'],
    ['%E0%A4%A', 'bad_request'],
    ['x'.repeat(129), 'bad_request'],
    ['x'.repeat(65), 'invalid'],
    ['%00', 'not_found'],
    ['..%2f..', 'not_found'],
    ["'%20OR%201=1--", 'not_found'],
    ['__proto__', 'not_found'],
    ['%F0%9F%98%80', 'not_found'],
  ];
  for (const place of places) {
    for (const [id, code] of ids)
      check(
        await world.call('DELETE', place.replace(':id', id), { headers: { authorization } }),
        code,
        `${place} ${id}`,
      );
  }
  for (const { url } of forms) {
    for (const [id, code] of ids) {
      const answer = await world.call('POST', url.replace(':id', id), { headers: caller.headersFor(url) });
      check(answer, code, `${url} ${id}`);
    }
  }
  assert.ok(forms.length > 5);
  unchanged();
});

test('a malformed Basic header is 401 with the Basic challenge, and no try', async () => {
  const base64 = (text: string): string => Buffer.from(text, 'latin1').toString('base64');
  const malformed = [
    '',
    'Basic',
    'Basic ',
    'Basic :',
    'Basic alice:pass',
    'Basic =',
    'Basic ====',
    'Basic YTpi!',
    'Basic YTpiY',
    'Basic YTpi=',
    'Basic YTpi YTpi',
    'Basic, YTpi',
    'BasicYTpi',
    'Basic\tYTpi',
    'Basic YTpi,',
    'Digest YTpi',
    'Bearer YTpi',
    'Basic YTpi-_',
    `Basic ${base64('no colon')}`,
    `Basic ${base64('a:b\0')}`,
    `Basic ${base64('a\r\n:b')}`,
    `Basic ${base64('a:\x7f')}`,
    `Basic ${base64('alic\xe9:p\xe4ss')}`,
    `Basic ${base64('a:\xff\xfe')}`,
    `Basic ${base64('a:\xed\xa0\x80')}`,
  ];
  for (const header of malformed) {
    const answer = await world.call('POST', '/auth/credentials', { headers: { authorization: header } });
    check(answer, 'unauthenticated', header);
    assert.equal(answer.headers['www-authenticate'], 'Basic realm="Countersign", charset="UTF-8"', header);
  }
  unchanged();
});

test('a password of 1 MB is refused by its size, wherever it is sent', async () => {
  const long = 'x'.repeat(1_000_000);
  const header = Buffer.from(`alice:${long}`).toString('base64');
  check(
    await raw(`POST /auth/credentials HTTP/1.1\r\nHost: localhost\r\nAuthorization: Basic ${header}\r\n\r\n`),
    'headers_too_large',
    '',
  );
  const whole = `GET /whoami HTTP/1.1\r\nHost: localhost\r\n${'X: x\r\n'.repeat(4000)}\r\n`;
  check(await raw(whole), 'headers_too_large', 'many headers');
  check(await raw(`GET /whoami?${long} HTTP/1.1\r\n\r\n`), 'headers_too_large', 'address');
  unchanged();
});

test('100 MB are refused when they are announced, and when they are not, long before they have arrived', async () => {
  const megabytes = 100 * 1024 * 1024;
  for (const { method, url, type } of inputs) {
    const start = [`${method} ${caller.address(url)} HTTP/1.1`, 'Host: localhost', `Content-Type: ${type}`];
    const all = [...start, ...Object.entries(caller.headersFor(url)).map(([name, value]) => `${name}: ${value}`)].join(
      '\r\n',
    );
    check(await raw(`${all}\r\nContent-Length: ${megabytes}\r\n\r\n{`), 'payload_too_large', `${url} announced`);
    let sent = 0;
    const chunk = `4000\r\n${'x'.repeat(0x4000)}\r\n`;
    const answer = await sendRaw(port, `${all}\r\nTransfer-Encoding: chunked\r\n\r\n`, async (socket, answered) => {
      for (; sent < megabytes && !answered(); sent += 0x4000) {
        socket.write(chunk);
        await sleep(0);
      }
    });
    check(answer, 'payload_too_large', `${url} in chunks`);
    assert.ok(sent < megabytes / 10, `${sent} bytes were taken in`);
  }
  unchanged();
});

test('what is not HTTP, or two requests at once, is refused', async () => {
  const head = 'POST /auth/credentials HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n';
  const broken = [
    'hello\r\n\r\n',
    '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03',
    'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
    `${head}Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
    `${head}Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}`,
    `${head}Content-Length: -1\r\n\r\n{}`,
    `${head}Transfer-Encoding: chunked\r\n\r\nzz\r\n`,
    `${head}Bad Name: x\r\n\r\n`,
    `${head}X: a\0b\r\n\r\n`,
  ];
  for (const bytes of broken) check(await raw(bytes), 'bad_request', bytes);
  unchanged();
});

const raw = (bytes: string): Promise<RawAnswer> => sendRaw(port, Buffer.from(bytes, 'latin1'));

function allowedAt(url: string): string[] {
  const address = url.replace(/:\w+/g, 'x');
  const same = routes.filter((each) => new RegExp(`^${each.url.replace(/:\w+/g, '[^/]+')}$`).test(address));
  return [...new Set(same.map(({ method }) => method))].sort();
}

/** Problem details with this code; only at the socket are there no headers of ours but these. */
function check(answer: RawAnswer | Answer, code: ProblemCode, name: string): void {
  const about = `${name.slice(0, 100)}: ${answer.status} ${answer.text.slice(0, 300)}`;
  assert.equal(answer.status, problemFacts(code).status, about);
  // The answer to a HEAD has no body.
  if (answer.text !== '') assert.equal(JSON.parse(answer.text).code, code, about);
  assert.match(String(answer.headers['content-type']), /^application\/problem\+json/, name);
  assert.match(String(answer.headers['cache-control']), /no-store/, name);
}

function unchanged(): void {
  assert.deepEqual(dump(world), before);
}
