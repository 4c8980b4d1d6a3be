import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setupDonePage, setupLinkGonePage, setupPage } from './page.ts';

const hostile = `"><script>alert('1')</script>`;
const site = { service: 'Example', contact: '' };

test('whatever is shown is shown as text', () => {
  const all = {
    site: { service: hostile, contact: '' },
    token: hostile,
    minimum: 15,
    name: hostile,
    secondFactorRequired: true,
    takesPasskeys: true,
    error: { code: 'invalid', sentence: hostile, wait: undefined } as const,
  };
  for (const page of [setupPage(all), setupDonePage(all), setupLinkGonePage(all)]) {
    assert.doesNotMatch(page, /<script(?! type="module" src=)|alert\('/);
    assert.match(page, /&lt;script&gt;alert\(&#39;1&#39;\)/);
  }
});

test('what comes next is said where policy demands it, with what there can be', () => {
  const about = { site, name: 'ada' };
  const told = (secondFactorRequired: boolean, takesPasskeys: boolean): string | undefined =>
    /Next .*?\./.exec(setupDonePage({ ...about, secondFactorRequired, takesPasskeys }))?.[0];
  assert.equal(told(true, true), 'Next you set up a second factor: an authenticator app or a passkey.');
  assert.equal(told(true, false), 'Next you set up a second factor: an authenticator app.');
  assert.equal(told(false, true), undefined);
});

test('the form posts its token and asks for a new password', () => {
  const page = setupPage({ site, token: 'csl_x', minimum: 15 });
  assert.match(page, /<form method="post" action="\/setup">/);
  assert.match(page, /<input type="hidden" name="token" value="csl_x">/);
  assert.match(page, /<input type="password" id="password" name="password" autocomplete="new-password"/);
  assert.match(page, /<title>Set up · Example<\/title>/);
  assert.doesNotMatch(page, /role="alert"|aria-invalid/);
});

test('with an error the title says so, the name is kept and the password is not', () => {
  const page = setupPage({
    site,
    token: 'csl_x',
    minimum: 15,
    name: 'ada',
    error: { code: 'weak_password', sentence: 'Too short.', wait: undefined },
  });
  assert.match(page, /<title>Error: Set up · Example<\/title>/);
  assert.match(page, /<p role="alert" id="error"[^>]*>Too short\.<\/p>/);
  assert.match(page, /name="name" value="ada"/);
  assert.match(page, /aria-invalid="true" aria-describedby="error password-hint"/);
  assert.doesNotMatch(page, /type="password"[^>]*value=/);
});

test('a link that is gone says how to make another', () => {
  assert.match(setupLinkGonePage({ site }), /countersign setup-link/);
});
