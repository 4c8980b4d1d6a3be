/** What people do with secrets, rightly and wrongly; each secret is kept, so that it can be looked for afterwards. */
import assert from 'node:assert/strict';
import { decodeBase32 } from '../src/base32.ts';
import { minute } from '../src/clock.ts';
import { listen, sendRaw } from './listening.ts';
import { type Answer, type CallOptions, codeAt, freshCode, type World, wrongCode } from './server.ts';
import { alter } from './tables.ts';

/** Everything that must not be seen, under the name by which a failure tells it. */
export type Secrets = Map<string, string>;

/** The first administrator: set up by the link, enrolled, signed in with a code, a recovery code, and fresh again. */
export async function setUp(world: World, secrets: Secrets): Promise<{ token: string; basic: string; secret: Buffer }> {
  const { keep, body } = keeper(world, secrets);
  const link = new URL((await world.server.service.setup.makeLink()) ?? '');
  const token = keep('set-up link', link.searchParams.get('token'));
  const password = keep('first password', 'marker one two three four');
  await world.call('GET', `/setup?token=${token}`);
  await world.call('POST', '/setup', { form: { token, name: 'root', password: keep('weak password', 'markerX') } });
  await world.call('POST', '/setup', { form: { token, name: 'root', password } });
  const basic = `root:${password}`;
  keep('Basic', Buffer.from(basic).toString('base64'));
  const first = await body('POST', '/auth/credentials', { basic });
  const bearer = keep('first token', first.token);
  const qr = await body('GET', '/auth/otp/generate', { token: bearer, headers: { accept: 'application/json' } });
  const secret = Buffer.from(decodeBase32(keep('seed', qr.secret)) ?? []);
  keep('seed in hex', secret.toString('hex'));
  await world.call('GET', '/auth/otp/generate', { token: bearer });
  const code = keep('first code', codeAt(secret, world.now()));
  const { recovery_codes } = await body('PUT', '/auth/otp/enable', {
    token: bearer,
    body: { enabled: true, otp: code },
  });
  for (const [index, each] of recovery_codes.entries()) keep(`recovery code ${index}`, each);
  const otp = keep('code in the query', freshCode(world, secret));
  keep('second token', (await body('POST', `/auth/credentials?otp=${otp}`, { basic })).token);
  const recovered = await body('POST', '/auth/credentials', { basic, body: { recovery_code: recovery_codes[0] } });
  const again = await body('POST', '/auth/reauthenticate', {
    token: keep('third token', recovered.token),
    body: { password, otp: keep('code in a body', freshCode(world, secret)) },
  });
  return { token: keep('renewed token', again.token), basic, secret };
}

/** Somebody invited, who chooses a password by the link and changes it. */
export async function invite(world: World, secrets: Secrets, { token }: { token: string }): Promise<void> {
  const { keep, body } = keeper(world, secrets);
  const invited = await body('POST', '/users', { token, body: { name: 'alice' } });
  const link = keep('invitation', new URL(invited.link.url).searchParams.get('token'));
  await body('POST', '/users', {
    token,
    body: { name: 'bob', password: keep('given password', 'marker bob has this one') },
  });
  await world.call('GET', `/invitation?token=${link}`);
  await world.call('HEAD', `/invitation?token=${link}`);
  const password = keep('chosen password', 'marker five six seven eight');
  await world.call('POST', '/invitation', { form: { token: link, password } });
  await world.call('POST', '/invitation', { form: { token: link, password } });
  const session = await body('POST', '/auth/credentials', { basic: `alice:${password}` });
  const changed = { current: password, new: keep('changed password', 'marker nine ten eleven twelve') };
  await world.call('PUT', '/auth/password', { token: keep('token of alice', session.token), body: changed });
  await world.call('PUT', '/auth/password', {
    token: session.token,
    body: { ...changed, new: keep('common', 'markermarker') },
  });
}

/** An administrator in a browser: both cookies, what is typed on the way, and the token of a program. */
export async function browse(
  world: World,
  secrets: Secrets,
  given: { token: string; basic: string; secret: Buffer },
): Promise<void> {
  const { keep, body } = keeper(world, secrets);
  const { basic, secret } = given;
  const username = 'root';
  const password = basic.slice(username.length + 1);
  const jar = new Map<string, string>();
  let cookie = '';
  const post = async (url: string, form: Record<string, string>): Promise<Answer> => {
    const answer = await world.call('POST', url, { form, headers: { cookie, accept: 'text/html' } });
    for (const line of [answer.headers['set-cookie'] ?? []].flat()) {
      const [pair = ''] = String(line).split(';');
      const [name = '', value = ''] = pair.split('=');
      if (value === '') jar.delete(name);
      else jar.set(name, keep(`cookie ${name} of ${url}`, value));
    }
    cookie = [...jar].map((each) => each.join('=')).join('; ');
    return answer;
  };
  const name = keep('password typed as a name on a page', 'typed-in-the-wrong-field-too');
  await post('/sign-in', { username: name, password: keep('password of nobody', 'marker of nobody at all') });
  await post('/sign-in', { username, password: keep('wrong password on a page', 'marker mistyped on a page') });
  await post('/sign-in', { username, password });
  await post('/sign-in/code', { otp: keep('wrong code on a page', wrongCode(world, secret)) });
  await post('/sign-in/recovery-code', { recovery_code: keep('no recovery code either', 'MARK-OFTH-EPAG-E') });
  assert.equal((await post('/sign-in/code', { otp: keep('code on a page', freshCode(world, secret)) })).status, 303);
  world.turn(10 * minute);
  for (const otp of [wrongCode(world, secret), freshCode(world, secret)])
    await post('/reauthenticate', { password, otp: keep(`code to prove again ${otp}`, otp) });
  await world.call('GET', '/account', { headers: { cookie } });
  const current = keep('wrong present password', 'marker of somebody else');
  await post('/account/password', { current, new: keep('password not taken', 'marker eleven twelve thirteen') });
  await post('/account/authenticator', { otp: keep('code for nothing', codeAt(secret, world.now() + 5 * minute)) });
  await post('/admin/users', { name: '' });
  const { token } = await body('POST', '/service-tokens', { headers: sameSite(cookie), body: { name: 'sync' } });
  keep('service token', token);
  await world.call('GET', '/users', { token });
  await world.call('GET', '/me', { token });
  await world.call('GET', '/users', {
    headers: { cookie: `countersign=${keep('unknown cookie', 'csn_marker-cookie')}` },
  });
  assert.equal((await post('/sign-out', {})).status, 303);
}

const sameSite = (cookie: string) => ({ cookie, 'sec-fetch-site': 'same-origin' });

/** Everything that goes wrong with a secret in it. */
export async function fail(
  world: World,
  secrets: Secrets,
  given: { token: string; basic: string; secret: Buffer },
): Promise<void> {
  const { keep } = keeper(world, secrets);
  const { token, basic, secret } = given;
  const wrong = keep('wrong password', 'marker of somebody who mistyped');
  keep('wrong Basic', Buffer.from(`root:${wrong}`).toString('base64'));
  const name = keep('password typed as a name', 'typed-in-the-wrong-field');
  const sent: [Parameters<World['call']>[0], string, CallOptions][] = [
    ['POST', '/auth/credentials', { basic: `root:${wrong}` }],
    ['POST', '/auth/credentials', { basic: `${name}:x` }],
    ['POST', '/auth/credentials', { headers: { authorization: `Basic ${wrong}` } }],
    ['POST', '/auth/credentials', { basic, body: { otp: keep('wrong code', wrongCode(world, secret)) } }],
    [
      'POST',
      '/auth/credentials',
      { basic, body: { recovery_code: keep('no recovery code', 'MARK-ERMA-RKER-MARK-ERMA-RKER') } },
    ],
    [
      'POST',
      '/auth/credentials',
      { basic, payload: `{"otp":"${keep('broken', 'marker-in-broken-json')}`, headers: jsonType },
    ],
    ['POST', '/auth/credentials', { basic, body: { unknown: wrong } }],
    ['POST', `/auth/credentials?otp=${keep('twice', 'marker-twice')}&otp=1`, { basic }],
    ['POST', `/auth/credentials?${keep('nameless', 'marker-without-a-name')}`, { basic }],
    ['GET', `/setup/${keep('path', 'csl_marker-in-a-path')}`, {}],
    ['GET', `/whoami?access_token=${keep('in the query', 'csn_marker-in-a-query')}`, {}],
    ['GET', '/whoami', { token: keep('unknown token', 'csn_marker-unknown') }],
    ['POST', '/auth/reauthenticate', { token, body: { password: wrong } }],
    ['PUT', '/auth/otp/enable', { token, body: { enabled: true, otp: keep('nonsense', 'marker as a code') } }],
  ];
  for (const [method, url, options] of sent) await world.call(method, url, options);

  const { port } = await listen(world);
  const basicLine = `Authorization: Basic ${Buffer.from(basic).toString('base64')}`;
  await sendRaw(
    port,
    `GET /%ff?otp=${keep('undecodable', 'marker-undecodable')} HTTP/1.1\r\nHost: x\r\n${basicLine}\r\n\r\n`,
  );
  await sendRaw(
    port,
    `GET http://root:${keep('in the authority', 'marker-in-authority')}@x/whoami HTTP/1.1\r\nHost: x\r\n\r\n`,
  );
  await sendRaw(port, `POST /auth/credentials HTTP/1.1\r\nHost: x\r\n${basicLine}\r\nX: ${'x'.repeat(17_000)}\r\n\r\n`);

  // Errors of the service itself are logged in full: with the query of the database, never with its values.
  world.turn(11 * minute);
  for (const table of ['recovery_codes', 'budgets', 'sessions', 'users']) {
    alter(world, `ALTER TABLE ${table} RENAME TO gone`);
    await world.call('POST', '/auth/credentials', { basic, body: { recovery_code: [...secrets.values()][12] } });
    await world.call('GET', '/auth/recovery-codes', { token });
    alter(world, `ALTER TABLE gone RENAME TO ${table}`);
  }
  assert.match(world.log(), /no such table/);
}

const jsonType = { 'content-type': 'application/json' };

function keeper(world: World, secrets: Secrets) {
  return {
    keep(name: string, secret: string | null): string {
      assert.ok(secret, name);
      secrets.set(name, secret);
      return secret;
    },
    body: async (...request: Parameters<World['call']>) => (await world.call(...request)).body,
  };
}
