import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, test } from 'node:test';
import { type ProblemCode, problemCodes, problemFacts } from '../src/http/http.ts';
import { localOrigin, softwareAuthenticator } from './authenticator.ts';
import { listen, sendRaw } from './listening.ts';
import { operationsOf, problemsIn, readDocument } from './openapi.ts';
import {
  addPasskey,
  makePersonWithPasskey,
  type PasskeyPerson,
  signInWithPasskey,
  tokenByPasskey,
} from './passkeys.ts';
import { quickHash } from './quick-hash.ts';
import { tableUnder } from './routes.ts';
import { type Answer, makePerson, makePersonWithCode, makeWorld, signIn, wrongCode } from './server.ts';
import { alter } from './tables.ts';

const page = readFileSync(new URL('../docs/reference/problems.md', import.meta.url), 'utf8');

test('docs/reference/problems.md holds the table of the code, row by row', () => {
  const [, ...rows] = tableUnder(page, 'Codes');
  const ours = problemCodes.map((code) => {
    const { status, title, detail } = problemFacts(code);
    return [code, String(status), title, detail];
  });
  assert.deepEqual(rows, ours);
});

const hash = { release: (): void => {}, held: Promise.resolve() };
const world = await makeWorld(
  { hashConcurrency: 1, hashQueue: 1, requireSecondFactor: 'administrators', publicUrl: localOrigin },
  {
    argon2: {
      ...quickHash,
      verify: async (phc, password) => {
        await hash.held;
        return quickHash.verify(phc, password);
      },
    },
  },
);
after(() => world.close());
const { port } = await listen(world);
const alice = await makePerson(world);
const root = await makePersonWithCode(world, 'root', true);
const secret = root.secret ?? Buffer.alloc(0);

const carol = await makePersonWithPasskey(world);

const json = { 'content-type': 'application/json' };

test('the OpenAPI document names every problem that an operation can answer, and no other', async () => {
  const document = await readDocument(world);
  const media = operationsOf(document).flatMap(({ responses }) =>
    Object.values(responses).map(({ content }) => content?.['application/problem+json']),
  );
  // No operation answers 405: it says that there is none of that method.
  const named = new Set([...media.flatMap(problemsIn), 'method_not_allowed']);
  assert.deepEqual([...named].sort(), problemCodes.toSorted());
  const { properties } = document.components.schemas['Problem'] as { properties: { code: { enum: string[] } } };
  assert.deepEqual(properties.code.enum, problemCodes);
});

type Produced = Pick<Answer, 'status' | 'text' | 'headers'>;

/** One request for each code that really answers with it. */
const requests: Record<ProblemCode, () => Promise<Produced>> = {
  bad_request: () => world.call('POST', '/auth/credentials', { payload: '{', headers: json }),
  unauthenticated: () => world.call('GET', '/whoami'),
  passkey_refused: () => signInWithPasskey(world, carol.device, { origin: 'https://localhost.example' }),
  async reauthentication_required() {
    const token = await signIn(world, alice);
    world.turn(600_000);
    return world.call('POST', '/auth/otp/replace', { token });
  },
  forbidden: async () => world.call('GET', '/users', { token: await signIn(world, alice) }),
  not_found: () => world.call('GET', '/nowhere'),
  method_not_allowed: () => world.call('PUT', '/whoami'),
  not_acceptable: async () =>
    world.call('GET', '/auth/otp/generate', { token: await signIn(world, alice), headers: { accept: 'image/webp' } }),
  async request_timeout() {
    // Node looks for slow requests every 30 seconds; its verdict is what we wait for, so it is given here.
    world.server.server.once('connection', (socket) => {
      world.server.server.emit('clientError', Object.assign(new Error(), { code: 'ERR_HTTP_REQUEST_TIMEOUT' }), socket);
    });
    return sendRaw(port, 'GET /whoami HTTP/1.1\r\n');
  },
  otp_already_confirmed: async () => world.call('GET', '/auth/otp/generate', { token: await signIn(world, root) }),
  second_factor_required: async () =>
    world.call('PUT', '/auth/otp/enable', { token: await signIn(world, root), body: { enabled: false } }),
  name_taken: async () => world.call('POST', '/users', { token: await signIn(world, root), body: { name: 'ALICE' } }),
  passkey_exists: async () =>
    addPasskey(world, await byPasskey(carol), softwareAuthenticator(), { wrong: { id: carol.device.held[0]?.id } }),
  async too_many_passkeys() {
    const token = await byPasskey(carol);
    for (let more = 0; more < 19; more += 1)
      assert.equal((await addPasskey(world, token, softwareAuthenticator())).status, 201);
    return addPasskey(world, token, softwareAuthenticator());
  },
  async last_way_in() {
    const dave = await makePersonWithPasskey(world, 'dave');
    alter(world, 'DELETE FROM passwords WHERE user_id = ?', dave.id);
    return world.call('DELETE', `/auth/passkeys/${dave.passkeyId}`, { token: await byPasskey(dave) });
  },
  payload_too_large: () => world.call('POST', '/auth/credentials', { body: { otp: '1'.repeat(17_000) } }),
  unsupported_media_type: () =>
    world.call('POST', '/auth/credentials', { payload: 'x', headers: { 'content-type': 'text/plain' } }),
  invalid: () => world.call('POST', '/auth/credentials', { basic: alice.basic, body: { otp: 123456 } }),
  wrong_otp: async () =>
    reauthenticate(await signIn(world, root), { password: root.password, otp: wrongCode(world, secret) }),
  wrong_password: async () => reauthenticate(await signIn(world, alice), { password: 'wrong' }),
  wrong_passkey: async () =>
    addPasskey(world, await byPasskey(carol), softwareAuthenticator(), { wrong: { rpId: 'example' } }),
  weak_password: async () =>
    world.call('PUT', '/auth/password', {
      token: await signIn(world, alice),
      body: { current: alice.password, new: 'too short' },
    }),
  async too_many_tries() {
    const token = await signIn(world, alice);
    for (let tries = 0; tries < 5; tries += 1) await reauthenticate(token, { password: 'wrong' });
    const answer = await reauthenticate(token, { password: alice.password });
    assert.equal(answer.headers['retry-after'], '30');
    world.turn(60_000);
    return answer;
  },
  headers_too_large: () => sendRaw(port, `GET /whoami HTTP/1.1\r\nHost: localhost\r\nX: ${'x'.repeat(17_000)}\r\n\r\n`),
  async internal() {
    const token = await signIn(world, alice);
    alter(world, 'ALTER TABLE recovery_codes RENAME TO elsewhere');
    const answer = await world.call('GET', '/auth/recovery-codes', { token });
    alter(world, 'ALTER TABLE elsewhere RENAME TO recovery_codes');
    return answer;
  },
  async busy() {
    const token = await signIn(world, alice);
    hash.held = new Promise((resolve) => {
      hash.release = resolve;
    });
    // Without a bound nobody would be turned away: then the hash is let go, and the test fails rather than hangs.
    const soon = setTimeout(() => hash.release(), 20_000);
    const before = [1, 2].map(() => world.call('POST', '/auth/credentials', { basic: alice.basic }));
    while (world.server.service.passwords.load().waiting === 0) await new Promise(setImmediate);
    const answer = await reauthenticate(token, { password: alice.password });
    assert.match(String(answer.headers['retry-after']), /^\d+$/);
    clearTimeout(soon);
    hash.release();
    hash.held = Promise.resolve();
    await Promise.all(before);
    return answer;
  },
  async unavailable() {
    world.server.drain();
    return world.call('GET', '/readyz');
  },
};

for (const code of problemCodes) {
  test(`${code} is really answered, as problem details`, async () => {
    const { status, headers, text } = await requests[code]();
    const facts = problemFacts(code);
    assert.equal(status, facts.status, text);
    assert.match(String(headers['content-type']), /^application\/problem\+json/);
    const body = JSON.parse(text);
    assert.deepEqual(
      { type: body.type, title: body.title, status: body.status, code: body.code },
      { type: `urn:countersign:problem:${code}`, title: facts.title, status: facts.status, code },
    );
    assert.equal(typeof body.detail, 'string');
  });
}

function reauthenticate(token: string, body: object): Promise<Answer> {
  return world.call('POST', '/auth/reauthenticate', { token, body });
}

function byPasskey({ device }: PasskeyPerson): Promise<string> {
  return tokenByPasskey(world, device);
}
