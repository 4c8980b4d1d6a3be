import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { halfSignIn } from '../inputs.ts';
import { askToSignIn, makePersonWithPasskey, type PasskeyPerson } from '../passkeys.ts';
import { freshCode, makePerson, makePersonWithCode, type Person, secretOf, signIn, type World } from '../server.ts';
import { givePassword, kept, secretIn } from '../stories/in-a-browser.ts';
import { visit } from '../visitor.ts';

export interface Living {
  people: (Person | PasskeyPerson)[];
  /** Everything that opens something, or has once. */
  secrets: Record<string, string | Buffer>;
}

/** A service in use: people with passwords and factors, sessions, browsers, a pending secret, links, and a deleted row or two. */
export async function live(world: World): Promise<Living> {
  const setupLink = (await world.server.service.setup.makeLink()) ?? '';
  const root = await makePersonWithCode(world, 'root', true);
  const alice = await makePerson(world, 'alice');
  const token = await signIn(world, root);
  const aliceToken = await signIn(world, alice);
  const ended = await signIn(world, alice);
  await world.call('DELETE', '/auth/sessions/current', { token: ended });
  const pending = await secretOf(world, aliceToken);
  const { link } = (await world.call('POST', '/users', { token, body: { name: 'zoe' } })).body;
  const program = (await world.call('POST', '/service-tokens', { token, body: { name: 'sync' } })).body.token;
  assert.equal((await world.call('GET', '/users', { token: program })).status, 200, 'it is good, and noted as used');
  const browser = await givePassword(visit(world), root);
  await browser.submit({ otp: freshCode(world, secretIn(root)) });
  const half = (await halfSignIn(world, root)).split('=')[1] ?? '';
  const [used = '', ...left] = root.recoveryCodes ?? [];
  await world.call('POST', '/auth/credentials', { basic: root.basic, body: { recovery_code: used } });
  const carol = await makePersonWithPasskey(world);
  const { ceremony, options } = await askToSignIn(world);
  const answer = { ceremony, credential: carol.device.get(options) };
  const byPasskey = (await world.call('POST', '/auth/passkeys/sign-in', { body: answer })).body.token;
  const linkToken = (url: string): string => new URL(url).searchParams.get('token') ?? '';
  const codes = [used, ...left].map((code, index) => [`recovery code ${index}`, code]);
  const [, key = ''] = readFileSync(join(world.folder, 'keys', 'countersign.keys'), 'utf8')
    .trim()
    .split(' ');
  const secrets: Living['secrets'] = {
    password: alice.password,
    'token of root': token,
    'token of alice': aliceToken,
    'ended token': ended,
    'token of a browser': kept(browser, 'countersign') ?? '',
    'browser that is known': kept(browser, 'countersign-browser') ?? '',
    'set-up link': linkToken(setupLink),
    invitation: linkToken(link.url),
    'service token': program,
    'half sign-in': half,
    'pending seed': pending,
    seed: secretIn(root),
    'token by a passkey': byPasskey,
    'ceremony of a passkey': ceremony,
    'answered challenge': options.challenge,
    'private key': Buffer.from(carol.device.held[0]?.key.export({ format: 'jwk' }).d ?? '', 'base64url'),
    'sealing key': Buffer.from(key, 'base64'),
    ...Object.fromEntries(codes),
  };
  assert.equal(Object.values(secrets).filter((secret) => secret.length < 16).length, 0);
  return { people: [root, alice, carol], secrets };
}
