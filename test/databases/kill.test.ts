import { describe, test } from 'node:test';
import { afterKills, mostRounds } from '../faults/outcome.ts';
import { killRounds } from '../faults/rounds.ts';
import { seedOf, usualSeed } from '../fuzz/seed.ts';

const rounds = mostRounds(5);

// Each waits for processes most of the time.
describe('a service that is killed while people sign in, enrol, spend codes, change passwords and sign out', {
  concurrency: 2,
}, () => {
  for (const [kind, name] of [
    ['sqlite', 'SQLite'],
    ['postgres', 'PostgreSQL'],
  ] as const)
    test(`loses nothing that was acknowledged, revives nothing and leaves nothing half done, ${rounds} rounds on ${name}`, async (t) => {
      const tally = await killRounds(kind, rounds, seedOf(t, usualSeed));
      afterKills(t, tally);
    });
});
