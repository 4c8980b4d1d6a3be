/** What people do with secrets after the first day, and what attackers make of it; each secret is kept, as in `secrets.ts`. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { decodeBase32 } from '../../src/base32.ts';
import { minute, second } from '../../src/clock.ts';
import type { Secrets } from '../secrets.ts';
import { type Answer, type CallOptions, codeAt, freshCode, type World, wrongCode } from '../server.ts';

interface Administrator {
  token: string;
  basic: string;
  secret: Buffer;
}

/** The keys of the service itself, in the form of the file and as bytes. */
export function keepKeys(world: World, secrets: Secrets): void {
  const [, key = ''] = readFileSync(join(world.folder, 'keys', 'countersign.keys'), 'utf8')
    .trim()
    .split(' ');
  assert.equal(Buffer.from(key, 'base64').length, 32);
  secrets.set('sealing key', key).set('sealing key in hex', Buffer.from(key, 'base64').toString('hex'));
}

/** Another phone, new recovery codes, and a password that somebody else must choose anew. */
export async function mend(world: World, secrets: Secrets, given: Administrator): Promise<Administrator> {
  const keep = keeper(secrets);
  const fresh = await world.call('POST', '/auth/reauthenticate', {
    token: given.token,
    body: {
      password: given.basic.slice('root:'.length),
      otp: keep('code for another phone', freshCode(world, given.secret)),
    },
  });
  const token = keep('token for another phone', fresh.body.token);
  assert.equal((await world.call('POST', '/auth/otp/replace', { token })).status, 204);
  const qr = await world.call('GET', '/auth/otp/generate', { token, headers: { accept: 'application/json' } });
  const secret = Buffer.from(decodeBase32(keep('seed of another phone', qr.body.secret)) ?? []);
  for (const [what, otp] of [
    ['wrong code of another phone', wrongCode(world, secret)],
    ['code of another phone', codeAt(secret, world.now())],
  ] as const) {
    const { body } = await world.call('PUT', '/auth/otp/enable', {
      token,
      body: { enabled: true, otp: keep(what, otp) },
    });
    for (const [index, code] of (body.recovery_codes ?? []).entries()) keep(`later recovery code ${index}`, code);
  }
  assert.ok(secrets.has('later recovery code 9'));
  const again = await world.call('POST', '/auth/recovery-codes', { token });
  for (const [index, code] of again.body.recovery_codes.entries()) keep(`last recovery code ${index}`, code);
  const { users } = (await world.call('GET', '/users?name=bob', { token })).body;
  const forced = await world.call('POST', `/users/${users[0]?.id}/password-link`, { token });
  const link = keep('link to a new password', new URL(forced.body.link.url).searchParams.get('token') ?? '');
  await world.call('GET', `/invitation?token=${link}`);
  const weak = keep('weak password by a link', 'markerW');
  await world.call('POST', '/invitation', { form: { token: link, password: weak } });
  await world.call('POST', '/invitation', { form: { token: `${link}x`, password: weak } });
  const password = keep('password by a link', 'marker of bob who was told to');
  await world.call('POST', '/invitation', { form: { token: link, password } });
  return { ...given, token, secret };
}

/** Somebody who knows the password, or has a cookie: the alarm, delays, codes that were used, a clock that went back. */
export async function attack(world: World, secrets: Secrets, { basic, secret, token }: Administrator): Promise<void> {
  const keep = keeper(secrets);
  const from = '203.0.113.66';
  const send = (body: object, more: CallOptions = {}): Promise<Answer> =>
    world.call('POST', '/auth/credentials', { basic, body, from, ...more });
  const used = keep('code that was used', freshCode(world, secret));
  assert.equal((await send({ otp: used })).status, 200);
  await send({ otp: used });
  for (let time = 0; time < 7; time += 1)
    await send({ otp: keep(`wrong code from afar ${time}`, String(910_000 + time)) });
  await send({ recovery_code: keep('recovery code from afar', 'MARK-AFAR-MARK-AFAR-MARK-AFAR') });
  const cookie = `countersign-browser=${keep('made-up browser', `csb_${'markermark'.repeat(4)}xyz`)}; countersign=x`;
  await send({ otp: '1' }, { headers: { cookie } });
  await world.call('POST', '/sign-in', {
    form: { username: 'root', password: keep('guess with a browser', 'marker guess in a browser') },
    headers: { cookie },
    from,
  });
  await world.call('GET', '/account/sessions', { headers: { cookie: `countersign=${token}` } });
  await world.call('GET', '/admin/activity', { headers: { cookie: `countersign=${token}` } });
  world.turn(-10 * second);
  await send({ otp: keep('code while the clock is behind', codeAt(secret, world.now() + 2 * minute)) });
  await world.call('GET', '/readyz');
  world.turn(10 * second);
}

const keeper =
  (secrets: Secrets) =>
  (name: string, secret: string): string => {
    assert.ok(secret, name);
    secrets.set(name, secret);
    return secret;
  };
