import { setTimeout as sleep } from 'node:timers/promises';
import { sql } from 'kysely';
import { second } from '../clock.ts';
import type { DatabasePlace, Db, Engine, Tx } from './engine.ts';
import { type OnWait, openEngine, waitFor } from './open.ts';
import { migrate, type Upgrade } from './schema/migrate.ts';
import { createCopies } from './sqlite/copies.ts';
import { inWords } from './trouble.ts';
import { createTurns } from './turns.ts';

export { type DatabasePlace, DatabaseUnavailable, type Db, type Tx } from './engine.ts';
export { faultsOf } from './faults.ts';
export { type Inspected, inspectDatabase, isNewDatabase, lookAtServer } from './inspect.ts';
export { type ServerFacts, serverFacts, serverTime } from './postgres/facts.ts';
export { upgradeSentence } from './schema/migrate.ts';
/**
 * The database: reads of what is committed, and writes in transactions, nothing else.
 *
 * `read` never sees what another request's open transaction has written and never waits for it. Stores take a `Db` for
 * reading and a `Tx` for writing; each names the types of its own tables.
 */
export { isPostgres } from './sql/dialect.ts';
export { deleteExpired, sweptAtOnce } from './sql/expired.ts';
export { countSealed, placeIn, replaceSealed, type SealedColumn, sealedBatches } from './sql/sealed-column.ts';
export { brokenCountOf, countOf, nextOf, numbersEnd, setCount } from './sql/sequences.ts';
export { statement } from './sql/statement.ts';
export { bytesIn, isAmong, numberIn } from './sql/untrusted-values.ts';
export { mayBeKept, wasKept } from './turns.ts';
export { type DatabaseWatch, watched } from './watched.ts';
export { holdWhole, makeSchema, newestSchema, ownTables, readWhole, schemaOf, whyNotWhole } from './whole.ts';

export interface Database {
  /** What opening it has done to its schema. */
  upgrade: Upgrade;
  read: Db;
  /**
   * Runs `work` in one transaction, alone among all writers; it is kept when `work` resolves and undone when it throws.
   * Never do slow work inside: everybody else waits. It may be run again where the database has undone it. Throws
   * `DatabaseUnavailable` when the database, or the lock of the writers, cannot be had within five seconds; a server that
   * falls silent is found out after fifteen. What goes `ahead` does not wait for the others of this process.
   */
  transaction<T>(work: (tx: Tx) => Promise<T>, how?: { ahead: boolean }): Promise<T>;
  /** How long ago, in ms, a transaction failed of what somebody has to mend, such as a full disk. */
  sinceFailure(): number;
  /**
   * Runs `work` on one state of the database, however much is written meanwhile. Every other reader of this process may
   * have to wait: for the command line, not for requests.
   */
  snapshot<T>(work: (db: Db) => Promise<T>): Promise<T>;
  close(): Promise<void>;
}

/** Opens the database, making a SQLite file (private) if there is none, and bringing its schema up to date first. */
export async function openDatabase(place: DatabasePlace, onWait?: OnWait): Promise<Database> {
  const engine = await openEngine(place, onWait);
  try {
    const upgrade = await waitFor(() => upToDate(engine, place), engine.judge, onWait);
    const { transaction, sinceFailure } = createTurns(engine);
    return {
      upgrade,
      read: engine.read,
      transaction,
      sinceFailure,
      snapshot: (work) =>
        engine.snapshot(work).catch((error: unknown) => {
          throw inWords(engine.judge, error);
        }),
      close: engine.close,
    };
  } catch (error) {
    await engine.close();
    throw error;
  }
}

/** Those that start at once go one after another: the first does what is to be done. */
async function upToDate(engine: Engine, place: DatabasePlace): Promise<Upgrade> {
  const copies = 'file' in place ? createCopies(place.file, engine.read) : undefined;
  const upgrade = await engine.writeLong((tx) => migrate(tx, { keepCopy: copies?.keep }), { mayRest: false });
  if (upgrade.copy !== undefined) await copies?.forgetOlder(upgrade.copy);
  return upgrade;
}

/** How long the database may take to say that it is there. */
const answerMs = 3 * second;

/** Whether the database answers those who read, within three seconds. */
export async function isReady({ read }: Database): Promise<boolean> {
  const answer = sql`select 1`.execute(read).then(
    () => true,
    () => false,
  );
  return Promise.race([answer, sleep(answerMs, false, { ref: false })]);
}
