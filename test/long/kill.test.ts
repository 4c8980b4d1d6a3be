import { test } from 'node:test';
import { afterKills, everything, mostRounds } from '../faults/outcome.ts';
import { count, type Tally } from '../faults/people.ts';
import { type Kind, killRounds } from '../faults/rounds.ts';
import { seedOf } from '../fuzz/seed.ts';

/** Several services at once, each on a database of its own that lives through a part of the rounds: much of it is waiting. */
const lanes = { sqlite: 4, postgres: 2 };

for (const [kind, name, rounds] of [
  ['sqlite', 'SQLite', mostRounds(250)],
  ['postgres', 'PostgreSQL', mostRounds(50)],
] as const)
  test(`kill -9 under load, ${rounds} times on ${name}: nothing acknowledged is lost, nothing spent is good again, nothing is half done`, async (t) => {
    afterKills(t, await inLanes(kind, rounds, seedOf(t)), everything);
  });

async function inLanes(kind: Kind, rounds: number, seed: number): Promise<Tally> {
  const all: Tally = new Map();
  const each = Math.ceil(rounds / lanes[kind]);
  const work = async (_: unknown, lane: number): Promise<void> => {
    for (const [what, times] of await killRounds(kind, each, seed + lane)) count(all, what, times);
  };
  await Promise.all(Array.from({ length: lanes[kind] }, work));
  return all;
}
