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
    const seen = new Map<number, number>();
    const hasSucceeded = (): boolean => [...seen.keys()].some((status) => status < 400);
    // So few cases may have nothing but refusals among them: then there are others.
    for (let seed = usualSeed; seed < usualSeed + 4 && !hasSucceeded(); seed += 1)
      for (const [status, count] of await fuzzed.ask(operation, settings(t, { numRuns, seconds: 20, seed })))
        seen.set(status, (seen.get(status) ?? 0) + count);
    const counts = [...seen].sort().map(([status, count]) => `${status} ${count}×`);
    assert.ok(hasSucceeded(), `${operationId} never succeeded: ${counts}`);
  });
}
