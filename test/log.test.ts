import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeBase32, encodeBase32 } from '../src/base32.ts';
import { minute } from '../src/clock.ts';
import { redactUrl } from '../src/http/log.ts';
import { listen, sendRaw } from './listening.ts';
import { type Answer, type CallOptions, codeAt, freshCode, inWorld, type World, wrongCode } from './server.ts';
import { alter, dump } from './tables.ts';

/** Everything that must not be seen, under the name by which a failure tells it. */
type Secrets = Map<string, string>;

test('no secret of any flow appears in a log line, an audit row, a problem or a metric', () =>
  inWorld(
    async (world) => {
      const secrets: Secrets = new Map();
      const refusals: Answer[] = [];
      const call: World['call'] = async (method, url, options) => {
        const answer = await world.call(method, url, options);
        if (answer.status >= 400) refusals.push(answer);
        return answer;
      };
      const administrator = await setUp({ ...world, call }, secrets);
      await invite({ ...world, call }, secrets, administrator);
      await fail({ ...world, call }, secrets, administrator);

      assert.ok(secrets.size > 30, `${secrets.size} secrets were used`);
      assert.match(world.log(), /"msg":"request"/);
      const places = {
        'the log': world.log(),
        'the audit log': JSON.stringify(dump(world)['audit']),
        'a refusal': refusals.map(({ text, headers }) => withoutEcho(text) + JSON.stringify(headers)).join('\n'),
        'the metrics': await world.server.metrics.text(),
      };
      for (const [place, text] of Object.entries(places)) {
        for (const [name, secret] of secrets) {
          for (const form of formsOf(secret)) assert.ok(!holds(text, form), `${name} (${form}) is in ${place}`);
        }
      }
      const stored = JSON.stringify(dump(world));
      assert.ok(!stored.includes('typed-in-the-wrong-field'), 'a name that does not exist is stored');
    },
    { logLevel: 'debug' },
  ));

test('of a request target only the path and the names of its query are logged', () => {
  const logged: [string, string][] = [
    ['/auth/credentials?otp=123456', '/auth/credentials?otp=[redacted]'],
    ['/auth/credentials?otp=1&otp=2&123456', '/auth/credentials?otp=[redacted]&otp=[redacted]&[redacted]'],
    ['/setup?csl_abc', '/setup?[redacted]'],
    ['/setup/csl_aBc-_1/x', '/setup/[redacted]/x'],
    ['/auth/credentials%3fotp=123456', '/auth/credentials[redacted]'],
    ['/auth/credentials#otp=123456', '/auth/credentials[redacted]'],
    ['/auth/credentials;otp=123456', '/auth/credentials[redacted]'],
    ['http://alice:secret@localhost/whoami?otp=1', '/whoami?otp=[redacted]'],
    ['/assets/home.0a1b.js', '/assets/home.0a1b.js'],
    ['*', '*'],
  ];
  assert.deepEqual(
    logged.map(([url]) => [url, redactUrl(url)]),
    logged,
  );
});

/** The first administrator: set up by the link, enrolled, signed in with a code, a recovery code, and fresh again. */
async function setUp(world: World, secrets: Secrets): Promise<{ token: string; basic: string; secret: Buffer }> {
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
async function invite(world: World, secrets: Secrets, { token }: { token: string }): Promise<void> {
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

/** Everything that goes wrong with a secret in it. */
async function fail(
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

/** A form that is shown again sends its link again, and an unknown name is named; values are never echoed. */
function withoutEcho(text: string): string {
  return text.replace(/<input type="hidden" name="token" value="[^"]*">|Unrecognized key: \\"[^"]*"/g, '');
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

/** The spellings in which a secret could be found. */
function formsOf(secret: string): Set<string> {
  const bytes = Buffer.from(secret);
  const encoded = [
    encodeURIComponent(secret),
    bytes.toString('base64'),
    bytes.toString('base64url'),
    bytes.toString('hex'),
  ];
  return new Set([secret, secret.toLowerCase(), ...encoded, encodeBase32(bytes)]);
}

/** Six digits are looked for as a number of their own, or every long number would have them sooner or later. */
function holds(text: string, form: string): boolean {
  return /^\d{6}$/.test(form) ? new RegExp(`(?<!\\d)${form}(?!\\d)`).test(text) : text.includes(form);
}
