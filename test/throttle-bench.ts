import assert from 'node:assert/strict';
import type { Database } from '../src/database/database.ts';
import { countBudgets } from '../src/throttle/store.ts';
import {
  createThrottle,
  defaultLimits,
  type Limits,
  type Throttle,
  type Ticket,
  type Try,
  type Verdict,
} from '../src/throttle/throttle.ts';
import { onDatabase } from './databases/on-database.ts';

/** A throttle on a bench. */
export interface Bench {
  database: Database;
  throttle: Throttle;
  turn(ms: number): void;
  /** Charges a try, expects it to be let in, and settles it. */
  attempt(tries: readonly Try[], verdict: Verdict): Promise<number>;
  settle(ticket: Ticket, verdict: Verdict): Promise<number>;
  rows(): Promise<number>;
}

/** Runs a story on a throttle with a database of its own and a clock that it turns. */
export async function onBench(story: (bench: Bench) => Promise<void>, limits: Partial<Limits> = {}): Promise<void> {
  await onDatabase((database) => story(benchOn(database, limits)));
}

function benchOn(database: Database, limits: Partial<Limits>): Bench {
  let now = Date.UTC(2026, 10, 22);
  const throttle = createThrottle({
    database,
    clock: () => now,
    limits: { ...defaultLimits, patience: 30, firstPause: 1, ...limits },
    secret: Buffer.alloc(32, 1),
  });
  const settle = (ticket: Ticket, verdict: Verdict): Promise<number> =>
    database.transaction((tx) => throttle.settle(tx, ticket, verdict, now));
  return {
    database,
    throttle,
    turn: (ms) => {
      now += ms;
    },
    attempt: async (tries, verdict) => settle(ticketOf(await throttle.charge(tries)), verdict),
    settle,
    rows: () => database.transaction((tx) => countBudgets(tx)),
  };
}

/** The ticket of a try that was let in. */
export function ticketOf(answer: Awaited<ReturnType<Throttle['charge']>>): Ticket {
  assert.ok('charges' in answer, `refused: ${JSON.stringify(answer)}`);
  return answer;
}
