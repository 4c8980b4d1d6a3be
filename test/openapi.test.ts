import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { Validator } from '@seriousme/openapi-schema-validator';
import * as z from 'zod';
import { softwareAuthenticator } from './authenticator.ts';
import { badJson } from './bad-bodies.ts';
import { inputs, makeCaller } from './inputs.ts';
import { type Media, operationsOf, problemsIn, readDocument, type Schema } from './openapi.ts';
import { quickHash } from './quick-hash.ts';
import { registeredRoutes } from './routes.ts';
import { type Answer, makePerson, makeWorld, signIn } from './server.ts';

const world = await makeWorld({}, { argon2: quickHash });
after(() => world.close());
const document = await readDocument(world);
const operations = operationsOf(document);

/** Generated clients name their methods after these: they never change and are never used again for something else. */
const names: Record<string, string> = {
  signIn: 'POST /auth/credentials',
  reauthenticate: 'POST /auth/reauthenticate',
  enableSecondFactor: 'PUT /auth/otp/enable',
  generateQrCode: 'GET /auth/otp/generate',
  replaceAuthenticator: 'POST /auth/otp/replace',
  changePassword: 'PUT /auth/password',
  beginPasskeySignIn: 'POST /auth/passkeys/sign-in/options',
  signInWithPasskey: 'POST /auth/passkeys/sign-in',
  beginPasskeyReauthentication: 'POST /auth/passkeys/reauthentication/options',
  beginPasskeyRegistration: 'POST /auth/passkeys/registration/options',
  addPasskey: 'POST /auth/passkeys',
  listPasskeys: 'GET /auth/passkeys',
  renamePasskey: 'PATCH /auth/passkeys/:id',
  removePasskey: 'DELETE /auth/passkeys/:id',
  countRecoveryCodes: 'GET /auth/recovery-codes',
  renewRecoveryCodes: 'POST /auth/recovery-codes',
  listSessions: 'GET /auth/sessions',
  endOtherSessions: 'DELETE /auth/sessions',
  signOut: 'DELETE /auth/sessions/current',
  endSession: 'DELETE /auth/sessions/:id',
  whoami: 'GET /whoami',
  me: 'GET /me',
  passkeyEndpoints: 'GET /.well-known/passkey-endpoints',
  changePasswordPage: 'GET /.well-known/change-password',
  listUsers: 'GET /users',
  createUser: 'POST /users',
  getUser: 'GET /users/:id',
  changeUser: 'PATCH /users/:id',
  deleteUser: 'DELETE /users/:id',
  resetSecondFactors: 'DELETE /users/:id/second-factors',
  makePasswordLink: 'POST /users/:id/password-link',
  endUserSessions: 'DELETE /users/:id/sessions',
  listServiceTokens: 'GET /service-tokens',
  createServiceToken: 'POST /service-tokens',
  revokeServiceToken: 'DELETE /service-tokens/:id',
  alive: 'GET /healthz',
  ready: 'GET /readyz',
  openapi: 'GET /openapi.json',
};

test('the document is valid OpenAPI 3.1', async () => {
  const validator = new Validator();
  const { valid, errors } = await validator.validate(JSON.parse(JSON.stringify(document)));
  assert.ok(valid, JSON.stringify(errors));
  assert.equal(validator.version, '3.1');
  assert.match(document.openapi, /^3\.1\./);
});

test('every route but the pages is in it, under a name that stays', async () => {
  const given = operations.map(({ operationId, method, url }): [string, string] => [operationId, `${method} ${url}`]);
  assert.equal(new Set(given.map(([name]) => name)).size, given.length, 'no name twice');
  assert.deepEqual(Object.fromEntries(given), names);
  const routes = (await registeredRoutes()).filter(({ method, page }) => method !== 'HEAD' && !page);
  assert.deepEqual(routes.map(({ method, url }) => `${method} ${url}`).sort(), Object.values(names).sort());
});

test('every operation says who may call it, what it is for, and what it can answer', async () => {
  const routes = await registeredRoutes();
  for (const { operationId, method, url, summary, tags, security, responses } of operations) {
    const access = routes.find((route) => route.method === method && route.url === url)?.access;
    const scheme = operationId === 'signIn' ? [{ basic: [] }] : access === 'anyone' ? [] : [{ bearer: [] }];
    assert.deepEqual(security, scheme, operationId);
    assert.match(summary, /^[A-Z].{6,120}[^.]$/, operationId);
    assert.ok(document.tags.some(({ name }) => name === tags[0]) && tags.length === 1, operationId);
    for (const [status, { description }] of Object.entries(responses)) {
      assert.match(status, /^[2345]\d\d$/);
      assert.ok(description.length > 5 && description !== 'Default Response', `${operationId} ${status}`);
    }
    assert.ok(
      Object.keys(responses).some((status) => /^[23]/.test(status)),
      operationId,
    );
  }
});

test('every body has an example that fits its schema', () => {
  const missing: string[] = [];
  for (const { operationId, requestBody, responses } of operations) {
    const bodies = [
      ['request', requestBody?.content ?? {}] as const,
      ...Object.entries(responses).map(([status, { content = {} }]) => [status, content] as const),
    ];
    for (const [what, content] of bodies) {
      for (const [type, media] of Object.entries(content).filter(([type]) => !type.startsWith('image/'))) {
        const examples = [media.example, ...Object.values(media.examples ?? {}).map(({ value }) => value)];
        const given = examples.filter((example) => example !== undefined);
        if (given.length === 0) missing.push(`${operationId} ${what} ${type}`);
        for (const example of given) fits(media, example, `${operationId} ${what}`);
      }
    }
  }
  assert.deepEqual(missing, []);
});

test('an example of a problem stands under its own status', () => {
  for (const { operationId, responses } of operations) {
    for (const [status, { content }] of Object.entries(responses)) {
      const media = content?.['application/problem+json'];
      if (Number(status) >= 400 && !content?.['application/json'])
        assert.ok(problemsIn(media).length > 0, `${operationId} ${status}`);
      for (const { value } of Object.values(media?.examples ?? {}))
        assert.equal(value.status, Number(status), operationId);
    }
  }
});

test('what the service answers is what the document says: status, media type, headers and body', async () => {
  const caller = await makeCaller(world);
  const check = async (operationId: string, answering: Promise<Answer>): Promise<Answer> => {
    const answer = await answering;
    documented(operationId, answer);
    return answer;
  };
  const as = (url: string) => ({ headers: caller.headersFor(url) });
  for (const [operationId, route] of Object.entries(names)) {
    const [method = '', url = ''] = route.split(' ');
    if (operationId === 'signOut') continue;
    for (const options of [{}, { token: 'wrong' }, as(url)]) {
      await check(operationId, world.call(method as 'GET', caller.address(url), options));
      await check(operationId, world.call(method as 'GET', `${url.replace(':id', 'nobody')}?a=1&a=2`, options));
    }
  }
  for (const input of inputs.filter(({ type }) => type === 'application/json')) {
    const operation = Object.entries(names).find(([, route]) => route === `${input.method} ${input.url}`)?.[0] ?? '';
    for (const bad of Object.values(badJson(input)).map(([first]) => first)) {
      const headers = { ...caller.headersFor(input.url), 'content-type': bad?.type ?? input.type };
      await check(
        operation,
        world.call(input.method, caller.address(input.url), { headers, payload: bad?.payload ?? '' }),
      );
    }
  }
  const token = await signIn(world, caller.person);
  const { body } = await check('createUser', world.call('POST', '/users', { token, body: { name: 'zoe', roles: [] } }));
  await check('createUser', world.call('POST', '/users', { token, body: { name: 'zoe' } }));
  await check('changeUser', world.call('PATCH', `/users/${body.id}`, { token, body: { disabled: true } }));
  await check('changeUser', world.call('PATCH', `/users/${body.id}`, { token, body: { name: 'root' } }));
  await check('listUsers', world.call('GET', '/users', { token }));
  await check('makePasswordLink', world.call('POST', `/users/${body.id}/password-link`, { token }));
  await check('endUserSessions', world.call('DELETE', `/users/${body.id}/sessions`, { token }));
  const made = await check(
    'createServiceToken',
    world.call('POST', '/service-tokens', { token, body: { name: 'hr' } }),
  );
  await check('createServiceToken', world.call('POST', '/service-tokens', { token, body: { name: 'hr' } }));
  await check('listServiceTokens', world.call('GET', '/service-tokens', { token }));
  for (const [operationId, route] of Object.entries(names)) {
    const [method = '', url = ''] = route.split(' ');
    const path = url.replace(':id', caller.person.id);
    await check(operationId, world.call(method as 'GET', path, { token: made.body.token }));
  }
  await check('revokeServiceToken', world.call('DELETE', `/service-tokens/${made.body.id}`, { token }));
  await check('me', world.call('GET', '/me', { token }));
  await check('listSessions', world.call('GET', '/auth/sessions', { token }));
  await check('generateQrCode', world.call('GET', '/auth/otp/generate', { token, headers: { accept: 'image/webp' } }));
  await check('enableSecondFactor', world.call('PUT', '/auth/otp/enable', { token, body: { enabled: false } }));
  await check('signOut', world.call('DELETE', '/auth/sessions/current', { token }));
  for (let tries = 0; tries < 6; tries += 1)
    await check(
      'signIn',
      world.call('POST', '/auth/credentials', { basic: caller.person.basic, body: { otp: '000000' } }),
    );
});

test('what is answered about passkeys is what the document says', async () => {
  const phone = softwareAuthenticator();
  const check = async (operationId: string, method: 'GET' | 'POST' | 'PATCH' | 'DELETE', url: string, given = {}) => {
    const answer = await world.call(method, url, given);
    documented(operationId, answer);
    return [answer.status, answer.body] as const;
  };
  const carol = await makePerson(world, 'carol');
  const token = await signIn(world, carol);
  const [, { options }] = await check('beginPasskeyRegistration', 'POST', `${passkeys}/registration/options`, {
    token,
  });
  const body = { name: 'Phone', credential: phone.create(options) };
  const [added, { passkey }] = await check('addPasskey', 'POST', passkeys, { token, body });
  assert.equal(added, 201);
  await check('addPasskey', 'POST', passkeys, { token, body });
  await check('listPasskeys', 'GET', passkeys, { token });
  await check('renamePasskey', 'PATCH', `${passkeys}/${passkey.id}`, { token, body: { name: 'Mine' } });
  const credentials = await check('signIn', 'POST', '/auth/credentials', { basic: carol.basic });
  assert.equal(credentials[1].methods.length, 2);
  const [, asked] = await check('beginPasskeySignIn', 'POST', `${passkeys}/sign-in/options`);
  const answer = { ceremony: asked.ceremony, credential: phone.get(asked.options) };
  for (const expected of [200, 401])
    assert.equal((await check('signInWithPasskey', 'POST', `${passkeys}/sign-in`, { body: answer }))[0], expected);
  const again = await check('beginPasskeyReauthentication', 'POST', `${passkeys}/reauthentication/options`, { token });
  const proof = { token, body: { passkey: phone.get(again[1].options) } };
  const [, proved] = await check('reauthenticate', 'POST', '/auth/reauthenticate', proof);
  await check('reauthenticate', 'POST', '/auth/reauthenticate', { ...proof, token: proved.token });
  await check('removePasskey', 'DELETE', `${passkeys}/${passkey.id}`, { token: proved.token });
});

const passkeys = '/auth/passkeys';

/** Holds an answer against its operation: the status must be there, with this media type, and the body must fit. */
function documented(operationId: string, { status, headers, text }: Answer): void {
  const operation = operations.find((each) => each.operationId === operationId);
  const response = operation?.responses[String(status)];
  assert.ok(response, `${operationId} answers ${status}: ${text}`);
  if (text === '') {
    assert.equal(response.content, undefined, `${operationId} ${status}`);
    return;
  }
  const [type = ''] = String(headers['content-type']).split(';');
  const media = response.content?.[type];
  assert.ok(media, `${operationId} ${status} ${type}`);
  if (type.endsWith('json')) fits(media, JSON.parse(text), `${operationId} ${status}`);
  if (type === 'application/problem+json')
    assert.ok(problemsIn(media).includes(JSON.parse(text).code), `${operationId} ${status} ${text}`);
  if (status === 401) assert.ok(headers['www-authenticate'], operationId);
}

/** Whether a value is what a schema of the document says. */
function fits({ schema }: Media, value: unknown, name: string): void {
  const local = JSON.parse(
    JSON.stringify({ ...schema, $defs: document.components.schemas }).replaceAll('#/components/schemas/', '#/$defs/'),
  );
  const { success, error } = z.fromJSONSchema(local as Schema).safeParse(value);
  assert.ok(success, `${name}: ${JSON.stringify(value)} ${error?.message}`);
}
