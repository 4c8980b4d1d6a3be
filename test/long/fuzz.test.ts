import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { prepare } from '../fuzz/operations.ts';
import { runPlays } from '../fuzz/run-plays.ts';
import { settings } from '../fuzz/seed.ts';

/** The random tests of `test/fuzz/`, for longer and with other cases each time. */
const fuzzed = await prepare();
after(() => fuzzed.close());

test('whoever asks for whatever operation, and however, gets an answer that the document names, and each that it names', async (t) => {
  const random = settings(t, { numRuns: 200, seconds: 10 });
  const unseen: string[] = [];
  for (const operation of fuzzed.operations) {
    const seen = await fuzzed.ask(operation, random);
    unseen.push(...fuzzed.unseen(operation, seen).map((status) => `${operation.operationId} ${status}`));
  }
  assert.deepEqual(unseen, [], 'these are documented, and nothing brings them about');
});

test('whatever is done in long plays, the service does what the model of its promises does', async (t) => {
  const seen = await runPlays(settings(t, { numRuns: 200, seconds: 30 }), 60);
  for (const outcome of [
    'in, full',
    'in, enrolling',
    'off',
    'wait …',
    '403 reauthentication_required',
    '422 wrong_otp',
  ])
    assert.ok(seen.has(outcome), `nobody ever met "${outcome}"`);
});
