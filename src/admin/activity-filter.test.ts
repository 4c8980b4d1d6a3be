import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isDay, readFilter } from './activity-filter.ts';

const nothing = { kind: '', user: '', from: '', to: '' };

test('an empty form means everything, and so does one that says so', () => {
  assert.deepEqual(readFilter(nothing), {});
  assert.deepEqual(readFilter({ ...nothing, kind: 'all', user: 'alice' }), {});
});

test('a kind means its events', () => {
  assert.deepEqual(readFilter({ ...nothing, kind: 'refused-sign-ins' }), {
    events: ['passkey.clone_suspected', 'sign_in.alarm', 'sign_in.refused'],
  });
  assert.deepEqual(readFilter({ ...nothing, kind: 'sign-ins' }), {
    events: ['sign_in.otp_required', 'sign_in.succeeded'],
  });
});

test('days are those of UTC, the last one included', () => {
  assert.deepEqual(readFilter({ ...nothing, from: '2026-11-22', to: '2026-11-22' }), {
    from: Date.UTC(2026, 10, 22),
    to: Date.UTC(2026, 10, 23),
  });
  assert.deepEqual(readFilter({ ...nothing, from: '2024-02-29' }), { from: Date.UTC(2024, 1, 29) });
  assert.deepEqual(readFilter({ ...nothing, to: '2024-12-31' }), { to: Date.UTC(2025, 0, 1) });
});

test('what cannot be meant is named, with its field', () => {
  const field = (typed: Partial<typeof nothing>): string => {
    const read = readFilter({ ...nothing, ...typed });
    return 'field' in read ? read.field : JSON.stringify(read);
  };
  for (const kind of ['everything', 'toString', 'Sign-ins', '<b>']) assert.equal(field({ kind }), 'kind', kind);
  const noDates = [
    'x',
    '22.11.2026',
    '2026-11-31',
    '2026-02-29',
    '2026-13-01',
    '2026-11-22T00:00:00Z',
    '+002026-11-22',
    ' ',
  ];
  for (const date of noDates) {
    assert.equal(field({ from: date }), 'from', date);
    assert.equal(field({ to: date }), 'to', date);
  }
  assert.equal(field({ from: '2026-11-23', to: '2026-11-22' }), 'to');
});

test('a date field can hold a day or nothing', () => {
  assert.deepEqual(['', '2026-11-22', '2026-11-31', 'x'].map(isDay), [true, true, false, false]);
});
