import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { FormError } from '../http/http.ts';
import { serviceTokensPage } from './service-tokens-page.ts';
import { userPage } from './user-page.ts';
import { usersPage } from './users-page.ts';

const site = { service: 'Example', contact: '' };
const person = { name: 'root', administrator: true };
const user = { id: 'u1', name: 'alice', administrator: false, disabled: false, createdAt: Date.UTC(2026, 10, 22) };
const overview = {
  user,
  passwordSet: true,
  inUse: true,
  authenticator: 'not confirmed',
  passkeys: 0,
  recoveryCodesLeft: 10,
  sessions: 1,
  serviceTokens: 0,
} as const;

/** The pages that have a form, with a problem of it. */
const pagesWith = (error: FormError): string[] => [
  usersPage({ site, person, list: { users: [user], q: '', first: true }, error }),
  userPage({ site, person, overview, own: false, error }),
];

test('a problem of the name marks the field that it is typed in', () => {
  for (const code of ['invalid', 'name_taken'] as const)
    for (const page of pagesWith({ code, sentence: 'Choose another name.', wait: undefined })) {
      assert.match(page, /<p role="alert"[^>]*>Choose another name\./);
      assert.match(page, /<input type="text" id="name"[^>]*aria-invalid="true"/);
    }
});

test('a problem of something else marks no field, and counts down where there is a time to wait', () => {
  const busy: FormError = { code: 'busy', sentence: 'Busy: try again in 5 seconds.', wait: 5 };
  for (const page of [...pagesWith(busy), serviceTokensPage({ site, person, tokens: [], error: busy })]) {
    assert.match(page, /<title>Error: /);
    assert.match(page, /<p role="alert"[^>]*>Busy: try again in 5 seconds\.<\/p><p class="hint"[^>]*data-wait="5">/);
    assert.doesNotMatch(page, /aria-invalid/);
  }
});

test('how the authenticator stands is said as its owner reads it', () => {
  assert.match(userPage({ site, person, overview, own: false }), /<dd>Set up, not confirmed yet<\/dd>/);
});
