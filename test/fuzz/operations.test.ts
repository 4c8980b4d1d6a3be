import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { isOnPostgres } from '../databases/fresh.ts';
import { prepare } from './operations.ts';
import { settings, usualSeed } from './seed.ts';

// Each case takes longer where every table is read from a server.
const numRuns = isOnPostgres() ? 60 : 80;
const fuzzed = await prepare();
after(() => fuzzed.close());

for (const operation of fuzzed.operations) {
  const { operationId, method, url } = operation;
  test(`whoever asks for ${method} ${url}, and however, gets an answer that the document names`, async (t) => {
    const seen = await fuzzed.ask(operation, settings(t, { numRuns, seconds: 20, seed: usualSeed }));
    const counts = [...seen].sort().map(([status, count]) => `${status} ${count}×`);
    assert.ok(
      [...seen.keys()].some((status) => status < 400),
      `${operationId} never succeeded: ${counts}`,
    );
  });
}
