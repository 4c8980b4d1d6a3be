import assert from 'node:assert/strict';
import { test } from 'node:test';
import { median, percentile, ratios, spread, verdict } from './statistics.ts';

test('the median is the middle one, or lies between the two in the middle', () => {
  assert.equal(median([9, 1, 5]), 5);
  assert.equal(median([10, 9, 1, 2]), 5.5);
  assert.throws(() => median([]), /nothing/);
});

test('the spread is the least and the most', () => {
  assert.deepEqual(spread([3, 1, 10, 2, 4]), { median: 3, min: 1, max: 10 });
});

test('a percentile is the value that so many do not exceed', () => {
  const hundred = Array.from({ length: 100 }, (_, index) => 100 - index);
  assert.equal(percentile(hundred, 0.99), 99);
  assert.equal(percentile(hundred, 0.5), 50);
  assert.equal(percentile([7], 0.99), 7);
  assert.throws(() => percentile([], 0.5), /nothing/);
});

test('ratios are taken turn by turn', () => {
  assert.deepEqual(ratios([1, 10], [2, 5]), [0.5, 2]);
  assert.throws(() => ratios([1], [1, 2]), /needs one/);
});

test('a limit is met or not where all repeats say so, the bound itself included', () => {
  assert.equal(verdict([0.6, 0.7, 0.8], { atLeast: 0.6 }), 'met');
  assert.equal(verdict([0.5, 0.55, 0.59], { atLeast: 0.6 }), 'not met');
  assert.equal(verdict([3, 2], { atMost: 3 }), 'met');
  assert.equal(verdict([100.1], { atMost: 100 }), 'not met');
});

test('of five repeats the best and the worst do not count, of three each one does', () => {
  assert.equal(verdict([0.1, 0.61, 0.62, 0.63, 0.64], { atLeast: 0.6 }), 'met');
  assert.equal(verdict([0.5, 0.51, 0.52, 0.53, 0.9], { atLeast: 0.6 }), 'not met');
  assert.equal(verdict([0.1, 0.62, 0.63], { atLeast: 0.6 }), 'noisy');
});

test('where repeats lie on both sides, the row is noisy, whatever the median says', () => {
  assert.equal(verdict([0.5, 0.58, 0.61, 0.62, 0.7], { atLeast: 0.6 }), 'noisy');
  assert.equal(verdict([2, 2.5, 2.9, 3.1, 5], { atMost: 3 }), 'noisy');
});
