import { randomInt } from 'node:crypto';
import type { TestContext } from 'node:test';
import fc from 'fast-check';

/**
 * Where the cases of a random test come from. The short run has the same ones every time; the long run has others each
 * time. Either is run again as it was by `COUNTERSIGN_TEST_SEED=… npm test -- test/fuzz/….test.ts`.
 */
export function seedOf(t: TestContext, given?: number): number {
  const chosen = process.env['COUNTERSIGN_TEST_SEED'];
  const seed = chosen === undefined ? (given ?? randomInt(2 ** 31)) : Number(chosen);
  if (seed !== given) t.diagnostic(`COUNTERSIGN_TEST_SEED=${seed}`);
  return seed;
}

/** The same with what fast-check is told besides. */
export function settings(t: TestContext, given: { numRuns: number; seconds: number; seed?: number }) {
  const seed = seedOf(t, given.seed);
  // What fails is made smaller for as long as there is time; a slow machine sees fewer cases.
  return { seed, numRuns: given.numRuns, interruptAfterTimeLimit: given.seconds * 1000 };
}

/** The seed of `npm test`. */
export const usualSeed = 20261122;

/** Tries one value after another, and ends when the last one has been tried to its end, also when time is up before. */
export async function tryAll<T>(
  values: fc.Arbitrary<T>,
  attempt: (value: T) => Promise<void>,
  random: fc.Parameters<[T]>,
): Promise<void> {
  let last = Promise.resolve();
  const property = fc.asyncProperty(values, (value) => {
    last = attempt(value);
    return last;
  });
  try {
    await fc.assert(property, random);
  } finally {
    await last.catch(() => undefined);
  }
}
