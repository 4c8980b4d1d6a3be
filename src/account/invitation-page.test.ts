import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CreationOptions } from '../passkeys/passkeys.ts';
import { invitationDonePage, invitationGonePage, invitationPage, linkWantedPage } from './invitation-page.ts';

const hostile = `"><script>alert('1')</script>`;
const site = { service: 'Example', contact: '' };

/** What a browser is asked for a passkey. */
const askedFor = (challenge: string): CreationOptions => ({
  challenge,
  rp: { id: 'localhost', name: 'Example' },
  user: { id: 'aGFuZGxl', name: 'ivy', displayName: 'ivy' },
  pubKeyCredParams: [],
  timeout: 300_000,
  excludeCredentials: [],
  authenticatorSelection: { residentKey: 'required', requireResidentKey: true, userVerification: 'required' },
  attestation: 'none',
});

test('whatever is shown is shown as text', () => {
  const all = {
    site: { service: hostile, contact: '' },
    token: hostile,
    minimum: 15,
    factors: { password: true, authenticator: false, passkeys: false },
    name: hostile,
    passkey: askedFor(hostile),
    error: { code: 'weak_password', sentence: hostile, wait: undefined } as const,
  };
  for (const page of [invitationPage, invitationDonePage, invitationGonePage, linkWantedPage].map((each) =>
    each(all),
  )) {
    assert.doesNotMatch(page, /<script(?! type="module" src=)|alert\('/);
    assert.match(page, /&lt;script&gt;alert\(&#39;1&#39;\)/);
  }
});

test('the form carries the name for password managers, and its token', () => {
  const page = invitationPage({ site, name: 'ivy', token: 'csl_x', minimum: 15 });
  assert.match(page, /<input type="text" id="username" name="username" value="ivy" autocomplete="username" readonly>/);
  assert.match(page, /<input type="hidden" name="token" value="csl_x">/);
  assert.match(page, /autocomplete="new-password"/);
  assert.match(page, /<title>Choose your password · Example<\/title>/);
});

test('with an error the title says so, and the field names it as its description', () => {
  const page = invitationPage({
    site,
    name: 'ivy',
    token: 'csl_x',
    minimum: 15,
    error: { code: 'weak_password', sentence: 'Too short.', wait: undefined },
  });
  assert.match(page, /<title>Error: Choose your password · Example<\/title>/);
  assert.match(page, /<p role="alert" id="error"[^>]*>Too short\.<\/p>/);
  assert.match(page, /aria-invalid="true" aria-describedby="error password-hint"/);
});

test('a passkey is offered where there is something to ask for, with the token of the link and without the name', () => {
  const offered = invitationPage({ site, name: 'ivy', token: 'csl_x', minimum: 15, passkey: askedFor('c') });
  const [, form = ''] =
    /<form method="post" action="\/invitation" data-passkey="create"(.*?)<\/form>/s.exec(offered) ?? [];
  assert.match(form, /^ data-options="\{&quot;challenge&quot;:&quot;c&quot;,.*?\}" hidden>/);
  assert.deepEqual(
    [...form.matchAll(/name="([^"]+)"/g)].map(([, name]) => name),
    ['token', 'credential'],
  );
  assert.match(offered, /<title>Choose how you sign in · Example<\/title>/);
  assert.doesNotMatch(invitationPage({ site, name: 'ivy', token: 'csl_x', minimum: 15 }), /passkey/);
});
