import { closeSync, mkdirSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite';
import { pathToFileURL } from 'node:url';
import { type Dialect, Kysely, SqliteAdapter, type SqliteDatabase, SqliteDialect, type Transaction } from 'kysely';

/** How long SQLite itself may wait for another process: that blocks the event loop, so hardly ever, and never to write. */
const busyTimeoutMs = { read: 20, write: 0, 'at rest': 20 };

/**
 * One connection to a SQLite file, as Kysely sees it. Every connection reads its durability setting back, because
 * the promise that acknowledged changes are kept rests on it. `at rest` reads a file that nobody has open, taking no lock
 * and making no journal beside it.
 */
export function connectSqlite(path: string, mode: 'read' | 'write' | 'at rest'): Db {
  if (mode === 'write') createPrivately(path);
  const connection = new DatabaseSync(mode === 'at rest' ? atRest(path) : path, {
    readOnly: mode !== 'write',
    timeout: busyTimeoutMs[mode],
  });
  try {
    if (mode === 'write') connection.exec('PRAGMA journal_mode = WAL');
    connection.exec('PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; PRAGMA trusted_schema = OFF');
    const { synchronous } = connection.prepare('PRAGMA synchronous').get() ?? {};
    if (synchronous !== 2) throw new Error(`SQLite answers synchronous = ${synchronous}, not FULL: refusing to go on`);
    return new Kysely<NoTables>({ dialect: dialectFor(connection, mode === 'write') });
  } catch (error) {
    connection.close();
    throw error;
  }
}

/** Whether an error says that another process holds the write lock right now. */
export function isBusy(error: unknown): boolean {
  return error instanceof Error && 'errcode' in error && (Number(error.errcode) & 0xff) === 5;
}

// An empty object type is what Kysely means by "no tables yet"; each store adds its own.
type NoTables = Record<never, never>;
export type Db = Kysely<NoTables>;
export type Tx = Transaction<NoTables>;

/** https://www.sqlite.org/uri.html#uriimmutable */
function atRest(path: string): URL {
  const url = pathToFileURL(path);
  url.searchParams.set('immutable', '1');
  return url;
}

// SQLite gives the journal and shared-memory files the mode of the database file, so it is made before SQLite sees it.
function createPrivately(path: string): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  closeSync(openSync(path, 'a', 0o600));
}

/** Kysely's SQLite dialect with what it does not know: SQLite's schema changes do take part in transactions. */
function dialectFor(connection: DatabaseSync, writes: boolean): Dialect {
  const dialect = new SqliteDialect({ database: adapt(connection, writes) });
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

/** Keeps prepared statements, and takes the write lock when a transaction that writes begins rather than in its middle. */
function adapt(connection: DatabaseSync, writes: boolean): SqliteDatabase {
  const statements = new Map<string, StatementSync>();
  const prepared = (sql: string): StatementSync => {
    const known = statements.get(sql);
    if (known) return known;
    const fresh = connection.prepare(sql);
    if (statements.size < 500) statements.set(sql, fresh);
    return fresh;
  };
  return {
    close: () => connection.close(),
    prepare(sql) {
      const statement = prepared(writes && sql === 'begin' ? 'begin immediate' : sql);
      return {
        reader: statement.columns().length > 0,
        all: (parameters) => statement.all(...(parameters as SQLInputValue[])),
        run: (parameters) => statement.run(...(parameters as SQLInputValue[])),
        iterate: (parameters) => statement.iterate(...(parameters as SQLInputValue[])),
      };
    },
  };
}
