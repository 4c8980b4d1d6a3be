import type { BudgetName } from './limits.ts';
import type { Try } from './tries.ts';

/**
 * The refusals of whole networks that the database has given, remembered in memory: a flood from one of them is answered
 * without a transaction and without a hash. They end by time alone, so that no other instance can know better.
 */
export function createRefused(most: number) {
  const refusals = new Map<string, { at: number; end: number }>();
  return {
    /** For how many ms one of these tries is still refused for the network that it comes from; 0 where none is. */
    wait(tries: readonly Try[], now: number): number {
      const ends = tries.map((attempt) => {
        const refusal = refusals.get(keyOf(attempt));
        // What was said while the clock was ahead of now is not true any more.
        return refusal && refusal.at <= now ? refusal.end : now;
      });
      return Math.max(0, ...ends.map((end) => end - now));
    },

    /** Remembers that a network is refused until `end`; where there are too many, the one first remembered goes. */
    remember(attempt: Try, now: number, end: number): void {
      if (!remembered.includes(attempt.budget)) return;
      refusals.delete(keyOf(attempt));
      refusals.set(keyOf(attempt), { at: now, end });
      const [first] = refusals.keys();
      if (refusals.size > most && first !== undefined) refusals.delete(first);
    },
  };
}

/** Those that end by time alone. */
const remembered: readonly BudgetName[] = ['network', 'site', 'passkey', 'sitePasskey'];

const keyOf = ({ budget, key }: Try): string => `${budget} ${key}`;
