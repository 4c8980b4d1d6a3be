import { setImmediate as turnOfLoop } from 'node:timers/promises';
import { DatabaseUnavailable, type Tx } from './engine.ts';

/** Transactions that may wait at the same time. */
const longestQueue = 2000;

const tooLong =
  'Others write to the database for too long, or it is away: see what holds them up, or whether this is too much load.';

/** A transaction whose turn it is: it is run, and then told what came of it. Where its time is over, it fails by itself. */
export interface Waiting {
  run(tx: Tx): Promise<void>;
  /** Until when it may wait for the database, as `performance.now()` counts. */
  until: number;
  kept(): void;
  failed(why: unknown): void;
}

interface Place extends Waiting {
  /** It was the first when it came, and has its turn whatever the time. */
  isFirst: boolean;
}

/**
 * Runs transactions in groups, in the order they came. One that waits beyond its time fails; one that finds nobody before
 * it never does.
 */
export function createQueue(mostTogether: number, doAll: (group: readonly Waiting[]) => Promise<void>) {
  const waiting: Place[] = [];
  let unfinished = 0;
  let isGoing = false;

  const takeGroup = (): Place[] => {
    const taken = waiting.splice(0, mostTogether);
    const now = performance.now();
    const late = taken.filter(({ isFirst, until }) => !isFirst && now >= until);
    for (const each of late) each.failed(new DatabaseUnavailable(tooLong));
    return taken.filter((each) => !late.includes(each));
  };

  const go = async (): Promise<void> => {
    if (isGoing) return;
    isGoing = true;
    while (waiting.length > 0) {
      const group = takeGroup();
      if (group.length === 0) continue;
      await doAll(group);
      // SQLite answers without a turn of the event loop: between two groups everybody else has one. Also where none waits
      // yet: of hundreds of requests each may come to its next transaction just when one has ended.
      await turnOfLoop();
    }
    isGoing = false;
  };

  return <T>(work: (tx: Tx) => Promise<T>, { until, ahead }: { until: number; ahead: boolean }): Promise<T> =>
    new Promise<T>((resolve, reject) => {
      if (waiting.length >= longestQueue && !ahead) throw new DatabaseUnavailable(tooLong);
      let done: { answer: T } | undefined;
      let isOver = false;
      const isFirst = unfinished === 0;
      unfinished += 1;
      const end = (tell: () => void): void => {
        if (isOver) return;
        isOver = true;
        clearTimeout(timer);
        unfinished -= 1;
        tell();
      };
      const failed = (why: unknown): void => end(() => reject(why));
      const leave = (): void => {
        const at = waiting.indexOf(place);
        if (at >= 0) waiting.splice(at, 1);
        failed(new DatabaseUnavailable(tooLong));
      };
      const timer = isFirst ? undefined : setTimeout(leave, Math.max(0, until - performance.now()));
      const place: Place = {
        isFirst,
        until,
        async run(tx) {
          if (isOver) throw new DatabaseUnavailable(tooLong);
          clearTimeout(timer);
          done = { answer: await work(tx) };
        },
        kept: () => end(() => done && resolve(done.answer)),
        failed,
      };
      if (ahead) waiting.unshift(place);
      else waiting.push(place);
      void go();
    });
}
