import { setTimeout as sleep } from 'node:timers/promises';
import type { Limits } from './limits.ts';

/** All free tries of a budget await their verdict. */
export interface Wait {
  /** Which budget, in whatever spelling. */
  waitFor: string;
}

/** Waiting for the verdicts of others: bounded in time and in number, and asked less and less often. */
export function createWaiting({ patience, firstPause, waiting }: Pick<Limits, 'patience' | 'firstPause' | 'waiting'>) {
  const waiters = new Map<string, number>();

  const wait = async <T extends object>(attempt: () => Promise<T | Wait>): Promise<T | undefined> => {
    const late = AbortSignal.timeout(patience);
    for (let pause = firstPause; !late.aborted; pause *= 1.5) {
      await sleep(pause);
      const answer = await attempt();
      if (!('waitFor' in answer)) return answer;
    }
    return undefined;
  };

  /** Asks until there is no need to wait; nothing when there still was at the end, or when too many wait already. */
  return async <T extends object>(attempt: () => Promise<T | Wait>): Promise<T | undefined> => {
    const answer = await attempt();
    if (!('waitFor' in answer)) return answer;
    const key = answer.waitFor;
    const before = waiters.get(key) ?? 0;
    if (before >= waiting) return undefined;
    waiters.set(key, before + 1);
    try {
      return await wait(attempt);
    } finally {
      const left = (waiters.get(key) ?? 1) - 1;
      if (left > 0) waiters.set(key, left);
      else waiters.delete(key);
    }
  };
}
