import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inputs, makeCaller } from './inputs.ts';
import { quickHash } from './quick-hash.ts';
import { registeredRoutes } from './routes.ts';
import { safe } from './safe.ts';
import { type Answer, inWorld } from './server.ts';

const parts = { argon2: quickHash };

/** The policy of every page: its own style sheet, script and pictures, forms to ourselves, and nothing else. */
const pagePolicy =
  "default-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; connect-src 'self'; img-src 'self' data:; script-src 'self'; style-src 'self'";

/** Anything that could run but the one file of ours. */
const scriptOfOthers =
  /<script(?! type="module" src="\/assets\/portal\.[0-9a-f]{16}\.js"><\/script>)|<style|\son\w+=|\sstyle=|javascript:/i;

test('a browser that opens a page is told what is wrong by a page', () =>
  inWorld(
    async (world) => {
      const caller = await makeCaller(world);
      const accept = 'text/html,application/xhtml+xml,*/*;q=0.8';
      const strangers: [number, string][] = [
        [422, `/invitation?token=${'x'.repeat(200)}`],
        [422, `/setup?token=${'x'.repeat(200)}`],
        [400, '/sign-in?a=1&a=2'],
        [400, '/?__proto__=1'],
        [404, '/nowhere'],
        [404, '/account/nowhere'],
        [405, '/account/authenticator/off'],
      ];
      for (const [status, url] of strangers)
        isProblemPage(await world.call('GET', url, { headers: { accept } }), status, url);
      for (const { method, url, type } of inputs.filter(({ type }) => type !== 'application/json')) {
        const headers = { ...caller.headersFor(url), accept, 'content-type': type };
        const send = (payload: string) => world.call(method, caller.address(url), { payload, headers });
        isProblemPage(await send('unknown=1'), 422, url);
        isProblemPage(await send('x'.repeat(20_000)), 413, url);
        const elsewhere = { ...headers, 'sec-fetch-site': 'cross-site' };
        isProblemPage(await world.call(method, caller.address(url), { payload: 'a', headers: elsewhere }), 403, url);
      }
      const bearer = caller.headersFor('/admin/users');
      const unknown = await world.call('GET', '/admin/users/nobody', { headers: { ...bearer, accept } });
      isProblemPage(unknown, 404, 'a user that there is not');
      assert.match(unknown.text, /Signed in as <strong>root<\/strong>/, 'and the way on is still there');
    },
    {},
    parts,
  ));

test('a program is told what is wrong as problem details, on a page too', () =>
  inWorld(async (world) => {
    for (const accept of [undefined, '*/*', 'application/json']) {
      for (const url of ['/invitation?a=1&a=2', '/nowhere']) {
        const { headers } = await world.call('GET', url, accept ? { headers: { accept } } : {});
        assert.match(String(headers['content-type']), /^application\/problem\+json/);
      }
    }
  }));

test('no problem page repeats anything of the request', () =>
  inWorld(async (world) => {
    const hostile = encodeURIComponent('"><script>alert(1)</script><p style="x" onload=alert(1)>');
    for (const url of [
      `/${hostile}`,
      `/nowhere?${hostile}`,
      `/invitation?${hostile}=1&${hostile}=2`,
      `/invitation?token=${hostile}`,
      `/setup?token=${hostile.repeat(3)}`,
      `/sign-in?return_to=${hostile}&done=${hostile}`,
      `/account/${hostile}?${hostile}`,
    ]) {
      const { text } = await world.call('GET', url, { headers: { accept: 'text/html' } });
      assert.doesNotMatch(text, /alert\(1\)|onload/, url);
      assert.doesNotMatch(text, scriptOfOthers, url);
    }
  }));

test('every page has the one policy, asks for no store, and runs no script but ours', () =>
  inWorld(
    async (world) => {
      const caller = await makeCaller(world);
      const pages = (await registeredRoutes()).filter(
        ({ method, url, page }) => method === 'GET' && page && !/^\/(docs|redoc|assets|favicon)/.test(url),
      );
      const seen: string[] = [];
      for (const { url } of pages) {
        const answer = await world.call('GET', caller.address(url), { headers: caller.headersFor(url) });
        if (answer.status !== 200) continue;
        seen.push(url);
        assert.equal(answer.headers['content-security-policy'], pagePolicy, url);
        assert.equal(answer.headers['referrer-policy'], 'strict-origin', url);
        assert.equal(answer.headers['cache-control'], 'no-store', url);
        assert.doesNotMatch(answer.text, scriptOfOthers, url);
        // A link may name the one address at which passkeys work; nothing else does, and nothing is loaded from it.
        const others = answer.text.replaceAll(`<a href="${world.server.service.publicUrl()}">`, '<a>');
        for (const [, address = ''] of others.matchAll(/(?:src|href|action)="([^"]*)"/g))
          assert.match(address, /^(\/(?!\/)|#|data:image\/|otpauth:|apple-otpauth:)/, `${url}: ${address}`);
      }
      assert.deepEqual(
        pages.map(({ url }) => url).filter((url) => !seen.includes(url)),
        // Addresses of forms that lead back to them, a step that is another's, and links without a token of theirs.
        ['/sign-in/passkey', '/sign-in/second-passkey', '/reauthenticate/passkey', '/invitation', '/setup'],
      );
    },
    {},
    parts,
  ));

/** Asserts that a page says what is wrong, under the headers of every page and with no script but ours. */
function isProblemPage(answer: Answer, status: number, name: string): void {
  const { headers, text } = answer;
  assert.equal(answer.status, status, `${name}: ${text}`);
  assert.equal(headers['content-type'], 'text/html; charset=utf-8', name);
  assert.equal(headers['content-security-policy'], pagePolicy, name);
  assert.match(text, /<title>Error: [^<]+<\/title>/, name);
  assert.match(text, /<p role="alert"[^>]*>[^<]+<\/p>/, name);
  assert.doesNotMatch(text, scriptOfOthers, name);
  safe(answer, name);
}
