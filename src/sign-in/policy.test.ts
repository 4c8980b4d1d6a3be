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
