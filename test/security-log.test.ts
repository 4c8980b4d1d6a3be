/** What an operator can rely on in the log: who was refused what, one JSON object a line, and errors of the service itself (ASVS 16). */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { type Event, events } from '../src/audit/events.ts';
import { softwareAuthenticator } from './authenticator.ts';
import { administer, prove } from './deeds.ts';
import { addPasskey, makePersonWithPasskey, signInWithPasskey, tokenByPasskey } from './passkeys.ts';
import { quickHash } from './quick-hash.ts';
import { inWorld, makePerson, makePersonWithCode, signIn, type World } from './server.ts';
import { usePasskey } from './stories/passkey-form.ts';
import { alter, dump } from './tables.ts';
import { visit } from './visitor.ts';

const parts = { argon2: quickHash };

test('whoever is refused is in the log: who, what, from where and why', () =>
  inWorld(
    async (world) => {
      const alice = await makePerson(world);
      const root = await makePersonWithCode(world, 'root', true);
      const administrator = await signIn(world, root);
      const token = await signIn(world, alice);
      const { body: program } = await world.call('POST', '/service-tokens', {
        token: administrator,
        body: { name: 'sync' },
      });
      const from = '192.0.2.7';
      const about = async (...[method, url, options]: Parameters<World['call']>) => {
        await world.call(method, url, { from, ...options });
        const { user, serviceToken, method: verb, url: path, address, problem, status } = lines(world).at(-1) ?? {};
        assert.equal(address, from, url);
        return [user ?? serviceToken, verb, path, status, problem];
      };
      const cookie = { cookie: `countersign=${token}`, 'sec-fetch-site': 'cross-site' };
      assert.deepEqual(
        [
          await about('GET', '/users', { token }),
          await about('GET', `/users/${root.id}`, { token }),
          await about('DELETE', '/auth/sessions/nobody', { token }),
          await about('GET', '/me', { token: program.token }),
          await about('GET', '/whoami', { token: 'csn_unknown' }),
          await about('POST', '/account/password', { form: { current: 'x', new: 'y' }, headers: cookie }),
        ],
        [
          [alice.id, 'GET', '/users', 403, 'forbidden'],
          [alice.id, 'GET', `/users/${root.id}`, 403, 'forbidden'],
          [alice.id, 'DELETE', '/auth/sessions/nobody', 404, 'not_found'],
          [program.id, 'GET', '/me', 403, 'forbidden'],
          [undefined, 'GET', '/whoami', 401, 'unauthenticated'],
          [undefined, 'POST', '/account/password', 403, 'forbidden'],
        ],
      );
      world.turn(11 * 60_000);
      assert.deepEqual(await about('POST', '/auth/recovery-codes', { token: administrator }), [
        root.id,
        'POST',
        '/auth/recovery-codes',
        403,
        'reauthentication_required',
      ]);
    },
    {},
    parts,
  ));

test('what was wrong with a passkey or a new password is in the log, in a fixed word, whether a page or a program asked', () =>
  inWorld(
    async (world) => {
      const carol = await makePersonWithPasskey(world);
      const token = await tokenByPasskey(world, carol.device);
      const last = () => {
        const { url, status, problem, reason } = lines(world).at(-1) ?? {};
        return [url, status, problem, reason];
      };
      const unverified = { flags: { uv: false } };
      await signInWithPasskey(world, carol.device, unverified);
      assert.deepEqual(last(), ['/auth/passkeys/sign-in', 401, 'passkey_refused', 'user_verification']);
      await usePasskey(await visit(world).open('/sign-in'), carol.device, { wrong: unverified });
      assert.deepEqual(last(), ['/sign-in/passkey', 401, 'passkey_refused', 'user_verification']);
      await addPasskey(world, token, softwareAuthenticator(), { wrong: unverified });
      assert.deepEqual(last(), ['/auth/passkeys', 422, 'wrong_passkey', 'user_verification']);
      await world.call('PUT', '/auth/password', { token, body: { current: carol.password, new: 'hunter2' } });
      assert.deepEqual(last(), ['/auth/password', 422, 'weak_password', 'too_short']);
      await world.call('GET', '/users', { token });
      assert.deepEqual(last(), ['/users', 403, 'forbidden', undefined]);
      await world.call('GET', '/whoami', { token });
      assert.deepEqual(last(), ['/whoami', 200, undefined, undefined]);
    },
    {},
    parts,
  ));

test('every line of the log is one JSON object with its time and its request, whatever is sent', () =>
  inWorld(
    async (world) => {
      const nasty = 'x\u2028\u001b[31m"}\\n{"level":60,"msg":"forged';
      await world.call('POST', '/auth/credentials', { basic: `${nasty}\r\nadmin:x`, headers: { 'user-agent': nasty } });
      await world.call('GET', `/whoami?a=${encodeURIComponent('\r\n{"msg":"forged"}')}`);
      await world.call('GET', `/${encodeURIComponent(nasty)}`, { token: nasty.replace(/[^ -~]/g, '') });
      assert.equal(lines(world).length, 3);
      for (const { level, time, reqId, msg, address } of lines(world)) {
        assert.deepEqual([level, msg, address], [30, 'request', '127.0.0.1']);
        assert.ok(Number.isInteger(time) && typeof reqId === 'string');
      }
    },
    {},
    parts,
  ));

test('an error of the service is logged with its cause, and answered with nothing of it', () =>
  inWorld(
    async (world) => {
      const token = await signIn(world, await makePerson(world));
      alter(world, 'ALTER TABLE recovery_codes RENAME TO gone');
      const { status, body, text, headers } = await world.call('GET', '/auth/recovery-codes', { token });
      assert.deepEqual([status, body.code], [500, 'internal']);
      assert.doesNotMatch(text, /recovery_codes|SQL|sqlite|\.ts|at /i);
      const error = lines(world).find(({ level }) => level === 50);
      assert.equal(error?.['reqId'], headers['request-id']);
      assert.match(JSON.stringify(error), /no such table/);
      assert.equal((await world.call('GET', '/whoami', { token })).status, 200, 'everything else goes on');
    },
    {},
    parts,
  ));

test('every proof that somebody gives, right or wrong, is a row of the audit log that says which', () =>
  inWorld(
    async (world) => {
      const { root, bob } = await prove(world);
      const rows = dump(world)['audit'] ?? [];
      const told = rows.map(({ event, user_id: user, detail }) => {
        const { reason, second_factor: secondFactor } = JSON.parse(String(detail ?? '{}'));
        const who = user === root ? 'root' : user === bob ? 'bob' : user;
        return [who, event, reason ?? secondFactor].filter((each) => each !== undefined);
      });
      assert.deepEqual(told, [
        ['root', 'account.set_up'],
        ['root', 'sign_in.succeeded'],
        ['root', 'otp.confirmation_refused'],
        ['root', 'otp.confirmed'],
        ['bob', 'user.created'],
        ['bob', 'password.link_made'],
        ['bob', 'password.changed'],
        ['bob', 'sign_in.refused', 'wrong credentials'],
        [null, 'sign_in.refused', 'wrong credentials'],
        ['bob', 'sign_in.succeeded'],
        ['bob', 'otp.confirmation_refused'],
        ['bob', 'otp.confirmed'],
        ['bob', 'sign_in.otp_required'],
        ['bob', 'sign_in.refused', 'wrong otp'],
        ['bob', 'sign_in.succeeded', 'otp'],
        ['bob', 'recovery_code.used'],
        ['bob', 'sign_in.succeeded', 'recovery_code'],
        ['bob', 'session.reauthentication_refused', 'wrong_password'],
        ['bob', 'session.reauthenticated'],
        ['bob', 'password.change_refused'],
        ['bob', 'password.changed'],
        ['bob', 'session.ended'],
        // From here on in a browser.
        ['bob', 'sign_in.refused', 'wrong credentials'],
        ['bob', 'sign_in.otp_required'],
        ['bob', 'sign_in.refused', 'wrong otp'],
        ['bob', 'recovery_code.used'],
        ['bob', 'browser.remembered'],
        ['bob', 'sign_in.succeeded', 'recovery_code'],
        ['bob', 'session.reauthentication_refused', 'wrong_otp'],
        ['bob', 'session.reauthenticated'],
        ['bob', 'session.ended'],
      ]);
      for (const { at, address, event } of rows) assert.ok(Number(at) > 0 && address === '127.0.0.1', String(event));
    },
    {},
    parts,
  ));

/** Events that this file does not tell of, with those that do. */
const elsewhere: Partial<Record<Event, string>> = {
  'clock.accepted': 'stories/clock-rule.test.ts',
  'database.accepted': 'databases/mark-accept.test.ts',
  'key.activated': 'lost-keys.test.ts',
};

test('every event that the log can tell of is written when it happens', () =>
  inWorld(
    async (world) => {
      await administer(world, await prove(world));
      const seen = new Set((dump(world)['audit'] ?? []).map(({ event }) => String(event)));
      assert.deepEqual(
        events.filter((event) => !seen.has(event)),
        Object.keys(elsewhere),
      );
      for (const [event, file] of Object.entries(elsewhere))
        assert.ok(readFileSync(new URL(file, import.meta.url), 'utf8').includes(`'${event}'`), file);
    },
    {},
    parts,
  ));

function lines(world: World): Record<string, unknown>[] {
  return world
    .log()
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
}
