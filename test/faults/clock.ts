import { period } from '../../src/totp/code.ts';

/**
 * The time of a service, turned on by a step of the codes whenever somebody has spent the present one. It is never turned
 * while a request is under way: no clock of a machine jumps by half a minute in the midst of one.
 */
export interface Clock {
  /** In ms. */
  readonly now: number;
  turn(): Promise<void>;
  /** Waits while the clock is turned, and keeps it from being turned meanwhile. */
  during<T>(work: () => Promise<T>): Promise<T>;
}

export function createClock(start = Date.UTC(2026, 10, 23, 12, 0, 10)): Clock {
  let now = start;
  let turned: Promise<unknown> = Promise.resolve();
  const underWay = new Set<Promise<unknown>>();
  return {
    get now() {
      return now;
    },
    turn() {
      turned = turned.then(async () => {
        await Promise.allSettled(underWay);
        now += period;
      });
      return turned.then(() => undefined);
    },
    async during(work) {
      for (let last: unknown; last !== turned; ) {
        last = turned;
        await turned;
      }
      const running = work();
      underWay.add(running);
      try {
        return await running;
      } finally {
        underWay.delete(running);
      }
    },
  };
}
