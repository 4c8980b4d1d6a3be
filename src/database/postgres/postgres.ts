import { Kysely, PostgresDialect, type PostgresPool, sql } from 'kysely';
import { minute } from '../../clock.ts';
import type { Db, Engine, Tx } from '../engine.ts';
import { judgePostgres } from './errors.ts';
import { createPrimary, type TurnLimits, takeTurn } from './fitness.ts';
import { postgresLimits } from './limits.ts';
import { createPool, oneByOne } from './pool.ts';
import { readPostgresUrl } from './url.ts';

/**
 * A PostgreSQL server, or a cluster of which one is the primary. All writers of all processes take turns, as on SQLite:
 * the first statement of each transaction waits for one lock, and each statement after it sees what was committed
 * before. Throws what `judge` knows where no primary can be had now.
 */
export async function openPostgres(url: string): Promise<Engine> {
  const targets = readPostgresUrl(url);
  const { statementMs, silenceMs, longSilenceMs, turnMs, restMs, migrationRestMs, readers } = postgresLimits;
  const primary = createPrimary();
  const ofRequests = { statementMs, silenceMs };
  const read = connect(oneByOne(createPool(targets, primary, { ...ofRequests, max: readers })));
  const writer = connect(createPool(targets, primary, { ...ofRequests, max: 1 }));
  const patient = connect(createPool(targets, primary, { statementMs: 0, silenceMs: longSilenceMs, max: 1 }));
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
    write: (work, waitMs) => inTurn(writer, { waitMs, restMs, statementMs }, work),
    writeLong: (work, { mayRest }) =>
      inTurn(patient, { waitMs: turnMs, restMs: mayRest ? 0 : migrationRestMs, statementMs: 0 }, work),
    snapshot: (work) =>
      patient.transaction().setIsolationLevel('repeatable read').setAccessMode('read only').execute(work),
    judge: judgePostgres,
    close,
  };
}

/** Reads a server that keeps us from writing, for whoever looks at it without touching anything. */
export function readPostgres(url: string): Db {
  const terms = { statementMs: minute, silenceMs: minute, max: 2, readOnly: true };
  return connect(createPool(readPostgresUrl(url), createPrimary(), terms));
}

const connect = (pool: PostgresPool): Db => new Kysely({ dialect: new PostgresDialect({ pool }) });

// At this level each statement sees what was committed before it: whatever others did in their turns.
const inTurn = <T>(db: Db, limits: TurnLimits, work: (tx: Tx) => Promise<T>): Promise<T> =>
  db
    .transaction()
    .setIsolationLevel('read committed')
    .execute(async (tx) => {
      await takeTurn(tx, limits);
      return work(tx);
    });
