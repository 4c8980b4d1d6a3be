import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sameFacts } from './facts.ts';
import type { Facts } from './policy.ts';

const facts: Facts = {
  user: { id: 'u1', name: 'alice', administrator: false, disabled: false, createdAt: 0 },
  password: { version: '1', short: false },
  authenticator: { id: 'a1', boundBy: 's1', proved: false },
  passkeys: undefined,
  secondFactorRequired: false,
};

test('another password, another factor, another policy, and an account that is gone are changes', () => {
  const changes: (Facts | undefined)[] = [
    undefined,
    { ...facts, password: { version: '2', short: false } },
    { ...facts, password: undefined },
    { ...facts, authenticator: { id: 'a2', boundBy: 's1', proved: false } },
    { ...facts, authenticator: undefined },
    { ...facts, passkeys: { version: 'p1' } },
    { ...facts, secondFactorRequired: true },
  ];
  for (const after of changes) assert.equal(sameFacts(facts, after), false, JSON.stringify(after));
  const alone = { ...facts, authenticator: undefined };
  assert.equal(sameFacts(alone, facts), false);
});

test('a new name and a proved authenticator are none', () => {
  assert.equal(sameFacts(facts, facts), true);
  assert.equal(sameFacts(facts, { ...facts, user: { ...facts.user, name: 'liddell' } }), true);
  assert.equal(sameFacts(facts, { ...facts, authenticator: { id: 'a1', boundBy: 's1', proved: true } }), true);
});
