import assert from 'node:assert/strict';
import { test } from 'node:test';
import { minute } from '../clock.ts';
import type { StoredSession } from '../sessions/sessions.ts';
import type { Facts } from './policy.ts';
import { freshFor, idleLimitHolds, isFresh, levelOf, minimumPassword, requiresSecondFactor } from './policy.ts';

const now = Date.UTC(2026, 10, 22);

const session: StoredSession = {
  id: 'this',
  userId: 'u1',
  createdAt: now,
  expiresAt: now + 60 * minute,
  lastSeenAt: now,
  passwordAt: now,
  secondFactor: undefined,
  address: '',
  userAgent: '',
};
const facts: Facts = {
  user: { id: 'u1', name: 'alice', administrator: false, disabled: false, createdAt: now },
  password: { version: '1', short: false },
  authenticator: undefined,
  passkeys: undefined,
  secondFactorRequired: false,
};
const bound = (by: string, proved = false): Facts['authenticator'] => ({ id: 'a1', boundBy: by, proved });
const otp = (at = now): StoredSession => ({ ...session, secondFactor: { kind: 'otp', at } });
const recovery: StoredSession = { ...session, secondFactor: { kind: 'recovery_code', at: now } };

test('what a session may do follows from what it proved and what policy demands', () => {
  const required = { ...facts, secondFactorRequired: true };
  const short = { ...facts, password: { version: '1', short: true } };
  const table: [string, Facts, StoredSession, ReturnType<typeof levelOf>][] = [
    ['a password where nothing more is demanded', facts, session, 'full'],
    ['a password where a second factor is required and none is there', required, session, 'enrolling'],
    ['a short password as the only factor', short, session, 'changing password'],
    [
      'a short password where a second factor is required',
      { ...short, secondFactorRequired: true },
      session,
      'enrolling',
    ],
    ['a short password beside a proved factor', { ...short, authenticator: bound('x', true) }, otp(), 'full'],
    ['switched on by this session', { ...facts, authenticator: bound('this') }, session, 'full'],
    [
      'switched on by this session, proved by a sign-in',
      { ...facts, authenticator: bound('this', true) },
      session,
      'full',
    ],
    ['switched on by this session where required', { ...required, authenticator: bound('this') }, session, 'enrolling'],
    ['switched on by another session', { ...facts, authenticator: bound('other') }, session, undefined],
    [
      'switched on by another session where required',
      { ...required, authenticator: bound('other') },
      session,
      undefined,
    ],
    ['a code', { ...required, authenticator: bound('other', true) }, otp(), 'full'],
    ['a recovery code', { ...required, authenticator: bound('other', true) }, recovery, 'full'],
    ['a recovery code, the factor gone and required', required, recovery, 'enrolling'],
  ];
  for (const [what, account, given, level] of table) assert.equal(levelOf(account, given), level, what);
});

test('fresh is what proved within ten minutes what a sign-in now would demand', () => {
  const proved = { ...facts, authenticator: bound('x', true) };
  assert.equal(freshFor, 10 * minute);
  const old = now - freshFor;
  const table: [string, Facts, StoredSession, boolean][] = [
    ['a password just now', facts, session, true],
    ['a password ten minutes ago', facts, { ...session, passwordAt: old }, false],
    ['a password almost ten minutes ago', facts, { ...session, passwordAt: old + 1 }, true],
    ['no code where one is demanded', proved, session, false],
    ['both', proved, otp(), true],
    ['a recovery code', proved, recovery, true],
    ['an old code', proved, otp(old), false],
    ['an old password beside a new code', proved, { ...otp(), passwordAt: old }, false],
    ['an authenticator never proved', { ...facts, authenticator: bound('this') }, session, true],
  ];
  for (const [what, account, given, fresh] of table) assert.equal(isFresh(account, given, now), fresh, what);
});

test('the idle limit holds for sessions of two factors', () => {
  assert.equal(idleLimitHolds(facts, session), false);
  assert.equal(idleLimitHolds({ ...facts, authenticator: bound('this') }, session), true);
  assert.equal(idleLimitHolds({ ...facts, authenticator: bound('x', true) }, otp()), true);
  assert.equal(idleLimitHolds(facts, otp()), true);
});

test('whom policy asks for a second factor, and how long a password is then', () => {
  const asked = (['everyone', 'administrators', 'nobody'] as const).map((of) => [
    requiresSecondFactor(true, of),
    requiresSecondFactor(false, of),
  ]);
  assert.deepEqual(asked, [
    [true, true],
    [true, false],
    [false, false],
  ]);
  assert.deepEqual([minimumPassword(true), minimumPassword(false)], [8, 15]);
});

/**
 * Every kind of account and of session. An authenticator is unproved, or proved; `own` was switched on by this very
 * session. The columns say what the session has proved: nothing that is known any more, the password, and so on.
 */
const proofs = {
  nothing: [],
  password: ['password'],
  'password, code': ['password', 'otp'],
  'password, recovery code': ['password', 'recovery_code'],
  'password, passkey': ['password', 'passkey'],
  passkey: ['passkey'],
} as const;
const columns = Object.keys(proofs) as (keyof typeof proofs)[];
const authenticators = {
  none: undefined,
  unproved: bound('other'),
  'unproved, own': bound('this'),
  proved: bound('other', true),
  'proved, own': bound('this', true),
};
const passwords = { none: undefined, short: { version: '1', short: true }, long: { version: '1', short: false } };

const proving = (kinds: readonly string[], at = now): StoredSession => {
  const kind = (['otp', 'recovery_code', 'passkey'] as const).find((each) => kinds.includes(each));
  const secondFactor = kind && { kind, at };
  return { ...session, passwordAt: kinds.includes('password') ? at : undefined, secondFactor };
};

/** What is in force beside the password, with the letters of what each session may do, in the order of the columns. */
const levels: [keyof typeof authenticators, passkeys: boolean, free: string, required: string][] = [
  ['none', false, 'ffffff', 'eeeeee'],
  ['unproved', false, '--ffff', '--eeee'],
  ['unproved, own', false, 'ffffff', 'eeeeee'],
  ['proved', false, '--ffff', '--ffff'],
  ['proved, own', false, 'ffffff', 'eeffff'],
  ['none', true, '--ffff', '--ffff'],
  ['unproved', true, '--ffff', '--ffff'],
  ['unproved, own', true, '--ffff', '--ffff'],
  ['proved', true, '--ffff', '--ffff'],
  ['proved, own', true, '--ffff', '--ffff'],
];
const letters = { f: 'full', e: 'enrolling', '-': undefined } as const;

test('what every session may do on every account, whatever factors have come and gone', () => {
  let looked = 0;
  for (const [authenticator, passkeys, free, required] of levels)
    for (const secondFactorRequired of [false, true])
      for (const [length, password] of Object.entries(passwords))
        for (const [index, proved] of columns.entries()) {
          const factors = {
            authenticator: authenticators[authenticator],
            passkeys: passkeys ? { version: 'p' } : undefined,
          };
          const account = { ...facts, password, ...factors, secondFactorRequired };
          const letter = (secondFactorRequired ? required : free).charAt(index) as keyof typeof letters;
          // Too short to be alone, where it is.
          const alone = length === 'short' && authenticator === 'none' && !passkeys && !secondFactorRequired;
          const what = JSON.stringify({ authenticator, passkeys, secondFactorRequired, length, proved });
          assert.equal(levelOf(account, proving(proofs[proved])), alone ? 'changing password' : letters[letter], what);
          looked += 1;
        }
  assert.equal(looked, 5 * 2 * 2 * 3 * 6);
});

/** The same for freshness, which neither the policy nor the length of a password changes. */
const freshness: [keyof typeof authenticators, passkeys: boolean, fresh: string][] = [
  ['none', false, '.xxxx.'],
  ['unproved', false, '.xxxx.'],
  ['unproved, own', false, '.xxxx.'],
  ['proved', false, '..xx..'],
  ['proved, own', false, '..xx..'],
  ['none', true, '...xxx'],
  ['unproved', true, '..xxxx'],
  ['unproved, own', true, '..xxxx'],
  ['proved', true, '..xxxx'],
  ['proved, own', true, '..xxxx'],
];

test('which sessions are fresh, whatever factors have come and gone', () => {
  for (const [authenticator, passkeys, fresh] of freshness)
    for (const secondFactorRequired of [false, true])
      for (const password of Object.values(passwords))
        for (const [index, proved] of columns.entries()) {
          const factors = {
            authenticator: authenticators[authenticator],
            passkeys: passkeys ? { version: 'p' } : undefined,
          };
          const account = { ...facts, password, ...factors, secondFactorRequired };
          const what = JSON.stringify({ authenticator, passkeys, proved });
          assert.equal(isFresh(account, proving(proofs[proved]), now), fresh.charAt(index) === 'x', what);
          assert.equal(isFresh(account, proving(proofs[proved], now - freshFor), now), false, `${what}, long ago`);
        }
});

test('of a passkey and a password proved at other times, each counts for itself', () => {
  const account = { ...facts, passkeys: { version: 'p' } };
  const passkey = (at: number) => ({ kind: 'passkey' as const, at });
  const old = now - freshFor;
  assert.equal(isFresh(account, { ...session, passwordAt: old, secondFactor: passkey(now) }, now), true);
  assert.equal(isFresh(account, { ...session, secondFactor: passkey(old) }, now), false);
});
