import assert from 'node:assert/strict';
import { test } from 'node:test';
import { html, render } from './html.ts';
import { alert, linkToSignIn, notice, pager, problem, secretText, serverClock, timeOf } from './pieces.ts';

const hostile = `"><script>alert('1')</script>`;
const harmless = '&quot;&gt;&lt;script&gt;alert(&#39;1&#39;)&lt;/script&gt;';
const moment = Date.UTC(2026, 10, 2, 12, 0, 59, 7);

test('what went wrong is announced and has the focus; where nothing did, nothing is there', () => {
  assert.equal(render(html`${alert(hostile)}`), `<p role="alert" id="error" tabindex="-1" autofocus>${harmless}</p>`);
  assert.equal(render(html`${notice(hostile)}`), `<p role="status">${harmless}</p>`);
  assert.equal(render(html`${alert(undefined)}${notice(undefined)}${problem(undefined)}`), '');
});

test('a time is exact for programs, and in words and with its zone for people', () => {
  assert.equal(render(timeOf(moment)), '<time datetime="2026-11-02T12:00:59.007Z">2 Nov 2026, 12:00 UTC</time>');
  assert.match(render(serverClock(moment)), /<time data-server-clock datetime="2026-11-02T12:00:59\.007Z">2 Nov 2026/);
});

test('a countdown stands in a live region and is empty without a script', () => {
  const said = render(html`${problem({ sentence: 'Wait.', wait: 25 })}`);
  assert.match(said, /<p role="alert"[^>]*>Wait\.<\/p><p class="hint" aria-live="polite" data-wait="25"><\/p>$/);
  assert.doesNotMatch(render(html`${problem({ sentence: 'Wrong.', wait: undefined })}`), /data-wait/);
});

test('a secret is shown as text, and its button only with a script', () => {
  const text = render(secretText({ id: 'secret', text: hostile, copyLabel: 'Copy the key' }));
  assert.match(text, /<code class="code" id="secret">&quot;&gt;&lt;script&gt;/);
  assert.match(text, /<button type="button" data-copy="secret" hidden>Copy the key<\/button><span aria-live="polite">/);
  const other = render(secretText({ id: 'secret', text: 'AB CD', copyLabel: 'Copy', copied: 'ABCD' }));
  assert.match(other, /data-copy="secret" data-text="ABCD" hidden>/);
});

test('a list of one page has no way to others; the first and the next are links', () => {
  const words = ['Newest', 'Older'] as const;
  assert.equal(render(html`${pager({ first: undefined, next: undefined, words })}`), '');
  const first = render(html`${pager({ first: undefined, next: '/list?a=1&b=2', words })}`);
  assert.match(first, /<a class="button" rel="next" href="\/list\?a=1&amp;b=2">Older<\/a>/);
  assert.doesNotMatch(first, /Newest/);
  const last = render(html`${pager({ first: '/list', next: undefined, words })}`);
  assert.match(last, /<a class="button" href="\/list">Newest<\/a>/);
  assert.doesNotMatch(last, /Older/);
});

test('the way to sign in is a link that looks like the one thing to do', () => {
  assert.equal(render(linkToSignIn()), '<p><a class="button primary" href="/sign-in">Sign in</a></p>');
});
