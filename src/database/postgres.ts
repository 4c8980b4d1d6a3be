import { Kysely, PostgresDialect, type PostgresPool, sql } from 'kysely';
import { minute, second } from '../clock.ts';
import type { Db, Engine, Tx } from './engine.ts';
import { judgePostgres } from './postgres-errors.ts';
import { createCheck, takeTurn } from './postgres-fitness.ts';
import { createPool, oneByOne } from './postgres-pool.ts';
import { readPostgresUrl } from './postgres-url.ts';

/** What one process asks of a server: 12 connections at most, and no wait without an end. */
export const postgresLimits = {
  /** Connections for reading; there is one for writing, and one for the schema and for reading one state of everything. */
  readers: 10,
  /** How long a statement of a request may run, and a transaction may wait for its turn. */
  statementMs: 10 * second,
  turnMs: 5 * second,
  /** How long a transaction may rest between two statements, until the server ends it: this process has gone then. */
  restMs: 20 * second,
  /** A server that does not answer for so long is given up, also where no network says that it is gone. */
  silenceMs: 15 * second,
};

/**
 * A PostgreSQL server, or a cluster of which one is the primary. All writers of all processes take turns, as on SQLite:
 * the first statement of each transaction waits for one lock, and each statement after it sees what was committed
 * before. Throws what `judge` knows where no primary can be had now.
 */
export async function openPostgres(url: string): Promise<Engine> {
  const targets = readPostgresUrl(url);
  const { statementMs, silenceMs, turnMs, restMs, readers } = postgresLimits;
  const ofRequests = { statement_timeout: statementMs, query_timeout: silenceMs };
  const ofWriters = { lock_timeout: turnMs, idle_in_transaction_session_timeout: restMs };
  const check = createCheck(targets.length);
  const read = connect(oneByOne(createPool(targets, { ...ofRequests, max: readers }, check)));
  const writer = connect(createPool(targets, { ...ofRequests, ...ofWriters, max: 1 }, check));
  const patient = connect(createPool(targets, { lock_timeout: minute, max: 1 }, check));
  const close = async (): Promise<void> => {
    await Promise.all([read, writer, patient].map((each) => each.destroy()));
  };
  try {
    await sql`select 1`.execute(writer);
  } catch (error) {
    await close();
    throw error;
  }
  return {
    read,
    write: (work) => inTurn(writer, work),
    migrate: (work) =>
      inTurn(patient, async (tx) => {
        // Whoever changes the schema and is gone holds up everybody else no longer than one who writes.
        await sql`set local idle_in_transaction_session_timeout = ${sql.lit(restMs)}`.execute(tx);
        return work(tx);
      }),
    snapshot: (work) =>
      patient.transaction().setIsolationLevel('repeatable read').setAccessMode('read only').execute(work),
    judge: judgePostgres,
    close,
  };
}

/** Reads a server that keeps us from writing, for whoever looks at it without touching anything. */
export function readPostgres(url: string): Db {
  const targets = readPostgresUrl(url);
  const check = createCheck(targets.length);
  const reading = createPool(targets, { query_timeout: minute, max: 2 }, async (client) => {
    await check(client);
    await client.query('set default_transaction_read_only = on');
  });
  return connect(reading);
}

const connect = (pool: PostgresPool): Db => new Kysely({ dialect: new PostgresDialect({ pool }) });

// At this level each statement sees what was committed before it: whatever others did in their turns.
const inTurn = <T>(db: Db, work: (tx: Tx) => Promise<T>): Promise<T> =>
  db
    .transaction()
    .setIsolationLevel('read committed')
    .execute(async (tx) => {
      await takeTurn(tx);
      return work(tx);
    });
