import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import type { ProblemCode } from '../src/http/http.ts';
import { type Bad, badForms, badJson, otherTypes } from './bad-bodies.ts';
import { type Input, inputs, makeCaller } from './inputs.ts';
import { quickHash } from './quick-hash.ts';
import { registeredRoutes } from './routes.ts';
import { type Answer, inWorld, makeWorld } from './server.ts';
import { dump } from './tables.ts';

const world = await makeWorld({}, { argon2: quickHash });
after(() => world.close());
const caller = await makeCaller(world);
const before = dump(world);

test('the list of routes that take a body is complete', async () => {
  const taking = (await registeredRoutes()).filter(({ takesBody }) => takesBody);
  const names = (all: { method: string; url: string }[]) =>
    [...new Set(all.map(({ method, url }) => `${method} ${url}`))].sort();
  assert.deepEqual(names([...inputs]), names(taking));
});

for (const input of inputs) {
  const families = input.type === 'application/json' ? badJson(input) : badForms(input);
  for (const [name, bodies] of Object.entries(families)) {
    test(`${input.method} ${input.url} refuses ${name}, and nothing changes`, async () => {
      for (const bad of bodies) check(await send(input, bad), bad.code, bad.name);
      assert.deepEqual(dump(world), before);
    });
  }
}

test('NUL is a character like any other that a password or a name may not have', async () => {
  const written = ['audit', 'budgets'];
  const stored = dump(world, written);
  const cases: [string, object, ProblemCode][] = [
    ['/users', { name: 'a\0b' }, 'invalid'],
    ['/users', { name: 'zoe', password: 'four unrelated\0plain words' }, 'weak_password'],
    ['/auth/password', { current: caller.person.password, new: 'four unrelated\0plain words' }, 'weak_password'],
    ['/auth/reauthenticate', { password: 'a\0b', otp: '123456' }, 'wrong_password'],
  ];
  for (const [url, members, code] of cases) {
    const input = inputs.find((each) => each.url === url);
    assert.ok(input);
    check(await send(input, { payload: JSON.stringify(members) }), code, url);
  }
  // A password was judged, which is counted and written down.
  assert.deepEqual(dump(world, written), stored);
});

test('a set-up link outlives every refused form', () =>
  inWorld(async (fresh) => {
    const token = new URL((await fresh.server.service.setup.makeLink()) ?? '').searchParams.get('token') ?? '';
    const stored = dump(fresh);
    const right = { token, name: 'root', password: 'four unrelated plain words' };
    for (const wrong of [
      { name: 'a\0b' },
      { name: 'a:b' },
      { password: 'four\0unrelated words' },
      { password: 'x'.repeat(300) },
    ]) {
      const { status, headers } = await fresh.call('POST', '/setup', { form: { ...right, ...wrong } });
      assert.deepEqual([status, headers['content-type']], [422, 'text/html; charset=utf-8']);
    }
    const elsewhere = await fresh.call('POST', '/setup', { form: right, headers: { 'sec-fetch-site': 'cross-site' } });
    check(elsewhere, 'forbidden', 'from elsewhere');
    assert.deepEqual(dump(fresh), stored);
    assert.equal((await fresh.call('POST', '/setup', { form: right })).status, 200);
  }));

const anyTypes = [...otherTypes, 'application/json', 'application/x-www-form-urlencoded'];

test('an empty body is no body, whatever its content type', async () => {
  for (const input of inputs) {
    const none = await world.call(input.method, caller.address(input.url), { headers: caller.headersFor(input.url) });
    for (const type of anyTypes) {
      const empty = await send(input, { payload: '', type });
      assert.deepEqual([empty.status, empty.body.code], [none.status, none.body.code], `${input.url} ${type}`);
    }
  }
});

/** Requests that take no body, with what an administrator is answered; there is nobody of the id `nobody`. */
const bodyless: [method: Input['method'] | 'DELETE', url: string, status: number][] = [
  ['POST', '/auth/otp/replace', 204],
  ['POST', '/auth/passkeys/sign-in/options', 200],
  ['POST', '/auth/passkeys/registration/options', 200],
  ['POST', '/auth/passkeys/reauthentication/options', 404],
  ['DELETE', '/auth/passkeys/:id', 404],
  ['POST', '/auth/recovery-codes', 200],
  ['DELETE', '/auth/sessions', 204],
  ['DELETE', '/auth/sessions/:id', 404],
  ['DELETE', '/users/:id', 404],
  ['DELETE', '/users/:id/second-factors', 404],
  ['DELETE', '/users/:id/sessions', 404],
  ['POST', '/users/:id/password-link', 404],
  ['DELETE', '/service-tokens/:id', 404],
  ['POST', '/sign-in/passkey/options', 200],
  ['POST', '/sign-out', 303],
  ...[
    'disable',
    'enable',
    'make-administrator',
    'take-administrator',
    'end-sessions',
    'reset-second-factors',
    'password-link',
    'delete',
  ].map((verb): (typeof bodyless)[number] => ['POST', `/admin/users/:id/${verb}`, 404]),
  ['POST', '/admin/service-tokens/:id/revoke', 404],
  ['DELETE', '/auth/sessions/current', 204],
];

test('a request that takes no body refuses one, and takes an empty one of any type', async () => {
  const writes = (await registeredRoutes()).filter(({ method }) => method !== 'GET' && method !== 'HEAD');
  assert.deepEqual(
    writes
      .filter(({ takesBody }) => !takesBody)
      .map(({ method, url }) => `${method} ${url}`)
      .sort(),
    bodyless.map(([method, url]) => `${method} ${url}`).sort(),
  );
  const forms = new Set(writes.filter(({ page }) => page).map(({ url }) => url));
  const at = ([method, url]: (typeof bodyless)[number]) => {
    const type = forms.has(url) ? 'application/x-www-form-urlencoded' : 'application/json';
    return { method: method as 'POST', url: url.replace(':id', 'nobody'), type } as const;
  };
  for (const each of bodyless) {
    const stored = dump(world);
    const route = at(each);
    for (const payload of forms.has(each[1]) ? ['a', 'a=1', 'enabled=true'] : ['{}', 'null', '[]', '{"enabled":true}'])
      check(await send(route, { payload }), 'invalid', payload);
    for (const type of ['text/plain', ...(forms.has(each[1]) ? ['application/json'] : [])])
      check(await send(route, { payload: '{}', type }), 'unsupported_media_type', route.url);
    assert.deepEqual(dump(world), stored, `${route.method} ${route.url}`);
  }
  for (const each of bodyless) {
    // The last one ends the session that all the others need.
    for (const type of each === bodyless.at(-1) ? ['application/json'] : anyTypes) {
      const { status, text } = await send(at(each), { payload: '', type });
      assert.equal(status, each[2], `${each[0]} ${each[1]} ${type}: ${text}`);
    }
  }
});

function send(
  { method, url, type }: Pick<Input, 'method' | 'url' | 'type'>,
  bad: Pick<Bad, 'payload' | 'type' | 'headers'>,
) {
  const sent = bad.type ?? type;
  const headers = { ...caller.headersFor(url), ...(sent === '' ? {} : { 'content-type': sent }), ...bad.headers };
  return world.call(method, caller.address(url), { payload: bad.payload, headers });
}

function check(answer: Answer, code: ProblemCode, name: string): void {
  assert.equal(answer.body.code, code, `${name}: ${answer.status} ${answer.text.slice(0, 300)}`);
  assert.match(String(answer.headers['content-type']), /^application\/problem\+json/, name);
}
