import assert from 'node:assert/strict';
import { test } from 'node:test';
import { breakAll, table } from '../../scripts/break.mjs';

test('whatever is broken on purpose, a test notices', async (t) => {
  const findings = await breakAll();
  for (const line of table(findings).trim().split('\n')) t.diagnostic(line);
  const unnoticed = findings.filter(({ noticed }) => !noticed);
  assert.equal(unnoticed.length, 0, `\n${table(unnoticed)}`);
});
