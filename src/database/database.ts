import { setTimeout as sleep, setImmediate as turnOfLoop } from 'node:timers/promises';
import { sql } from 'kysely';
import { second } from '../clock.ts';
import { migrate } from './migrate.ts';
import { connectSqlite, type Db, isBusy, type Tx } from './sqlite.ts';

/**
 * The database: reads of what is committed, and writes in transactions, nothing else.
 *
 * `read` is a connection of its own, so that it never sees what another request's open transaction has written and
 * never waits for it. Stores take a `Db` for reading and a `Tx` for writing; each names the types of its own tables.
 */
export { type Inspected, inspectDatabase } from './inspect.ts';
export { brokenCountOf, nextOf, numbersEnd } from './next-of.ts';
export { bytesIn, isAmong, numberIn } from './odd-cells.ts';
export { countSealed, placeIn, replaceSealed, type SealedColumn, sealedBatches } from './sealed-column.ts';
export type { Db, Tx } from './sqlite.ts';

export interface Database {
  read: Db;
  /**
   * Runs `work` in one transaction, alone among all writers; it is kept when `work` resolves and undone when it throws.
   * Never do slow work inside: everybody else waits. Throws `DatabaseBusy` when another process holds the write lock
   * for longer than five seconds.
   */
  transaction<T>(work: (tx: Tx) => Promise<T>): Promise<T>;
  /**
   * Runs `work` on one state of the database, however much is written meanwhile. Every other reader of this process waits:
   * for the command line, not for requests.
   */
  snapshot<T>(work: (db: Db) => Promise<T>): Promise<T>;
  close(): Promise<void>;
}

class DatabaseBusy extends Error {
  override name = 'DatabaseBusy';
  readonly statusCode = 503;
}

/** Opens the SQLite file, making it (private) if there is none, and bringing its schema up to date first. */
export async function openDatabase(path: string): Promise<Database> {
  const writer = await patiently(async () => connectSqlite(path, 'write'));
  const inTurn = createQueue();
  const transaction: Database['transaction'] = (work) => inTurn(() => transact(writer, work));
  const read = await transaction(migrate)
    .then(() => patiently(async () => connectSqlite(path, 'read')))
    .catch(async (error: unknown) => {
      await writer.destroy();
      throw error;
    });
  return {
    read,
    transaction,
    snapshot: (work) => read.transaction().execute(work),
    async close() {
      await read.destroy();
      await writer.destroy();
    },
  };
}

/** Transactions that may wait at the same time. */
const longestQueue = 2000;
const retryAfterMs = 30;
const retries = Math.ceil((5 * second) / retryAfterMs);

/**
 * Waits for the write lock without blocking the event loop. Only `begin immediate` can find it taken, so `work` has not
 * run when we try again; an error after that is never retried.
 */
async function transact<T>(writer: Db, work: (tx: Tx) => Promise<T>): Promise<T> {
  let begun: Tx | undefined;
  const done = await patiently(
    () =>
      writer.transaction().execute((tx) => {
        begun = tx;
        return work(tx);
      }),
    () => begun !== undefined,
  );
  if (begun) kept.add(begun);
  return done;
}

const kept = new WeakSet<Tx>();

/** Whether a transaction of this process has ended well; one that still runs has not. */
export function wasKept(tx: Tx): boolean {
  return kept.has(tx);
}

/** Lets transactions go one after another, so that only the first of those that wait asks for the lock again and again. */
function createQueue(): <T>(work: () => Promise<T>) => Promise<T> {
  let last: Promise<unknown> = Promise.resolve();
  let waiting = 0;
  return async (work) => {
    if (waiting >= longestQueue) throw new DatabaseBusy('too many transactions wait for the database');
    waiting += 1;
    const turn = last.then(work).finally(() => {
      waiting -= 1;
    });
    // SQLite answers without a turn of the event loop: between two transactions everybody else has one. Also where none
    // waits yet: of hundreds of requests each may come to its next transaction just when one has ended.
    last = turn.catch(() => undefined).then(() => turnOfLoop());
    return turn;
  };
}

/** Tries again while another process is in the way: one that is making the same file, or writing to it. */
async function patiently<T>(attempt: () => Promise<T>, hasBegun = (): boolean => false): Promise<T> {
  for (let tries = 0; tries < retries; tries += 1) {
    try {
      return await attempt();
    } catch (error) {
      if (hasBegun() || !isBusy(error)) throw error;
      await sleep(retryAfterMs);
    }
  }
  throw new DatabaseBusy('another process has held the lock of the database for too long');
}

/** Whether the database answers. */
export async function isReady({ read }: Database): Promise<boolean> {
  try {
    await sql`select 1`.execute(read);
    return true;
  } catch {
    return false;
  }
}
