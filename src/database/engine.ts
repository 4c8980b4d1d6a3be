import type { Kysely, Transaction } from 'kysely';

// An empty object type is what Kysely means by "no tables yet"; each store adds its own.
type NoTables = Record<never, never>;
export type Db = Kysely<NoTables>;
export type Tx = Transaction<NoTables>;

/** Where a database is: a SQLite file, or a PostgreSQL server. */
export type DatabasePlace = { file: string } | { url: string };

/** The database cannot do its work now: to requests this is 503. Nothing was written, unless it is `inDoubt`. */
export class DatabaseUnavailable extends Error {
  override name = 'DatabaseUnavailable';
  readonly statusCode = 503;
  /** It failed at the end of a transaction: all of that may have been kept, and only the word of it lost. */
  inDoubt = false;
}

/** What an error of a database means for whoever may try again, and for whoever has to mend it. */
export interface Trouble {
  /**
   * `passing`: the database may be had soon. `lost`: so is the connection, and the word of what came of the last question.
   * `undone`: the whole transaction was undone for the sake of another one. `lasting`: somebody has to mend it.
   */
  kind: 'passing' | 'lost' | 'undone' | 'lasting';
  /** What an operator reads: what is wrong, and what to do. */
  sentence: string;
  /** What a service that runs adds to it. */
  meanwhile?: string | undefined;
}

/** One kind of database, as the rest of this folder sees it. */
export interface Engine {
  /** Reads what is committed, and never waits for a writer. */
  read: Db;
  /**
   * Tries once to run `work` in one transaction, alone among all writers of all processes. Where those wait in a line, it
   * waits for its turn no longer than `waitMs`, which is not 0.
   */
  write<T>(work: (tx: Tx) => Promise<T>, waitMs: number): Promise<T>;
  /**
   * The same for what may take longer than a request may: a change of the schema, or a whole database. Where it `mayRest`
   * between two statements, as when these come from a pipe, it may do so for as long as it likes.
   */
  writeLong<T>(work: (tx: Tx) => Promise<T>, how: { mayRest: boolean }): Promise<T>;
  /**
   * Runs `work` in a part of a transaction that is undone by itself where it fails; throws only where all of the
   * transaction is undone with it. Where an engine has none, each transaction is kept by a commit of its own.
   */
  inSavepoint?: (tx: Tx, work: (part: Tx) => Promise<void>) => Promise<void>;
  /** Runs `work` on one state of the database. */
  snapshot<T>(work: (db: Db) => Promise<T>): Promise<T>;
  /** What an error means; nothing where it is not the database that has failed. */
  judge(error: unknown): Trouble | undefined;
  close(): Promise<void>;
}
