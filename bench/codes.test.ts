import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createCodes } from './codes.ts';

test('no code is given twice, and an account has two at a time', () => {
  const accounts = ['GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ', 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJA'].map((secret) => ({
    secret,
    first: '',
  }));
  const codes = createCodes(accounts);
  const given = Array.from({ length: 4 }, () => codes.next(1_111_111_109_000));
  assert.equal(new Set(given.map(({ account, code }) => `${account.secret} ${code}`)).size, 4);
  // RFC 6238, appendix B, shortened to six digits.
  assert.ok(given.some(({ account, code }) => account === accounts[0] && code === '081804'));
  assert.throws(() => codes.next(1_111_111_109_000), /too few accounts/);
  codes.next(1_111_111_110_000);
  codes.next(1_111_111_110_000);
  assert.throws(() => codes.next(1_111_111_110_000), /too few accounts/);
});

test('where it may be, the present code is given again and again', () => {
  const codes = createCodes([{ secret: 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ', first: '' }], true);
  const given = Array.from({ length: 3 }, () => codes.next(1_111_111_109_000).code);
  assert.deepEqual(given, ['081804', '081804', '081804']);
});
