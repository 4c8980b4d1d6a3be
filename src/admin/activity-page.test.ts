import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { AuditRow } from '../audit/audit.ts';
import { activityPage } from './activity-page.ts';

const hostile = `"><script>alert('1')</script>`;
const site = { service: 'Example', contact: '' };
const person = { name: 'root', administrator: true };
const nothing = { kind: '', user: '', from: '', to: '' };
const row: AuditRow = { sequence: 7, at: Date.UTC(2026, 10, 22, 12), event: 'user.disabled', detail: {} };
const pageOf = (about: Partial<Parameters<typeof activityPage>[0]>): string =>
  activityPage({ site, person, typed: nothing, first: true, names: new Map(), ...about });

test('whatever is stored or typed is shown as text', () => {
  const rows = [
    { ...row, event: hostile, userId: hostile, actorId: hostile, address: hostile, detail: { reason: hostile } },
  ];
  const typed = { kind: hostile, user: hostile, from: hostile, to: hostile };
  for (const names of [new Map(), new Map([[hostile, hostile]])]) {
    const page = pageOf({ typed, names, found: { rows, next: 7 }, mistake: { field: 'user', sentence: hostile } });
    assert.doesNotMatch(page, /<script>|alert\('/);
    assert.match(page, /&lt;script&gt;alert\(&#39;1&#39;\)/);
  }
});

test('people are shown by name, deleted ones by id, the operator and programs as what they are', () => {
  const rows: AuditRow[] = [
    { ...row, userId: 'u1', actorId: 'u2' },
    { ...row, userId: 'u3', actorId: 'operator' },
    { ...row, userId: 'u1', actorId: 'service-token:t1' },
    { ...row, userId: 'u1', actorId: 'service-token:t2' },
  ];
  const names = new Map([
    ['u1', 'alice'],
    ['u2', 'root'],
    ['service-token:t1', 'nightly import'],
  ]);
  const page = pageOf({ found: { rows }, names });
  assert.match(page, /<td data-label="Account"><a href="\/admin\/users\/u1">alice<\/a><\/td>/);
  assert.match(page, /<td data-label="By"><a href="\/admin\/users\/u2">root<\/a><\/td>/);
  assert.match(page, /<a href="\/admin\/activity\?user=u3"><code>u3<\/code><\/a> \(deleted\)/);
  assert.match(page, /<td data-label="By">the operator<\/td>/);
  assert.match(page, /<td data-label="By">service token nightly import<\/td>/);
  assert.match(page, /<td data-label="By">service token <code>t2<\/code><\/td>/);
});

test('the form keeps what was chosen, and so do the links to other pages', () => {
  const typed = { kind: 'sessions', user: 'a&b', from: '2026-11-01', to: '' };
  const page = pageOf({ typed, first: false, found: { rows: [row], next: 7 } });
  assert.match(page, /<option value="sessions" selected>/);
  assert.match(page, /name="user" value="a&amp;b"/);
  assert.match(page, /name="from" value="2026-11-01"/);
  assert.match(
    page,
    /rel="next" href="\/admin\/activity\?kind=sessions&amp;user=a%26b&amp;from=2026-11-01&amp;before=7">Older/,
  );
  assert.match(page, /href="\/admin\/activity\?kind=sessions&amp;user=a%26b&amp;from=2026-11-01">Newest/);
});

test('a mistake stands in the title, in an alert and at its field, and no rows are shown', () => {
  const page = pageOf({ mistake: { field: 'to', sentence: 'The last day is no date.' } });
  assert.match(page, /<title>Error: Activity of all accounts · Example<\/title>/);
  assert.match(page, /role="alert"[^>]*>The last day is no date\./);
  assert.match(page, /<input type="date" id="to" name="to" value="" aria-invalid="true" aria-describedby="error">/);
  assert.doesNotMatch(page, /<table>/);
});

test('a date field is given back no date that it cannot hold', () => {
  const page = pageOf({ typed: { ...nothing, from: '2026-11-31', to: '2026-11-30' } });
  assert.match(page, /name="from" value=""/);
  assert.match(page, /name="to" value="2026-11-30"/);
});

test('where there is nothing the page says so, and leads to everything', () => {
  assert.match(pageOf({ found: { rows: [] } }), /Nothing of this kind has happened\. <a href="\/admin\/activity">/);
  assert.match(pageOf({ found: { rows: [] }, first: false }), /Nothing older is left\./);
});

test('the chart has its numbers in a table beside it', () => {
  const days = [{ start: Date.UTC(2026, 10, 22), succeeded: 12, refused: 3 }];
  const page = pageOf({ found: { rows: [] }, days });
  assert.match(page, /<svg class="chart"/);
  assert.match(
    page,
    /<th scope="row"><time datetime="2026-11-22">22 Nov 2026<\/time><\/th>\s*<td class="number" data-label="Signed in">12<\/td>\s*<td class="number" data-label="Refused">3<\/td>/,
  );
});
