import { test } from 'node:test';
import { oneOfMany, startInstances } from '../instances.ts';

for (const hash of ['quick', 'argon2'] as const) {
  test(`of fifty sign-ins with one code, on two processes that share a database, one succeeds, 20 rounds (${hash})`, async () => {
    const instances = await startInstances(2, { hash });
    try {
      for (let round = 1; round <= 20; round += 1) await oneOfMany(instances, `user${round}`);
    } finally {
      await instances.stop();
    }
  });
}
