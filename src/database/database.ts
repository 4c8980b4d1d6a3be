import { setTimeout as sleep } from 'node:timers/promises';
import { type Kysely, sql, type Transaction } from 'kysely';
import { migrate } from './migrate.ts';
import { connectSqlite, isBusy, type NoTables } from './sqlite.ts';

/**
 * The database: reads of what is committed, and writes in transactions, nothing else.
 *
 * `read` is a connection of its own, so that it never sees what another request's open transaction has written and
 * never waits for it. Stores take a `Db` for reading and a `Tx` for writing; each names the types of its own tables.
 */
export type Db = Kysely<NoTables>;
export type Tx = Transaction<NoTables>;

export interface Database {
  read: Db;
  /**
   * Runs `work` in one transaction, alone among all writers; it is kept when `work` resolves and undone when it throws.
   * Never do slow work inside: everybody else waits. Throws `DatabaseBusy` when another process holds the write lock
   * for longer than five seconds.
   */
  transaction<T>(work: (tx: Tx) => Promise<T>): Promise<T>;
  close(): Promise<void>;
}

export class DatabaseBusy extends Error {
  override name = 'DatabaseBusy';
  readonly statusCode = 503;
}

/** Opens the SQLite file, making it private and bringing its schema up to date first. */
export async function openDatabase(path: string): Promise<Database> {
  const writer = connectSqlite(path, 'write');
  const transaction: Database['transaction'] = (work) => transact(writer, work);
  await transaction(migrate);
  const read = connectSqlite(path, 'read');
  return {
    read,
    transaction,
    async close() {
      await read.destroy();
      await writer.destroy();
    },
  };
}

const retries = 100;
const retryAfterMs = 30;

/**
 * Waits for the write lock without blocking the event loop. Only `begin immediate` can find it taken, so `work` has not
 * run when we try again; an error after that is never retried.
 */
async function transact<T>(writer: Db, work: (tx: Tx) => Promise<T>): Promise<T> {
  for (let attempt = 0; attempt < retries; attempt += 1) {
    let begun = false;
    try {
      return await writer.transaction().execute((tx) => {
        begun = true;
        return work(tx);
      });
    } catch (error) {
      if (begun || !isBusy(error)) throw error;
      await sleep(retryAfterMs);
    }
  }
  throw new DatabaseBusy('another process has held the write lock of the database for too long');
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
