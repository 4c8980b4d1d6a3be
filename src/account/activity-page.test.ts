import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { AuditRow, NamedPasskey } from '../audit/audit.ts';
import { activityPage } from './activity-page.ts';

const hostile = `"><script>alert('1')</script>`;
const site = { service: 'Example', contact: '' };
const person = { name: 'alice', administrator: false };
const row: AuditRow = {
  sequence: 7,
  at: Date.UTC(2026, 10, 22, 12),
  event: 'password.changed',
  userId: 'u1',
  sessionId: 's1',
  address: '192.0.2.7',
  detail: {},
};
interface About {
  next?: number;
  first?: boolean;
  password?: boolean;
  passkeys?: NamedPasskey[];
}
const pageOf = (rows: AuditRow[], about: About = {}): string => {
  const { next, first = true, password = true, passkeys = [] } = about;
  const found = next ? { rows, next } : { rows };
  return activityPage({ site, person, sessionId: 's1', password, passkeys, found, first });
};

test('a row says when, what and from where, and whether it was this session', () => {
  const page = pageOf([row]);
  assert.match(page, /<td><time datetime="2026-11-22T12:00:00.000Z">/);
  assert.match(page, /<td>Your password was changed\. <span class="badge">This session<\/span><\/td>/);
  assert.match(page, /<td data-label="From">192\.0\.2\.7<\/td>/);
  assert.doesNotMatch(pageOf([{ ...row, sessionId: 's2' }]), /This session/);
});

test('what somebody else has done is told without where they were', () => {
  const page = pageOf([{ ...row, event: 'user.disabled', actorId: 'u2', sessionId: 's9' }]);
  assert.match(page, /Your account was disabled by an administrator\./);
  assert.doesNotMatch(page, /192\.0\.2\.7|u2|s9/);
});

test('who has no password is not told to change it', () => {
  assert.match(pageOf([row]), /change your password/);
  const page = pageOf([row], { password: false });
  assert.doesNotMatch(page, /change your password/);
  assert.match(page, /href="\/account\/passkeys"/);
});

test('whatever is stored is shown as text', () => {
  const page = pageOf([{ ...row, event: hostile, address: hostile, detail: { reason: hostile } }]);
  assert.doesNotMatch(page, /<script>|alert\('/);
  assert.match(page, /<td data-label="From">&quot;&gt;&lt;script&gt;/);
  const named = pageOf([{ ...row, event: 'passkey.added', detail: { passkey: 'p1' } }], {
    passkeys: [{ id: 'p1', name: hostile }],
  });
  assert.match(named, /<td>The passkey “&quot;&gt;&lt;script&gt;/);
  assert.doesNotMatch(named, /<script>|alert\('/);
});

test('older rows are a link away, and so are the newest', () => {
  assert.match(pageOf([row], { next: 7 }), /rel="next" href="\/account\/activity\?before=7">Older<\/a>/);
  assert.doesNotMatch(pageOf([row]), /Older|Newest/);
  assert.match(pageOf([row], { first: false }), /href="\/account\/activity">Newest<\/a>/);
});

test('where there is nothing the page says so', () => {
  assert.match(pageOf([]), /Nothing has happened yet\./);
  assert.match(pageOf([], { first: false }), /Nothing older is left\./);
});
