import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Enrolment, whatToConfirm, whatToShow } from './enrolment.ts';

const pending = { id: 'p1' };
const bound = { id: 'a1', boundBy: 's1', boundAt: 0, shown: false, proved: false };
const proved = { ...bound, proved: true };
const binder = { id: 's1', proved: ['password'] };
const other = { id: 's2', proved: ['password', 'otp'] };
const rescued = { id: 's3', proved: ['password', 'recovery_code'] };

test('which secret a session is shown', () => {
  const table: [Enrolment, typeof binder, ReturnType<typeof whatToShow>][] = [
    [{ bound: undefined, pending: undefined }, binder, 'new pending'],
    [{ bound: undefined, pending }, binder, 'pending'],
    [{ bound, pending: undefined }, binder, 'bound'],
    [{ bound, pending: undefined }, other, 'not yours'],
    [{ bound, pending: undefined }, rescued, 'bound'],
    [{ bound, pending }, binder, 'pending'],
    [{ bound: proved, pending: undefined }, binder, 'already confirmed'],
    [{ bound: proved, pending: undefined }, other, 'already confirmed'],
    [{ bound: proved, pending: undefined }, rescued, 'already confirmed'],
    [{ bound: proved, pending }, other, 'pending'],
  ];
  for (const [enrolment, session, showing] of table)
    assert.equal(whatToShow(enrolment, session), showing, JSON.stringify([enrolment, session]));
});

test('which secret a code confirms: the pending, else the unproved, else none', () => {
  const toPending = { secret: 'pending', id: 'p1' };
  assert.deepEqual(whatToConfirm({ bound: undefined, pending }), toPending);
  assert.deepEqual(whatToConfirm({ bound, pending }), toPending);
  assert.deepEqual(whatToConfirm({ bound: proved, pending }), toPending);
  assert.deepEqual(whatToConfirm({ bound, pending: undefined }), { secret: 'bound', id: 'a1' });
  assert.equal(whatToConfirm({ bound: proved, pending: undefined }), 'none');
  assert.equal(whatToConfirm({ bound: undefined, pending: undefined }), 'none');
});
