import { setImmediate as turnOfLoop } from 'node:timers/promises';
import { second } from '../clock.ts';
import { DatabaseUnavailable, type Engine, type Tx } from './engine.ts';
import { patiently } from './retry.ts';
import { inWords, mayPass, unavailable } from './trouble.ts';

/**
 * How writers come to their turn: one after another in this process, then among all processes, and never without an end.
 * A database that is away for less than five seconds is waited for; while it is away longer, one asks and the others are
 * told at once.
 */
const patienceMs = 5 * second;

/** Transactions that may wait at the same time. */
const longestQueue = 2000;

/** How often a transaction is run that the database undoes for the sake of others. */
const mostRuns = 5;

const tooLong =
  'Others write to the database for too long, or it is away: see what holds them up, or whether this is too much load.';

/** Runs transactions on a database, each once it is its turn. */
export function createTurns(engine: Engine) {
  // As `performance.now()` counts, which nobody sets; since when no turn could be had.
  let awaySince: number | undefined;
  const onTry = (began: boolean): void => {
    awaySince = began ? undefined : (awaySince ?? performance.now());
  };
  let failedAt = Number.NEGATIVE_INFINITY;
  const inTurn = createQueue();
  return {
    transaction<T>(work: (tx: Tx) => Promise<T>, { ahead } = { ahead: false }): Promise<T> {
      const until = (awaySince ?? performance.now()) + patienceMs;
      return inTurn(() => transact(engine, work, { until, onTry }), { until, ahead }).catch((error: unknown) => {
        if (error instanceof DatabaseUnavailable && engine.judge(error.cause)?.kind === 'lasting')
          failedAt = performance.now();
        throw error;
      });
    },

    sinceFailure: (): number => performance.now() - failedAt,
  };
}

/**
 * Runs `work` in one transaction. As long as `work` has not begun, it is tried again; after that only where the database
 * says that it has undone all of it. Where a connection is lost, it may be just the word that all is kept which was lost:
 * then nothing is tried again. Throws `DatabaseUnavailable` where it is the database that fails.
 */
async function transact<T>(
  engine: Engine,
  work: (tx: Tx) => Promise<T>,
  { until, onTry }: { until: number; onTry: (began: boolean) => void },
): Promise<T> {
  let begun: Tx | undefined;
  let runs = 0;
  const once = async (): Promise<T> => {
    begun = undefined;
    const begin = async (tx: Tx): Promise<T> => {
      begun = tx;
      runs += 1;
      onTry(true);
      const done = await work(tx);
      toBeKept.add(tx);
      return done;
    };
    try {
      // Also one whose time is nearly over has a second: between processes the wait is short while all is well.
      return await engine.write(begin, Math.max(second, until - performance.now()));
    } finally {
      if (!begun) onTry(false);
    }
  };
  const mayTry = (error: unknown): boolean =>
    begun ? engine.judge(error)?.kind === 'undone' && runs < mostRuns : mayPass(engine.judge)(error);
  try {
    const done = await patiently(once, { mayTry, ms: until - performance.now() });
    if (begun) kept.add(begun);
    return done;
  } catch (error) {
    // What is thrown before `work` has begun is always the database's; after that it may be the work's own.
    const failed = begun ? inWords(engine.judge, error) : unavailable(engine.judge, error);
    if (begun && failed instanceof DatabaseUnavailable) failed.inDoubt = mayBeKept(begun);
    throw failed;
  }
}

const toBeKept = new WeakSet<Tx>();
const kept = new WeakSet<Tx>();

/** Whether a transaction came to its end: then it may be kept although it failed, the word of it being lost. */
export function mayBeKept(tx: Tx): boolean {
  return toBeKept.has(tx);
}

/** Whether a transaction of this process has ended well; one that still runs has not. */
export function wasKept(tx: Tx): boolean {
  return kept.has(tx);
}

/**
 * Lets transactions go one after another, so that only the first of those that wait asks for the lock again and again.
 * One that has not come to its turn by its time fails then, however long those before it take; one that finds none before
 * it has its turn, whatever the time.
 */
function createQueue() {
  // Each answers whether it has done anything.
  const waiting: (() => Promise<boolean>)[] = [];
  let unfinished = 0;
  let isGoing = false;
  const go = async (): Promise<void> => {
    if (isGoing) return;
    isGoing = true;
    for (let next = waiting.shift(); next; next = waiting.shift()) {
      // SQLite answers without a turn of the event loop: between two transactions everybody else has one. Also where none
      // waits yet: of hundreds of requests each may come to its next transaction just when one has ended.
      if (await next()) await turnOfLoop();
    }
    isGoing = false;
  };
  return <T>(work: () => Promise<T>, { until, ahead }: { until: number; ahead: boolean }): Promise<T> =>
    new Promise<T>((resolve, reject) => {
      if (waiting.length >= longestQueue && !ahead) throw new DatabaseUnavailable(tooLong);
      const isFirst = unfinished === 0;
      unfinished += 1;
      const giveUp = (): void => {
        unfinished -= 1;
        reject(new DatabaseUnavailable(tooLong));
      };
      const run = async (): Promise<boolean> => {
        clearTimeout(timer);
        const isLate = !isFirst && performance.now() >= until;
        if (isLate) giveUp();
        else
          await work()
            .then(resolve, reject)
            .finally(() => (unfinished -= 1));
        return !isLate;
      };
      const leave = (): void => {
        waiting.splice(waiting.indexOf(run), 1);
        giveUp();
      };
      const timer = isFirst ? undefined : setTimeout(leave, Math.max(0, until - performance.now()));
      if (ahead) waiting.unshift(run);
      else waiting.push(run);
      void go();
    });
}
