import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { breaks } from '../scripts/breaks.mjs';

const root = new URL('../', import.meta.url);

test('what scripts/break.mjs breaks stands in the source, once, and the tests that must notice are there', () => {
  const faults = breaks.flatMap(({ name, edits, tests }) => [
    ...edits
      .filter(([file, from]) => readFileSync(new URL(file, root), 'utf8').split(from).length !== 2)
      .map(([file, from]) => `${name}: "${from}" of ${file}`),
    ...tests
      .filter((each) => !existsSync(new URL(`test/${each}.test.ts`, root)))
      .map((each) => `${name}: test/${each}.test.ts`),
  ]);
  assert.deepEqual(faults, []);
});
