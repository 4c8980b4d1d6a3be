import assert from 'node:assert/strict';
import { test } from 'node:test';
import { codeUnder, mount, printed } from './mounted.ts';

const page = 'docs/how-to/embed.md';
const alice = { authorization: `Basic ${btoa('alice:four unrelated plain words')}` };

for (const heading of ['Alone', 'Behind a plain node:http server', 'Inside a Fastify program']) {
  test(`${page}, "${heading}": the whole API answers as if it stood alone`, { timeout: 20_000 }, async () => {
    const { url, stop } = await mount(await codeUnder(page, heading));
    try {
      const signedIn = await fetch(`${url}/auth/credentials`, {
        method: 'POST',
        headers: { ...alice, 'content-type': 'application/json' },
        body: JSON.stringify({ otp: '' }),
      });
      assert.equal(signedIn.status, 200);
      const { token } = (await signedIn.json()) as { token: string };
      const bearer = { authorization: `Bearer ${token}` };
      assert.equal(await (await fetch(`${url}/whoami`, { headers: bearer })).text(), '"alice"');

      const json = { ...bearer, 'content-type': 'application/json' };
      const put = (body: string): Promise<Response> =>
        fetch(`${url}/auth/otp/enable`, { method: 'PUT', headers: json, body });
      assert.equal((await put('{"enabled":true,"enabled":true}')).status, 400, 'bodies are read by Countersign alone');
      assert.equal((await put(JSON.stringify({ enabled: 'x'.repeat(100_000) }))).status, 413);
      assert.equal((await put('{"enabled":true}')).status, 200);
      const form = await fetch(`${url}/auth/credentials`, {
        method: 'POST',
        headers: alice,
        body: new URLSearchParams({ otp: '000000' }),
      });
      assert.deepEqual([form.status, await form.json()], [401, { token: null, status: 2 }]);
      const qr = await fetch(`${url}/auth/otp/generate`, { headers: bearer });
      assert.equal(qr.headers.get('content-type'), 'image/png');
      assert.equal(qr.headers.get('x-content-type-options'), 'nosniff');
      const wrong = await fetch(`${url}/auth/credentials`, { method: 'PUT' });
      assert.deepEqual([wrong.status, wrong.headers.get('allow')], [405, 'POST']);
      assert.equal((await fetch(`${url}/nowhere`)).status, 404);
      assert.equal((await fetch(`${url}/`)).status, 200);
      assert.equal((await fetch(`${url}/auth/sessions/current`, { method: 'DELETE', headers: bearer })).status, 204);
    } finally {
      await stop();
    }
  });
}

for (const heading of ['Behind a plain node:http server', 'Inside a Fastify program']) {
  test(`${page}, "${heading}": people sign in on its pages, and only a bearer token opens the program around them`, {
    timeout: 20_000,
  }, async () => {
    const { url, stop } = await mount(await codeUnder(page, heading));
    const method = heading.includes('Fastify') ? 'POST' : 'GET';
    try {
      const open = (path: string, cookie = '') => fetch(url + path, { headers: { cookie }, redirect: 'manual' });
      const post = (path: string, site: string, form: Record<string, string>, cookie = '') => {
        const headers = { cookie, 'sec-fetch-site': site };
        return fetch(url + path, { method: 'POST', headers, body: new URLSearchParams(form), redirect: 'manual' });
      };
      const first = await open('/account');
      assert.deepEqual([first.status, first.headers.get('location')], [303, '/sign-in?return_to=%2Faccount']);
      const form = await (await open('/sign-in')).text();
      assert.match(form, /<form method="post" action="\/sign-in">/);
      for (const [, file = ''] of form.matchAll(/(?:src|href)="(\/assets\/[^"]+)"/g))
        assert.equal((await open(file)).status, 200, file);
      const credentials = { username: 'alice', password: 'four unrelated plain words' };
      assert.equal((await post('/sign-in', 'cross-site', credentials)).status, 403);
      assert.equal((await post('/sign-in', 'same-origin', { ...credentials, password: 'wrong' })).status, 422);
      const signedIn = await post('/sign-in', 'same-origin', { ...credentials, return_to: '/orders' });
      assert.deepEqual([signedIn.status, signedIn.headers.get('location')], [303, '/orders']);
      const [cookie = ''] = signedIn.headers.getSetCookie().map((line) => line.split(';')[0] ?? '');
      assert.match(await (await open('/account', cookie)).text(), /alice/);
      const order = await fetch(`${url}/orders`, { method, headers: { cookie } });
      assert.equal(order.status, 401);
      assert.equal((await post('/sign-out', 'same-origin', {}, cookie)).status, 303);
      assert.equal((await open('/account', cookie)).status, 303);
    } finally {
      await stop();
    }
  });
}

test('a program around it checks bearer tokens itself', { timeout: 20_000 }, async () => {
  const cases = [
    ['Behind a plain node:http server', 'GET', { orders: [], of: 'alice' }],
    ['Inside a Fastify program', 'POST', { ordered: { tea: 1 }, by: 'alice' }],
  ] as const;
  for (const [heading, method, expected] of cases) {
    const { url, stop } = await mount(await codeUnder(page, heading));
    try {
      const signedIn = await fetch(`${url}/auth/credentials`, { method: 'POST', headers: alice });
      const { token } = (await signedIn.json()) as { token: string };
      const order = (authorization: string): Promise<Response> => {
        const headers = { authorization, 'content-type': 'application/json' };
        return fetch(`${url}/orders`, { method, headers, body: method === 'POST' ? '{"tea":1}' : null });
      };
      assert.deepEqual(await (await order(`Bearer ${token}`)).json(), expected);
      for (const wrong of ['', 'Bearer x', `Basic ${token}`]) assert.equal((await order(wrong)).status, 401, wrong);
      const headers = { authorization: `Bearer ${token}` };
      await fetch(`${url}/auth/sessions/current`, { method: 'DELETE', headers });
      assert.equal((await order(`Bearer ${token}`)).status, 401, 'once it has ended');
    } finally {
      await stop();
    }
  }
});

test('with a clock of its own', { timeout: 20_000 }, async () => {
  assert.equal(await printed(await codeUnder(page, 'With your own clock')), 'alice\nundefined\n');
});
