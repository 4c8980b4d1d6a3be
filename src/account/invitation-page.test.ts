import assert from 'node:assert/strict';
import { test } from 'node:test';
import { invitationDonePage, invitationGonePage, invitationPage } from './invitation-page.ts';

const hostile = `"><script>alert('1')</script>`;
const site = { service: 'Example', contact: '' };

test('whatever is shown is shown as text', () => {
  const all = {
    site: { service: hostile, contact: '' },
    token: hostile,
    minimum: 15,
    name: hostile,
    error: { code: 'weak_password', sentence: hostile, wait: undefined } as const,
  };
  for (const page of [invitationPage(all), invitationDonePage(all), invitationGonePage(all)]) {
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
