import { setTimeout as sleep } from 'node:timers/promises';
import { type Clock, minute, second } from '../../clock.ts';
import type { Db } from '../../database/database.ts';
import { generationOf } from './generations.ts';

/** An instance that has renewed its mark for the last time so long ago is gone; so is one that says it will. */
const staleAfter = 2 * minute;

/**
 * Whether another instance, which has a mark of its own, renews that while this one looks on: for a little longer than
 * `every`, in ms. That somebody did so of late tells nothing: an older copy says so too.
 */
export async function isVouchedFor(
  db: Db,
  { clock, every, say }: { clock: Clock; every: number; say: (sentence: string) => void },
): Promise<boolean> {
  const renewedAt = async (): Promise<number | null> => (await generationOf(db))?.renewed_at ?? null;
  const before = await renewedAt();
  if (before === null || Math.abs(clock() - before) > staleAfter) return false;
  const longest = every + second;
  say(
    `There is no mark file here: waiting for another instance to renew its own, which takes ${longest / second} seconds at most.`,
  );
  for (const until = performance.now() + longest; performance.now() < until; await sleep(every / 30))
    if ((await renewedAt()) !== before) return true;
  return false;
}
