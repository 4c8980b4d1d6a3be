import { open } from 'node:fs/promises';
import { dirname } from 'node:path';
import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite';
import { pathToFileURL } from 'node:url';
import { type Dialect, Kysely, SqliteAdapter, type SqliteDatabase, SqliteDialect } from 'kysely';
import { makeFolder } from '../../files.ts';
import type { Db, Engine, Tx } from '../engine.ts';
import { type Direct, setDirect } from '../sql/statement.ts';
import { inWords } from '../trouble.ts';
import { judgeSqlite } from './errors.ts';
import { savepointsOf, whileOpen } from './savepoints.ts';

/** How long SQLite itself may wait for another process: that blocks the event loop, so hardly ever, and never to write. */
const busyTimeoutMs = { read: 20, write: 0, 'at rest': 20 };

/**
 * One connection to a SQLite file, as Kysely sees it. Every connection reads its durability setting back, because
 * the promise that acknowledged changes are kept rests on it. `at rest` reads a file that nobody has open, taking no lock
 * and making no journal beside it.
 */
export function connectSqlite(path: string, mode: 'read' | 'write' | 'at rest'): Db {
  const connection = new DatabaseSync(mode === 'at rest' ? atRest(path) : path, {
    readOnly: mode !== 'write',
    timeout: busyTimeoutMs[mode],
  });
  try {
    if (mode === 'write') writeAhead(connection);
    connection.exec('PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; PRAGMA trusted_schema = OFF');
    const { synchronous } = connection.prepare('PRAGMA synchronous').get() ?? {};
    if (synchronous !== 2) throw new Error(`SQLite answers synchronous = ${synchronous}, not FULL: refusing to go on`);
    const prepared = keepPrepared(connection);
    const db: Db = new Kysely({ dialect: dialectFor(connection, prepared, mode === 'write') });
    connections.set(db, { connection, direct: directlyTo(prepared) });
    return db;
  } catch (error) {
    connection.close();
    throw error;
  }
}

/**
 * A SQLite file: one connection that writes, taking the lock when a transaction begins, and one that reads, so that a
 * reader never sees what an open transaction has written. The file is made (private) if there is none. Throws what
 * `judge` knows where another process is in the way.
 */
export async function openSqlite(path: string): Promise<Engine> {
  await createPrivately(path);
  const writer = connectSqlite(path, 'write');
  const read = orClose(writer, () => connectSqlite(path, 'read'));
  const { connection } = connectionOf(writer);
  const writing = whileOpen(connectionOf(writer));
  const reading = connectionOf(read);
  // While there is a snapshot on that connection, it is the past that would be read.
  setDirect(read, { ...reading.direct, isHeld: () => reading.connection.isTransaction });
  const write = <T>(work: (tx: Tx) => Promise<T>): Promise<T> =>
    writer.transaction().execute(async (tx) => {
      setDirect(tx, writing);
      try {
        return await work(tx);
      } finally {
        setDirect(tx, undefined);
      }
    });
  return {
    read,
    write,
    inSavepoint: savepointsOf(connection, writing),
    writeLong: write,
    snapshot: (work) => read.transaction().execute(work),
    judge: judgeSqlite,
    async close() {
      await close(read);
      await close(writer);
    },
  };
}

const connections = new WeakMap<Db, { connection: DatabaseSync; direct: Direct }>();

function connectionOf(db: Db): { connection: DatabaseSync; direct: Direct } {
  const found = connections.get(db);
  if (!found) throw new Error('This is no connection to a SQLite file.');
  return found;
}

/** Kysely closes only what it has used; one that stays open keeps the journal beside the file. */
async function close(db: Db): Promise<void> {
  await db.destroy();
  const { connection } = connectionOf(db);
  if (connection.isOpen) connection.close();
}

/** A file system that cannot share memory keeps the old journal, and says so by no error. */
function writeAhead(connection: DatabaseSync): void {
  const { journal_mode } = connection.prepare('PRAGMA journal_mode = WAL').get() ?? {};
  if (journal_mode !== 'wal')
    throw new Error(
      `SQLite answers journal_mode = ${journal_mode}, not WAL: put the database on a disk of this machine`,
    );
  // Where a disk acknowledges what it has not kept yet, as on macOS, this makes it keep that; elsewhere it is nothing.
  connection.exec('PRAGMA fullfsync = ON; PRAGMA checkpoint_fullfsync = ON');
}

function orClose<T>(other: Db, open: () => T): T {
  try {
    return open();
  } catch (error) {
    void close(other);
    throw error;
  }
}

/** https://www.sqlite.org/uri.html#uriimmutable */
function atRest(path: string): URL {
  const url = pathToFileURL(path);
  url.searchParams.set('immutable', '1');
  return url;
}

// SQLite gives the journal and shared-memory files the mode of the database file, so it is made before SQLite sees it.
// In its folder SQLite itself sees to it that names outlive a loss of power.
async function createPrivately(path: string): Promise<void> {
  await makeFolder(dirname(path));
  await (await open(path, 'a', 0o600)).close();
}

/** Kysely's SQLite dialect with what it does not know: SQLite's schema changes do take part in transactions. */
function dialectFor(connection: DatabaseSync, prepared: Prepared, writes: boolean): Dialect {
  const dialect = new SqliteDialect({ database: adapt(connection, prepared, writes) });
  return {
    createDriver: () => dialect.createDriver(),
    createQueryCompiler: () => dialect.createQueryCompiler(),
    createIntrospector: (db) => dialect.createIntrospector(db),
    createAdapter: () => new TransactionalAdapter(),
  };
}

class TransactionalAdapter extends SqliteAdapter {
  override get supportsTransactionalDdl(): boolean {
    return true;
  }
}

type Prepared = (sql: string) => StatementSync;

/** Keeps what has been prepared. */
function keepPrepared(connection: DatabaseSync): Prepared {
  const statements = new Map<string, StatementSync>();
  return (sql) => {
    const known = statements.get(sql);
    if (known) return known;
    const fresh = connection.prepare(sql);
    if (statements.size < 500) statements.set(sql, fresh);
    return fresh;
  };
}

function directlyTo(prepared: Prepared): Direct {
  return {
    all: (sql, values) => explained(() => prepared(sql).all(...(values as SQLInputValue[]))),
    first: (sql, values) => explained(() => prepared(sql).get(...(values as SQLInputValue[]))),
    run: (sql, values) => explained(() => Number(prepared(sql).run(...(values as SQLInputValue[])).changes)),
  };
}

/** Takes the write lock when a transaction that writes begins rather than in its middle. */
function adapt(connection: DatabaseSync, prepared: Prepared, writes: boolean): SqliteDatabase {
  return {
    close: () => connection.close(),
    prepare(sql) {
      // A full disk makes SQLite undo a transaction before it is told to; what counts then is why.
      if (sql === 'rollback' && !connection.isTransaction) return nothingToDo;
      const statement = explained(() => prepared(writes && sql === 'begin' ? 'begin immediate' : sql));
      return {
        reader: statement.columns().length > 0,
        all: (parameters) => explained(() => statement.all(...(parameters as SQLInputValue[]))),
        run: (parameters) => explained(() => statement.run(...(parameters as SQLInputValue[]))),
        iterate: (parameters) => statement.iterate(...(parameters as SQLInputValue[])),
      };
    },
  };
}

const nothingToDo = {
  reader: false,
  all: () => [],
  run: () => ({ changes: 0, lastInsertRowid: 0 }),
  iterate: () => [].values(),
};

/** Failures of the disk in words, whoever meets them; one that may pass is left to whoever can wait. */
function explained<T>(ask: () => T): T {
  try {
    return ask();
  } catch (error) {
    throw judgeSqlite(error)?.kind === 'lasting' ? inWords(judgeSqlite, error) : error;
  }
}
