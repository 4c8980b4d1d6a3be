import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import type { Tally } from './people.ts';

/** How many rounds there are: so many, or as many as `COUNTERSIGN_TEST_ROUNDS` asks for. */
export const mostRounds = (usual: number): number => Number(process.env['COUNTERSIGN_TEST_ROUNDS'] ?? usual);

/** What people do all the time, so that each of it must have been done in any run. */
export const usual = ['sign-in', 'sign-in by code', 'enrolment', 'change of password', 'sign-out', 'new passkey'];

/** What people do, each of which must have been done where there was the time for it. */
export const everything = [
  ...usual,
  ...['sign-in by recovery code', 'new recovery codes', 'replacement', 'switching off', 'reauthentication'],
  ...['ending the others', 'enrolment without a code', 'sign-in by passkey', 'removal of a passkey'],
];

/** Says what was done, and fails where that was too little to show anything. */
export function afterKills(t: TestContext, tally: Tally, deeds: readonly string[]): void {
  t.diagnostic([...tally].map(([what, times]) => `${what}: ${times}`).join(', '));
  const of = (what: string): number => tally.get(what) ?? 0;
  assert.ok(of('kills') > 0 && of('under way') >= of('kills'), 'something was under way whenever it was killed');
  assert.ok(of('acknowledged') >= of('kills'), 'something had been acknowledged whenever it was killed');
  for (const deed of deeds) assert.ok(of(deed) > 0, `"${deed}" was done`);
}
