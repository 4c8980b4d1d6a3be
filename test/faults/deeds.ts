import { decodeBase32 } from '../../src/base32.ts';
import { minute } from '../../src/clock.ts';
import { codeAt, period } from '../../src/totp/code.ts';
import type { Account, Authenticator, Held } from './account.ts';
import * as account from './account.ts';
import type { Clock } from './clock.ts';
import { codesIn, type Deed, firstCodes } from './deed.ts';
import type { Door } from './door.ts';
import { changePasskeys, reauthenticateByPasskey, signInByPasskey } from './passkey-deeds.ts';
import type { Random } from './random.ts';

/** How long a session may change what protects the account, with room to spare. */
const fresh = 5 * minute;
const mostSessions = 12;

/** What somebody does next. Setting up an authenticator takes a request before, for its secret; nothing when that is lost. */
export async function nextDeed(who: Account, clock: Clock, random: Random, door: Door): Promise<Deed | undefined> {
  const held = who.sessions.findLast((each) => isFresh(each, who, clock));
  if (!held) return signIn(who, clock, random, door);
  const choice = random.below(100);
  if (who.sessions.length > mostSessions || choice < 6) return endOthers(held);
  if (choice < 20) return signOut(random.pick([held, ...who.sessions]));
  if (choice < 32) return changePassword(who, held, random);
  if (choice < 40) return reauthenticate(who, held, clock, door);
  if (choice < 60) return signIn(who, clock, random, door);
  if (choice < 72) return changePasskeys(who, held, random, door);
  if (!who.authenticator) return enrol(held, clock, random, door);
  if (choice < 79) return disable(held);
  if (choice < 88 || who.unheardCodes > 0) return renewCodes(held);
  return who.authenticator.step < 0 ? signIn(who, clock, random, door) : replace(held, clock, door);
}

function isFresh(held: Held, { authenticator, passkeys }: Account, { now }: Clock): boolean {
  const demandsBoth = passkeys.length > 0 || (authenticator !== undefined && authenticator.step >= 0);
  return now - held.at < fresh && (held.strong || !demandsBoth);
}

/**
 * With whatever is demanded: the password, and where there is a second factor a code of it or a recovery code; or with a
 * passkey alone.
 */
async function signIn(who: Account, clock: Clock, random: Random, door: Door): Promise<Deed | undefined> {
  const { codes, authenticator, passkeys } = who;
  const [code] = codes;
  const recovery = code !== undefined && random.below(3) === 0 ? { recoveryCode: code } : undefined;
  if (passkeys.length > 0 && !recovery && (!authenticator || random.below(2) === 0))
    return signInByPasskey(who, clock, random, door);
  const proof = recovery ?? (authenticator && (await nextCode(authenticator, clock)));
  const at = clock.now;
  return {
    name: proof ? `sign-in by ${'otp' in proof ? '' : 'recovery '}code` : 'sign-in',
    request: {
      method: 'POST',
      path: '/auth/credentials',
      basic: `${who.name}:${who.password}`,
      ...(proof && { body: bodyOf(proof) }),
    },
    done: (before, reply) => {
      const token = reply && String(reply.body['token']);
      const begun = account.begin(before, { token, at, strong: proof !== undefined });
      return account.tell(spend(begun, proof), 'sign_in.succeeded');
    },
    ...lateness(proof),
  };
}

async function reauthenticate(who: Account, held: Held, clock: Clock, door: Door): Promise<Deed | undefined> {
  if (who.passkeys.length > 0) return reauthenticateByPasskey(who, held, clock, door);
  const proof = who.authenticator && (await nextCode(who.authenticator, clock));
  const at = clock.now;
  return {
    name: 'reauthentication',
    request: {
      method: 'POST',
      path: '/auth/reauthenticate',
      token: held.token,
      body: { password: who.password, ...(proof && bodyOf(proof)) },
    },
    // The same session, under another token.
    done: (before, reply) => {
      const token = reply && String(reply.body['token']);
      const strong = proof !== undefined || held.strong;
      const renewed = account.begin(account.end(before, held.token), { token, at, strong });
      return account.tell(spend(renewed, proof), 'session.reauthenticated');
    },
    ...lateness(proof),
  };
}

function signOut({ token }: Held): Deed {
  return {
    name: 'sign-out',
    request: { method: 'DELETE', path: '/auth/sessions/current', token },
    done: (before) => account.tell(account.end(before, token), 'session.ended'),
  };
}

function endOthers({ token }: Held): Deed {
  return {
    name: 'ending the others',
    request: { method: 'DELETE', path: '/auth/sessions', token },
    done: (before) => account.tell(account.endOthers(before, token), 'sessions.ended'),
  };
}

function changePassword(who: Account, { token }: Held, random: Random): Deed {
  const fresh = `four unrelated plain words ${random.below(2 ** 31)}`;
  return {
    name: 'change of password',
    request: { method: 'PUT', path: '/auth/password', token, body: { current: who.password, new: fresh } },
    done: (before) => account.tell(account.changePassword(account.endOthers(before, token), fresh), 'password.changed'),
  };
}

/** In force by a right code, or at once and never proved. */
async function enrol(held: Held, clock: Clock, random: Random, door: Door): Promise<Deed | undefined> {
  const { token } = held;
  const secret = await generate(token, door);
  if (!secret) return undefined;
  if (random.below(4) > 0) return confirm(held, secret, clock, 'otp.confirmed');
  return {
    name: 'enrolment without a code',
    request: { method: 'PUT', path: '/auth/otp/enable', token, body: { enabled: true } },
    done: (before, reply) => {
      const bound = account.replaceAuthenticator(account.endOthers(before, token), { secret, step: -1 });
      return account.tell(firstCodes(before, bound, reply), 'otp.bound');
    },
  };
}

/** Another authenticator in place of the one in force. */
async function replace(held: Held, clock: Clock, door: Door): Promise<Deed | undefined> {
  const { token } = held;
  const begun = await door({ method: 'POST', path: '/auth/otp/replace', token });
  if (begun === 'lost') return undefined;
  const secret = await generate(token, door);
  return secret && confirm(held, secret, clock, 'otp.replaced');
}

function confirm(
  { token, passkey }: Held,
  secret: Buffer,
  clock: Clock,
  event: 'otp.confirmed' | 'otp.replaced',
): Deed {
  const at = clock.now;
  const { step, otp, lateAt } = codeOf(secret, clock);
  return {
    name: event === 'otp.replaced' ? 'replacement' : 'enrolment',
    request: { method: 'PUT', path: '/auth/otp/enable', token, body: { enabled: true, otp } },
    done: (before, reply) => {
      const bound = account.replaceAuthenticator(account.endOthers(before, token), { secret, step });
      // What a passkey has proved says more than a code, and stays.
      const proved = passkey ? bound : account.prove(bound, token, { at, strong: true });
      const isNew = event === 'otp.confirmed';
      const codes = isNew ? firstCodes(before, proved, reply) : account.renewCodes(proved, reply && codesIn(reply));
      return account.tell(codes, event);
    },
    lateAt,
  };
}

function disable({ token }: Held): Deed {
  return {
    name: 'switching off',
    request: { method: 'PUT', path: '/auth/otp/enable', token, body: { enabled: false } },
    done: (before) => account.tell(account.disarm(account.endOthers(before, token)), 'otp.removed'),
  };
}

function renewCodes({ token }: Held): Deed {
  return {
    name: 'new recovery codes',
    request: { method: 'POST', path: '/auth/recovery-codes', token },
    done: (before, reply) => account.tell(account.renewCodes(before, reply && codesIn(reply)), 'recovery_codes.made'),
  };
}

async function generate(token: string, door: Door): Promise<Buffer | undefined> {
  const reply = await door({ method: 'GET', path: '/auth/otp/generate', token });
  return reply === 'lost' || reply.status !== 200
    ? undefined
    : Buffer.from(decodeBase32(String(reply.body['secret'])) ?? []);
}

/** A code that has not been spent: of the app, with its step, or a recovery code. */
type Proof = { recoveryCode: string } | AppCode;

interface AppCode {
  otp: string;
  step: number;
  lateAt: number;
}

const bodyOf = (proof: Proof): object => ('otp' in proof ? { otp: proof.otp } : { recovery_code: proof.recoveryCode });
const lateness = (proof: Proof | undefined) => (proof && 'otp' in proof ? { lateAt: proof.lateAt } : {});

function spend(before: Account, proof: Proof | undefined): Account {
  if (!proof) return before;
  return 'otp' in proof
    ? account.spendStep(before, proof.step)
    : account.tell(account.spendCode(before, proof.recoveryCode), 'recovery_code.used');
}

/** The code of the step to come, which is accepted for longest; the clock goes on where that is spent. */
export async function nextCode({ secret, step }: Authenticator, clock: Clock): Promise<AppCode> {
  while (Math.floor(clock.now / period) + 1 <= step) await clock.turn();
  return codeOf(secret, clock);
}

function codeOf(secret: Buffer, { now }: Clock): AppCode {
  const step = Math.floor(now / period) + 1;
  return { otp: codeAt(secret, step * period), step, lateAt: (step + 2) * period };
}
