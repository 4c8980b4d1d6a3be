import { second } from '../clock.ts';
import { DatabaseUnavailable, type Engine, type Tx } from './engine.ts';
import { createQueue, type Waiting } from './queue.ts';
import { patiently } from './retry.ts';
import { inWords, mayPass, unavailable } from './trouble.ts';

/**
 * How writers come to their turn: one after another in this process, then among all processes, and never without an end.
 * A database that is away for less than five seconds is waited for; while it is away longer, one asks and the others are
 * told at once.
 */
const patienceMs = 5 * second;

/** Transactions that one commit may keep. More would hold up everybody else for longer than they save. */
const mostTogether = 8;

/** How often a transaction is run that the database undoes for the sake of others. */
const mostRuns = 5;

/** Runs transactions on a database, each once it is its turn. */
export function createTurns(engine: Engine) {
  // As `performance.now()` counts, which nobody sets; since when no turn could be had.
  let awaySince: number | undefined;
  const onTry = (began: boolean): void => {
    awaySince = began ? undefined : (awaySince ?? performance.now());
  };
  let failedAt = Number.NEGATIVE_INFINITY;
  const alone = ({ run, until, kept, failed }: Waiting): Promise<void> =>
    transact(engine, run, { until, onTry }).then(kept, failed);
  const { inSavepoint } = engine;
  const join = createQueue(inSavepoint ? mostTogether : 1, async (group) => {
    const left = inSavepoint && group.length > 1 ? await together(engine, inSavepoint, group, onTry) : group;
    for (const each of left) await alone(each);
  });
  return {
    transaction<T>(work: (tx: Tx) => Promise<T>, { ahead } = { ahead: false }): Promise<T> {
      const until = (awaySince ?? performance.now()) + patienceMs;
      return join(work, { until, ahead }).catch((error: unknown) => {
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

/**
 * Runs several in one transaction, so that they wait for one commit: each in a part of its own, which is undone alone
 * where it fails. Nobody is answered before the commit. Returns those that must be run again, each alone: where all was
 * undone for the sake of one, or nothing could be begun; never where anything may be kept.
 */
async function together(
  engine: Engine,
  inSavepoint: NonNullable<Engine['inSavepoint']>,
  group: readonly Waiting[],
  onTry: (began: boolean) => void,
): Promise<readonly Waiting[]> {
  const parts: Tx[] = [];
  const failures = new Map<Waiting, unknown>();
  const left = (): Waiting[] => group.filter((each) => !failures.has(each));
  let whole: Tx | undefined;
  const runAll = async (tx: Tx): Promise<void> => {
    whole = tx;
    parts.length = 0;
    failures.clear();
    for (const each of group)
      await inSavepoint(tx, async (part) => {
        await each.run(part).catch((error: unknown) => {
          failures.set(each, error);
          throw error;
        });
        toBeKept.add(part);
        parts.push(part);
      });
  };
  const until = Math.min(...group.map((each) => each.until));
  const error = await transact(engine, runAll, { until, onTry }).then(
    () => undefined,
    (why: unknown) => why,
  );
  for (const [each, why] of failures) each.failed(inWords(engine.judge, why));
  if (error === undefined) {
    for (const part of parts) kept.add(part);
    for (const each of left()) each.kept();
    return [];
  }
  if (!whole || !mayBeKept(whole)) return left();
  for (const each of left()) each.failed(error);
  return [];
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
