import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { breakEach, table } from '../../scripts/break.mjs';
import { breaks } from '../../scripts/breaks.mjs';
import { seedOf } from '../fuzz/seed.ts';

/** So many are made in a run, others each time; `node scripts/break.mjs` makes all of them. */
const most = 40;

test('whatever is broken on purpose, a test notices', async (t) => {
  const some = fc.shuffledSubarray([...breaks], { minLength: most, maxLength: most });
  const findings = await breakEach(fc.sample(some, { seed: seedOf(t), numRuns: 1 })[0] ?? []);
  for (const line of table(findings).trim().split('\n')) t.diagnostic(line);
  const unnoticed = findings.filter(({ noticed }) => !noticed);
  assert.equal(unnoticed.length, 0, `\n${table(unnoticed)}`);
});
