import { setTimeout as sleep } from 'node:timers/promises';

const retryAfterMs = 30;

/** Tries, and tries again for so long, as long as `mayTry` says of what was thrown that it can help. */
export async function patiently<T>(
  attempt: () => Promise<T>,
  { mayTry, ms }: { mayTry: (error: unknown) => boolean; ms: number },
): Promise<T> {
  // No clock that somebody sets makes it longer.
  const until = performance.now() + ms;
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      if (performance.now() >= until || !mayTry(error)) throw error;
      await sleep(retryAfterMs);
    }
  }
}
