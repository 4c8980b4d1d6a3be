import assert from 'node:assert/strict';
import { test } from 'node:test';
import { encodeBase32 } from '../src/base32.ts';
import { redactUrl } from '../src/http/log.ts';
import { attack, keepKeys, mend } from './attacks/later-secrets.ts';
import { metricsOf, withMetrics } from './metrics.ts';
import { browse, fail, invite, type Secrets, setUp } from './secrets.ts';
import { type Answer, inWorld, makePerson, type World } from './server.ts';
import { dump } from './tables.ts';

test('no secret of any flow appears in a log line, an audit row, a problem, an address, a header or a metric', () =>
  inWorld(
    async (world) => {
      const secrets: Secrets = new Map();
      const answers: Answer[] = [];
      const call: World['call'] = async (method, url, options) => {
        const answer = await world.call(method, url, options);
        answers.push(answer);
        return answer;
      };
      const watched = { ...world, call };
      keepKeys(world, secrets);
      const administrator = await setUp(watched, secrets);
      await invite(watched, secrets, administrator);
      await browse(watched, secrets, administrator);
      const later = await mend(watched, secrets, administrator);
      await attack(watched, secrets, later);
      await fail(watched, secrets, later);
      await world.server.service.sweep();

      assert.ok(secrets.size > 90, `${secrets.size} secrets were used`);
      for (const cookie of [
        '-sign-in of /sign-in',
        ' of /sign-in/code',
        '-browser of /sign-in/code',
        ' of /reauthenticate',
      ])
        assert.ok(secrets.has(`cookie countersign${cookie}`), cookie);
      const events = (dump(world)['audit'] ?? []).map((row) => row['event']);
      for (const event of ['sign_in.alarm', 'browser.remembered', 'recovery_codes.made', 'password.link_made'])
        assert.ok(events.includes(event), `${event} is among ${[...new Set(events)].join(', ')}`);
      const refusals = answers.filter(({ status }) => status >= 400);
      assert.match(world.log(), /"msg":"request"/);
      const places = {
        'the log': world.log(),
        'the audit log': JSON.stringify(dump(world)['audit']),
        'a refusal': refusals
          .map(({ text, headers }) => withoutEcho(text) + withoutForm(JSON.stringify(headers)))
          .join('\n'),
        'a header or an address': answers
          .map(({ headers }) => JSON.stringify({ ...headers, 'set-cookie': '' }))
          .join('\n'),
        'the metrics': await metricsOf(world),
      };
      for (const [place, text] of Object.entries(places)) {
        for (const [name, secret] of secrets) {
          for (const form of formsOf(secret)) assert.ok(!holds(text, form), `${name} (${form}) is in ${place}`);
        }
      }
      const stored = JSON.stringify(dump(world));
      assert.ok(!stored.includes('typed-in-the-wrong-field'), 'a name that does not exist is stored');
    },
    { ...withMetrics, logLevel: 'debug' },
  ));

test('a 503 that the service has looked for is one line of the log without a stack, and none to worry about in a drain', () =>
  inWorld(async (world) => {
    const lines = () =>
      world
        .log()
        .split('\n')
        .filter((line) => line.includes('"unavailable"') && !line.includes('"request"'))
        .map((line) => JSON.parse(line));
    world.turn(60_000);
    await makePerson(world);
    world.turn(-30_000);
    assert.equal((await world.call('GET', '/readyz')).status, 503);
    world.server.drain();
    assert.equal((await world.call('GET', '/readyz')).status, 503);
    assert.deepEqual(
      lines().map(({ level, detail, err }) => [level, detail.split(' ').slice(0, 2).join(' '), err]),
      [
        [40, 'The clock', undefined],
        [30, 'The service', undefined],
      ],
    );
  }));

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

/** Without what comes with every sign-in form, for the browser alone that it is sent to. */
function withoutForm(headers: string): string {
  return headers.replaceAll(/countersign-passkey=csc_[\w-]{43}/g, '');
}

/** A form that is shown again has its link and the name that was typed; no other value is ever echoed. */
function withoutEcho(text: string): string {
  return text.replace(/<input type="hidden" name="token" value="[^"]*">|name="username" value="[^"]*"/g, '');
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
