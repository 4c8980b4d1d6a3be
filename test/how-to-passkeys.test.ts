/** What docs/how-to/passkeys.md has a page of somebody's do is done, with an authenticator in software in place of a browser. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, test } from 'node:test';
import { softwareAuthenticator } from './authenticator.ts';
import type { CreationOptions, RequestOptions } from './call.ts';
import { listen } from './listening.ts';
import { quickHash } from './quick-hash.ts';
import { makePerson, makeWorld, signIn } from './server.ts';

const page = readFileSync(new URL('../docs/how-to/passkeys.md', import.meta.url), 'utf8');
const blocks = (language: string): string[] =>
  [...page.matchAll(new RegExp(`^\`\`\`${language}\n([^]*?)^\`\`\``, 'gm'))].map(([, code = '']) => code);

const world = await makeWorld({}, { argon2: quickHash });
after(() => world.close());
const { url, port } = await listen(world);
const device = softwareAuthenticator({ origin: `http://localhost:${port}` });

/** What the examples use of a browser. */
const credentials = {
  create: async ({ publicKey }: { publicKey: CreationOptions }) => asBrowsersDo(device.create(publicKey)),
  get: async ({ publicKey }: { publicKey: RequestOptions }) => asBrowsersDo(device.get(publicKey)),
};
const asBrowsersDo = (credential: object) => ({ toJSON: () => credential });
const PublicKeyCredential = {
  parseCreationOptionsFromJSON: (options: CreationOptions) => options,
  parseRequestOptionsFromJSON: (options: RequestOptions) => options,
};

type Said = Record<string, string> & { passkey: { id: string; name: string }; recovery_codes: string[] };

interface Examples {
  addPasskey(token: string, name: string): Promise<Said>;
  signIn(): Promise<Said>;
}

test('the functions of the page add a passkey and sign in with it', async () => {
  const code = `${blocks('js').join('\n')}\nreturn { addPasskey, signIn };`;
  const make = new Function('fetch', 'navigator', 'PublicKeyCredential', code);
  const ours = (path: string, init: RequestInit) => fetch(`${url}${path}`, init);
  const examples: Examples = make(ours, { credentials }, PublicKeyCredential);
  const token = await signIn(world, await makePerson(world, 'carol'));
  const added = await examples.addPasskey(token, 'Phone');
  assert.deepEqual([added.passkey.name, added.recovery_codes.length], ['Phone', 10]);
  const { token: another = '' } = await examples.signIn();
  assert.equal((await world.call('GET', '/whoami', { token: another })).text, '"carol"');
  await assert.rejects(examples.addPasskey('csn_wrong', 'Phone'), /valid token/);
});

test('the commands of the page are answered, each by its route', async () => {
  const dave = await makePerson(world, 'dave');
  const token = await signIn(world, dave);
  const { body: asked } = await world.call('POST', '/auth/passkeys/registration/options', { token });
  const body = { credential: softwareAuthenticator({ origin: `http://localhost:${port}` }).create(asked.options) };
  const { body: added } = await world.call('POST', '/auth/passkeys', { token, body });
  const commands = blocks('sh').flatMap((block) => block.trim().split('\n'));
  const statuses: number[] = [];
  for (const command of commands) {
    const [, method = 'GET'] = / -X (\w+)/.exec(command) ?? [];
    const [, path = ''] = /"http:\/\/localhost:8000([^"]+)"/.exec(command) ?? [];
    const [, payload] = / -d '([^']+)'/.exec(command) ?? [];
    const { status } = await world.call(method as 'GET', path.replace('$ID', added.passkey.id), {
      ...(command.includes('Bearer $TOKEN') ? { token } : {}),
      ...(payload ? { payload, headers: { 'content-type': 'application/json' } } : {}),
    });
    statuses.push(status);
  }
  assert.deepEqual(statuses, [200, 200, 200, 204, 204]);
});

test('the answer on an account with passkeys alone is the one that the page shows', async () => {
  const erin = await makePerson(world, 'erin');
  const token = await signIn(world, erin);
  const { body: asked } = await world.call('POST', '/auth/passkeys/registration/options', { token });
  await world.call('POST', '/auth/passkeys', { token, body: { credential: device.create(asked.options) } });
  const { text } = await world.call('POST', '/auth/credentials', { basic: erin.basic });
  assert.ok(blocks('json').includes(`${text}\n`), text);
});
