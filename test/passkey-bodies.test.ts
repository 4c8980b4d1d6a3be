/** What a browser writes of a passkey, broken in each of its parts: a clear 422 that names the part, and nothing has changed. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { softwareAuthenticator } from './authenticator.ts';
import { addPasskey, askToSignIn } from './passkeys.ts';
import { quickHash } from './quick-hash.ts';
import { makePerson, makeWorld, signIn } from './server.ts';
import { dump } from './tables.ts';

const world = await makeWorld({}, { argon2: quickHash });
after(() => world.close());
const device = softwareAuthenticator();
let token = '';
before(async () => {
  token = await signIn(world, await makePerson(world, 'carol'));
  await addPasskey(world, token, device);
});

interface Sent {
  url: string;
  body: Record<string, unknown>;
  /** The member that has the credential. */
  at: string;
  longest: Record<string, number>;
}

const common = { '/id': 1364, '/rawId': 1364, '/response/clientDataJSON': 2731 };

/** One request of each kind, right as it stands. */
async function requests(): Promise<Sent[]> {
  const asked = await askToSignIn(world);
  const ask = (what: string) => world.call('POST', `/auth/passkeys/${what}/options`, { token });
  const [registration, again] = [(await ask('registration')).body, (await ask('reauthentication')).body];
  const ofAssertion = { ...common, '/response/authenticatorData': 2731, '/response/signature': 1366 };
  const assertion = { ...ofAssertion, '/response/userHandle': 86 };
  const proof = { passkey: device.get(again.options) };
  const credential = device.get(asked.options);
  return [
    {
      url: '/auth/passkeys/sign-in',
      body: { ceremony: asked.ceremony, credential },
      at: 'credential',
      longest: assertion,
    },
    { url: '/auth/reauthenticate', body: proof, at: 'passkey', longest: assertion },
    {
      url: '/auth/passkeys',
      body: { name: 'Phone', credential: softwareAuthenticator().create(registration.options) },
      at: 'credential',
      longest: { ...common, '/response/attestationObject': 10_923 },
    },
  ];
}

const send = ({ url }: Sent, body: unknown) => world.call('POST', url, { token, body });

/** The same with the value at a pointer changed. */
function changed({ body, at }: Sent, pointer: string, value: unknown): unknown {
  const copy = structuredClone(body);
  const names = `${at}${pointer}`.split('/');
  const last = names.pop() ?? '';
  const place = names.reduce((inner, name) => inner[name] as Record<string, unknown>, copy);
  place[last] = value;
  return copy;
}

/** Asserts that a request with this value at a pointer is refused, and that the answer names the pointer and no other. */
async function assertNamed(sent: Sent, pointer: string, value: unknown): Promise<void> {
  const { status, body } = await send(sent, changed(sent, pointer, value));
  const what = `${sent.url} ${pointer}: ${JSON.stringify(value)?.slice(0, 30)}`;
  assert.deepEqual([status, body.code], [422, 'invalid'], what);
  assert.deepEqual([...new Set(body.errors.map((each) => each.pointer))], [`/${sent.at}${pointer}`], what);
}

test('each part of a credential has its type, its alphabet and its length', async () => {
  for (const sent of await requests()) {
    const stored = dump(world);
    for (const [pointer, longest] of Object.entries(sent.longest)) {
      const wrong = [
        1,
        true,
        [],
        {},
        ['AAAA'],
        '',
        'AA==',
        'a+b/',
        'a b',
        'é',
        '\0',
        'AAAA\n',
        'A'.repeat(longest + 1),
      ];
      for (const value of wrong) await assertNamed(sent, pointer, value);
    }
    for (const [pointer, value] of Object.entries({
      '/type': 'password',
      '/response': [],
      '': 'text',
      '/clientExtensionResults': 1,
    }))
      await assertNamed(sent, pointer, value);
    for (const pointer of ['/id', '/rawId', '/type', '/response', '/response/clientDataJSON'])
      await assertNamed(sent, pointer, undefined);
    assert.deepEqual(dump(world), stored, sent.url);
  }
});

test('what a browser adds within a credential is let through, and nothing beside it is', async () => {
  for (const [index] of (await requests()).entries()) {
    const sent = (await requests())[index];
    assert.ok(sent);
    const beside = await send(sent, { ...sent.body, more: 1 });
    assert.deepEqual([beside.status, beside.body.code], [422, 'invalid'], sent.url);
    const richer = { ...sent, body: changed(sent, '/more', [{ of: 'it' }]) as Sent['body'] };
    const full = changed(richer, '/response/publicKey', { any: 'thing' });
    const { status, body } = await send(sent, full);
    assert.ok(status < 300, `${sent.url} ${JSON.stringify(body)}`);
    if (sent.url === '/auth/reauthenticate') token = body.token;
  }
});
