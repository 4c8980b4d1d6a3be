import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Facts } from './policy.ts';
import { whatForbids } from './policy.ts';

const facts: Facts = {
  user: { id: 'u1', name: 'alice', administrator: false, disabled: false, createdAt: 0 },
  password: { version: '1', short: false },
  authenticator: undefined,
  passkeys: undefined,
  secondFactorRequired: false,
};
const bound = (proved: boolean): Facts['authenticator'] => ({ id: 'a1', boundBy: 'this', proved });

test('the ways into an account', () => {
  const none = { passkeys: { all: 0, usable: 0 }, recoveryCodesLeft: 0 };
  const [foreign, mine] = [
    { ...none, passkeys: { all: 2, usable: 0 } },
    { ...none, passkeys: { all: 1, usable: 1 } },
  ];
  const passwordless = { ...facts, password: undefined };
  const withCode = (of: Facts): Facts => ({ ...of, authenticator: bound(false) });
  const table: [string, Facts, Parameters<typeof whatForbids>[1], boolean][] = [
    ['nothing', passwordless, none, false],
    [
      'an authenticator and recovery codes, which stand beside a password',
      withCode(passwordless),
      { ...none, recoveryCodesLeft: 9 },
      false,
    ],
    ['a passkey', passwordless, mine, true],
    ['passkeys of another host name', passwordless, foreign, false],
    ['a password', facts, none, true],
    ['a password, and a code', withCode(facts), none, true],
    ['a password, and passkeys that cannot be used', facts, foreign, false],
    ['the same, and a recovery code', facts, { ...foreign, recoveryCodesLeft: 1 }, true],
    ['the same, and a code', withCode(facts), foreign, true],
  ];
  for (const [what, of, left, open] of table)
    assert.equal(whatForbids(of, left), open ? undefined : 'last_way_in', what);
});

test('where a second factor is required, one must be left that is known to be there', () => {
  const required = { ...facts, secondFactorRequired: true };
  const [none, mine] = [
    { all: 0, usable: 0 },
    { all: 1, usable: 1 },
  ];
  const table: [string, Facts, { all: number; usable: number }, boolean][] = [
    ['a password alone', required, none, false],
    ['an authenticator that was proved', { ...required, authenticator: bound(true) }, none, true],
    ['one that never was', { ...required, authenticator: bound(false) }, none, false],
    ['a passkey', required, mine, true],
    ['passkeys of another host name', required, { all: 1, usable: 0 }, false],
  ];
  for (const [what, of, passkeys, enough] of table) {
    const forbids = whatForbids(of, { passkeys, recoveryCodesLeft: 1 });
    assert.equal(forbids, enough ? undefined : 'second_factor_required', what);
  }
});
