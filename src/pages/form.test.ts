import assert from 'node:assert/strict';
import { test } from 'node:test';
import { codeField, newPasswordField, passwordField, recoveryCodeField, usernameField } from './form.ts';
import { html, render } from './html.ts';

const hostile = `"><script>alert('1')</script>`;
const password = { name: 'password', label: 'Password', autocomplete: 'current-password' } as const;

/** One of each, as they may stand in one form. */
const fields = [
  (state: object) => usernameField(state),
  (state: object) => passwordField({ ...password, ...state }),
  (state: object) => codeField(state),
  (state: object) => recoveryCodeField(state),
];

test('every field has a label that can be seen, and no id comes twice', () => {
  const text = render(html`${fields.map((field) => field({}))}`);
  const ids = [...text.matchAll(/\sid="([^"]*)"/g)].map(([, id]) => id);
  assert.equal(new Set(ids).size, ids.length);
  for (const [, id] of text.matchAll(/<input [^>]*\sid="([^"]*)"/g))
    assert.match(text, new RegExp(`<label for="${id}">`));
  assert.doesNotMatch(text, /placeholder|autocomplete="off"|maxlength|pattern=|type="number"/);
});

test('every description, and what a button shows, is there', () => {
  const text = render(html`<p id="error"></p>${fields.map((field) => field({ wrong: true, hint: 'Like this.' }))}`);
  const named = [...text.matchAll(/(?:aria-describedby|data-reveal)="([^"]*)"/g)].flatMap(([, ids]) => ids?.split(' '));
  assert.ok(named.length >= 6);
  for (const id of named) assert.match(text, new RegExp(`\\sid="${id}"`));
});

test('a wrong field says so and names the alert, a right one does not', () => {
  for (const field of fields) {
    assert.match(render(field({ wrong: true })), /<input [^>]* aria-invalid="true" aria-describedby="error[ "]/);
    assert.doesNotMatch(render(field({ wrong: false })), /aria-invalid|"error/);
  }
  const hinted = { ...password, hint: 'Long.', wrong: true };
  assert.match(render(passwordField(hinted)), /aria-describedby="error password-hint"/);
});

test('the first field has the focus', () => {
  for (const field of fields) {
    assert.match(render(field({ first: true })), /<input [^>]* autofocus>/);
    assert.doesNotMatch(render(field({})), /autofocus/);
  }
});

test('the name is kept as it was typed, as text', () => {
  assert.match(render(usernameField({ value: hostile })), / value="&quot;&gt;&lt;script&gt;alert\(&#39;1&#39;\)/);
  assert.match(render(usernameField({})), / value="" autocomplete="username webauthn" autocapitalize="none" /);
  assert.match(
    render(usernameField({ value: 'ada', readonly: true })),
    / value="ada" autocomplete="username" .* readonly>/,
  );
});

test('a password is asked for and never filled in; without a script there is no button beside it', () => {
  const now = render(passwordField(password));
  assert.match(now, /<input type="password" id="password" name="password" autocomplete="current-password" required>/);
  assert.match(now, /<button type="button" data-reveal="password" aria-pressed="false" hidden>Show/);
  assert.doesNotMatch(now, /value=|minlength/);
  const next = render(newPasswordField({ name: 'new', minimum: 15 }));
  assert.match(next, /id="new" name="new" autocomplete="new-password" minlength="15" required/);
  assert.match(next, /At least 15 characters/);
});

test('a code is one text field for digits, under the label that people know', () => {
  const text = render(codeField({ hint: html`In your app under <strong>${hostile}</strong>.` }));
  assert.match(
    text,
    /<label for="otp">6-digit code<\/label>\n<p class="hint" id="otp-hint">In your app under <strong>&quot;/,
  );
  assert.match(text, /type="text" id="otp" name="otp" inputmode="numeric" autocomplete="one-time-code" required/);
});

test('a recovery code has a field of its own', () => {
  assert.match(render(recoveryCodeField({})), /id="recovery_code" name="recovery_code" autocapitalize="characters"/);
});
