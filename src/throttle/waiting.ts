import { setTimeout as sleep } from 'node:timers/promises';
import type { Limits } from './limits.ts';
import type { Try } from './tries.ts';

/** Waiting for the verdicts of others: bounded in time and in number, and asked less and less often. */
export function createWaiting({ patience, waitFor, waiting }: Pick<Limits, 'patience' | 'waitFor' | 'waiting'>) {
  const waiters = new Map<string, number>();

  const wait = async <T>(attempt: () => Promise<T | 'wait'>): Promise<T | undefined> => {
    let late = false;
    const timer = setTimeout(() => {
      late = true;
    }, patience);
    try {
      for (let pause = waitFor; !late; pause *= 1.5) {
        await sleep(pause);
        const answer = await attempt();
        if (answer !== 'wait') return answer;
      }
      return undefined;
    } finally {
      clearTimeout(timer);
    }
  };

  /** Asks until the answer is not `wait`; nothing when it still was at the end, or when too many wait already. */
  return async <T>(tries: readonly Try[], attempt: () => Promise<T | 'wait'>): Promise<T | undefined> => {
    const answer = await attempt();
    if (answer !== 'wait') return answer;
    const key = JSON.stringify(tries[0]);
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
