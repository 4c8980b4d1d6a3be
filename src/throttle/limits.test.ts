import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { day, hour, minute, second } from '../clock.ts';
import {
  type Budget,
  charge,
  decide,
  defaultLimits,
  emptyBudget,
  type Shape,
  settleRight,
  settleUnjudged,
  settleWrong,
} from './limits.ts';

const { password, sitePassword, newNetwork, network, site, otp, allOtp, recoveryCode, verdict } = defaultLimits;
const now = Date.UTC(2026, 10, 22);

/** So many wrong tries, each as soon as it may be made; answers the budget and the moment of the last one. */
function wrongTries(count: number, shape: Shape, budget = emptyBudget(shape, now), at = now): [Budget, number] {
  let [current, moment] = [budget, at];
  for (let index = 0; index < count; index += 1) {
    moment = Math.max(moment, current.blockedUntil);
    assert.equal(decide(current, shape, moment).may, 'try', `try ${index + 1}`);
    current = settleWrong(charge(current, shape, moment, verdict), shape, moment);
  }
  return [current, moment];
}

test('the table says what the contract says', () => {
  assert.deepEqual(
    [password, sitePassword, otp, recoveryCode].map(({ free, firstDelay, longestDelay }) => [
      free,
      firstDelay,
      longestDelay,
    ]),
    [
      [5, 30 * second, 15 * minute],
      [20, 30 * second, 15 * minute],
      [5, 30 * second, hour],
      [5, 30 * second, hour],
    ],
  );
  assert.deepEqual(
    [network, site, newNetwork].map(({ free, window }) => [free, window]),
    [
      [50, 10 * minute],
      [200, 10 * minute],
      [20, day],
    ],
  );
  assert.equal(allOtp.cutOff, 100);
  assert.deepEqual(
    [password, network, otp, allOtp, recoveryCode].map(({ kept }) => kept),
    [false, false, true, true, true],
  );
});

test('delays begin with the fifth wrong try and double up to the longest', () => {
  const delays = [4, 5, 6, 7, 8, 9, 10, 11, 40, 99].map((count) => {
    const [budget, at] = wrongTries(count, otp);
    return budget.blockedUntil > at ? (budget.blockedUntil - at) / second : 0;
  });
  assert.deepEqual(delays, [0, 30, 60, 120, 240, 480, 960, 1920, 3600, 3600]);
});

test('free wrong tries delay nothing, not even when the clock is set back', () => {
  const [budget] = wrongTries(4, password);
  assert.deepEqual(decide(budget, password, now - day), { may: 'try' });
});

test('at the cut-off no time is enough, and before it nothing is delayed', () => {
  const [budget, at] = wrongTries(100, allOtp);
  assert.equal(at, now);
  assert.deepEqual(decide(budget, allOtp, at + 1000 * day), { may: 'never' });
  assert.deepEqual(decide(wrongTries(99, allOtp)[0], allOtp, at), { may: 'try' });
});

test('the last try before the cut-off is judged alone', () => {
  const last = charge(wrongTries(99, allOtp)[0], allOtp, now, verdict);
  assert.deepEqual(decide(last, allOtp, now), { may: 'wait' });
  assert.deepEqual(decide(settleWrong(last, allOtp, now), allOtp, now), { may: 'never' });
  assert.deepEqual(decide(last, allOtp, now + verdict), { may: 'never' }, 'a verdict that never comes counts as wrong');
});

test('of what is counted from everywhere a right try takes what its own budget has forgiven, and its own charge', () => {
  const [elsewhere] = wrongTries(30, allOtp);
  const right = settleRight(charge(elsewhere, allOtp, now, verdict), allOtp, 4);
  assert.deepEqual([right.charged, right.awaiting], [26, 0]);
});

test('a window closes when it is full, until it ends, and a right try gives back its own charge only', () => {
  const [full] = wrongTries(50, network);
  assert.deepEqual(decide(full, network, now + minute), { may: 'not', until: now + 10 * minute });
  const [budget] = wrongTries(49, network);
  const right = settleRight(charge(budget, network, now, verdict), network, 0);
  assert.deepEqual([right.charged, right.awaiting], [49, 0]);
});

test('while all free tries await their verdict further ones wait, and the verdicts decide', () => {
  let budget = emptyBudget(password, now);
  for (let index = 0; index < 5; index += 1) budget = charge(budget, password, now, verdict);
  assert.deepEqual(decide(budget, password, now), { may: 'wait' });
  assert.deepEqual(decide(settleRight(budget, password, 0), password, now), { may: 'try' });
  assert.deepEqual(decide(settleUnjudged(budget), password, now), { may: 'try' });
  let wrong = budget;
  for (let index = 0; index < 5; index += 1) wrong = settleWrong(wrong, password, now);
  assert.deepEqual(decide(wrong, password, now), { may: 'not', until: now + 30 * second });
});

test('once a delay has run out tries go one at a time', () => {
  const [budget, at] = wrongTries(5, password);
  const later = at + 30 * second;
  assert.deepEqual(decide(charge(budget, password, later, verdict), password, later), { may: 'wait' });
});

test('a verdict that never comes counts as wrong', () => {
  const [budget] = wrongTries(4, password);
  const abandoned = charge(budget, password, now, verdict);
  assert.deepEqual(decide(abandoned, password, now + verdict - 1), { may: 'wait' });
  const until = now + verdict + 30 * second;
  assert.deepEqual(decide(abandoned, password, now + verdict), { may: 'not', until });
  assert.deepEqual(decide(abandoned, password, until), { may: 'try' });
});

test('a right verdict forgives what is settled, and leaves what still awaits one', () => {
  const [budget] = wrongTries(4, password);
  const two = charge(charge({ ...budget, charged: 3 }, password, now, verdict), password, now, verdict);
  const right = settleRight(two, password, 0);
  assert.deepEqual([right.charged, right.awaiting, right.blockedUntil], [1, 1, 0]);
});

test('however tries and verdicts interleave, no more are judged than there are free ones', () => {
  const steps = fc.array(fc.constantFrom('try', 'wrong', 'unjudged'), { maxLength: 60 });
  fc.assert(
    fc.property(steps, (sequence) => {
      let budget = emptyBudget(password, now);
      let [open, wrong] = [0, 0];
      for (const step of sequence) {
        if (step === 'try' && decide(budget, password, now).may === 'try') {
          budget = charge(budget, password, now, verdict);
          open += 1;
        } else if (step !== 'try' && open > 0) {
          budget = step === 'wrong' ? settleWrong(budget, password, now) : settleUnjudged(budget);
          open -= 1;
          if (step === 'wrong') wrong += 1;
        }
        assert.ok(open + wrong <= password.free, `${open} open and ${wrong} wrong`);
        assert.deepEqual([budget.awaiting, budget.charged], [open, open + wrong]);
      }
    }),
    { seed: 1 },
  );
});
