import { describe, test } from 'node:test';
import { afterKills, mostRounds, usual } from '../faults/outcome.ts';
import { killRounds } from '../faults/rounds.ts';
import { seedOf, usualSeed } from '../fuzz/seed.ts';

const together = { concurrency: 2, timeout: 180_000 };

// Each waits for processes most of the time.
describe(
  'a service that is killed while people sign in, enrol, spend codes, change passwords and sign out',
  together,
  () => {
    for (const [kind, name, rounds] of [
      ['sqlite', 'SQLite', mostRounds(7)],
      ['postgres', 'PostgreSQL', mostRounds(3)],
    ] as const)
      test(`loses nothing that was acknowledged, revives nothing and leaves nothing half done, ${rounds} rounds on ${name}`, async (t) => {
        const tally = await killRounds(kind, rounds, seedOf(t, usualSeed));
        afterKills(t, tally, usual);
      });
  },
);
