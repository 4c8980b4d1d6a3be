import { test } from 'node:test';
import { oneOfFifty, startTwo } from './instances.ts';

test('of fifty sign-ins with one code, on two processes that share a database, one succeeds', async () => {
  const instances = await startTwo('quick');
  try {
    for (const name of ['alice', 'bob']) await oneOfFifty(instances, name);
  } finally {
    await instances.stop();
  }
});
