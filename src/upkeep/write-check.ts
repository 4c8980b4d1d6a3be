import { setTimeout as sleep } from 'node:timers/promises';
import { second } from '../clock.ts';

/**
 * Whether the database keeps what is written to it: a full disk, a read-only file system or a standby lets everybody read
 * and nobody sign in. Only a write can tell, so one is made, at most every five seconds however often it is asked for.
 * It is a small one, for which there may be room where there is none for others: what has befallen those counts as well.
 */
export function createWriteCheck({ write, sinceFailure }: { write: Write; sinceFailure: () => number }) {
  let verdict: Promise<boolean> | undefined;

  const ask = (): Promise<boolean> => {
    const asked = write().then(
      () => true,
      () => false,
    );
    void asked.then((well) => sleep(well ? goodFor : badFor, undefined, { ref: false })).then(forget);
    return asked;
  };
  const forget = (): void => {
    verdict = undefined;
  };

  return {
    /** Answers within three seconds. A write that takes longer is no good, and the same one is asked about again. */
    async canWrite(): Promise<boolean> {
      if (sinceFailure() < failureCountsFor) return false;
      verdict ??= ask();
      return Promise.race([verdict, sleep(answerMs, false, { ref: false })]);
    },
  };
}

type Write = () => Promise<unknown>;

const goodFor = 5 * second;
/** One that has recovered is said to be ready soon. */
const badFor = second;
const failureCountsFor = 3 * second;
const answerMs = 3 * second;
