import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nextStep } from './next-step.ts';

test('a session is issued only when everything that is demanded has been proved, the password first', () => {
  const table = [
    [{ password: false, secondFactor: false }, { secondFactor: false }, 'prove password'],
    [{ password: false, secondFactor: false }, { secondFactor: true }, 'prove password'],
    [{ password: false, secondFactor: true }, { secondFactor: true }, 'prove password'],
    [{ password: false, secondFactor: true }, { secondFactor: false }, 'prove password'],
    [{ password: true, secondFactor: false }, { secondFactor: true }, 'prove second factor'],
    [{ password: true, secondFactor: true }, { secondFactor: true }, 'issue session'],
    [{ password: true, secondFactor: false }, { secondFactor: false }, 'issue session'],
    [{ password: true, secondFactor: true }, { secondFactor: false }, 'issue session'],
  ] as const;
  for (const [proved, demanded, step] of table) assert.equal(nextStep(proved, demanded), step);
});
