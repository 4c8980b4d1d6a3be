import type { PostgresPool, PostgresPoolClient } from 'kysely';
import pg from 'pg';
import { minute, second } from '../../clock.ts';
import { inWords } from '../trouble.ts';
import { judgePostgres, UnfitServer } from './errors.ts';
import { opensTurn, type Primary, type Terms } from './fitness.ts';
import { postgresLimits } from './limits.ts';
import type { Target } from './url.ts';

/** What holds for the connections of one pool. */
interface Limits extends Terms {
  /** How many there are at most. */
  max: number;
  /** A server that does not answer a statement for so long is given up, in ms. */
  silenceMs: number;
}

/**
 * Connections to the primary among several servers: the one that was it last, else the first that says it is. Each
 * connection reads back, before anybody has it, that the server keeps what it acknowledges; none is handed out any more
 * that was made before another server took over.
 */
export function createPool(targets: readonly Target[], primary: Primary, limits: Limits): PostgresPool {
  const pools = targets.map((target, index) =>
    poolOf(target, limits, (client) => primary.admit(client, index, limits)),
  );
  const connect = async (): Promise<PostgresPoolClient> => {
    const failures: unknown[] = [];
    const last = primary.last();
    for (const pool of [...pools.slice(last), ...pools.slice(0, last)]) {
      try {
        return speakingOf(await presentOf(pool, primary));
      } catch (error) {
        failures.push(error);
        if (isCrowded(error)) break;
      }
    }
    throw failures.length === 1 ? failures[0] : new AggregateError(failures);
  };
  return {
    options: {},
    connect,
    end: async () => {
      await Promise.all(pools.map((pool) => pool.end()));
    },
  };
}

/** A connection that is there, or a new one in place of those that are of the past. */
async function presentOf(pool: pg.Pool, primary: Primary): Promise<pg.PoolClient> {
  for (;;) {
    const client = await pool.connect();
    if (primary.isPresent(client)) return client;
    client.release(true);
  }
}

/** All connections are in use: it is not for another server to say more. */
const isCrowded = (error: unknown): boolean => error instanceof Error && /timeout exceeded when/.test(error.message);

function poolOf(
  { ssl, password, ...target }: Target,
  { max, silenceMs }: Limits,
  onConnect: NonNullable<pg.PoolConfig['onConnect']>,
): pg.Pool {
  const pool = new pg.Pool({
    ...target,
    max,
    query_timeout: silenceMs,
    ssl,
    types,
    // Without one, the driver would look for it in its own variables and files, which are no options of ours.
    password: password ?? (() => ''),
    application_name: 'countersign',
    connectionTimeoutMillis: connectMs,
    idleTimeoutMillis: 5 * minute,
    // Finds out in seconds that a server has gone without a word, also while nothing is asked.
    keepAlive: true,
    keepAliveInitialDelayMillis: 10 * second,
    onConnect,
  });
  // One that is lost while nobody has it is taken out of the pool; whoever comes next gets another.
  pool.on('error', () => undefined);
  // One that is lost while somebody has it, and asks nothing just then, would stop the process. The next question fails.
  pool.on('connect', (client) => client.on('error', () => undefined));
  return pool;
}

/** How long it may take until a server takes a connection, or until one of ours is free. */
const connectMs = 5 * second;

/** The same pool for statements that stand alone: one that finds its connection lost is sent once more by another. */
export function oneByOne(pool: PostgresPool): PostgresPool {
  const once = async (text: string, values: readonly unknown[]) => {
    const client = await pool.connect();
    try {
      return await client.query(text, values);
    } finally {
      client.release();
    }
  };
  const query = async (text: string, values: readonly unknown[]) => {
    // Each statement may be sent over another connection.
    if (/^(begin|start)/i.test(text)) throw new Error('whoever reads one state of everything takes a snapshot');
    try {
      return await once(text, values).catch((error: unknown) => {
        if (judgePostgres(error)?.kind !== 'lost') throw error;
        return once(text, values);
      });
    } catch (error) {
      throw inWords(judgePostgres, error);
    }
  };
  const client = clientOf(query, () => undefined);
  return { options: {}, connect: async () => client, end: () => pool.end() };
}

/**
 * A connection for whoever has it. One that was in trouble is asked nothing more, since the next answer on it may be that
 * to the question before, and nobody gets it again.
 */
function speakingOf(client: pg.PoolClient): PostgresPoolClient {
  let trouble: unknown;
  const ask = (text: string, values: readonly unknown[]) =>
    text === 'commit' ? commit(client) : client.query(inTime(text), values.map(withoutZero));
  const query = async (text: string, values: readonly unknown[] = []) => {
    if (trouble !== undefined) throw trouble;
    try {
      return await ask(text, values);
    } catch (error) {
      const kind = judgePostgres(error)?.kind;
      if (kind && kind !== 'undone') trouble = error;
      throw withoutRows(error);
    }
  };
  return clientOf(query, (discard) => client.release(discard || trouble !== undefined));
}

/** Whoever waits for the turn of what may take long finds out as soon as others that the server is silent. */
const inTime = (text: string): pg.QueryConfig =>
  Object.assign({ text }, opensTurn(text) ? { query_timeout: postgresLimits.silenceMs } : {});

/** PostgreSQL keeps no text with a zero in it, and nothing of ours has one: what is asked for with one is not there. */
const withoutZero = (value: unknown): unknown => (typeof value === 'string' ? value.replaceAll('\0', '\ufffd') : value);

/** Nor do these get into a log: what PostgreSQL says of a row that it refuses has the row's values in it. */
function withoutRows(error: unknown): unknown {
  if (error instanceof pg.DatabaseError) for (const telling of ['detail', 'where'] as const) delete error[telling];
  return error;
}

/**
 * Ends a transaction. Where somebody cuts the wait for a standby short, the server says it is done and only warns that no
 * standby has it: that is not what is promised.
 */
async function commit(client: pg.PoolClient) {
  let warned = false;
  const heed = ({ code }: { code: string | undefined }): void => {
    warned ||= /^01/.test(code ?? '');
  };
  client.on('notice', heed);
  try {
    const done = await client.query('commit');
    if (warned)
      throw new UnfitServer('The wait of PostgreSQL for its standby was cut short: who knows what it has', false);
    return done;
  } finally {
    client.off('notice', heed);
  }
}

type Query = (text: string, values: readonly unknown[]) => Promise<unknown>;

// Kysely knows of cursors too, which nothing here uses.
const clientOf = (query: Query, release: (discard?: boolean) => void): PostgresPoolClient =>
  ({ query, release }) as unknown as PostgresPoolClient;

/** Whole numbers as JavaScript has them; those that it cannot hold exactly become `Infinity`, as on SQLite. */
const whole = (text: string): number => (Number.isSafeInteger(Number(text)) ? Number(text) : Number.POSITIVE_INFINITY);
const parsers = new Map<number, (text: string) => unknown>([
  [pg.types.builtins.INT8, whole],
  [pg.types.builtins.NUMERIC, Number],
]);
const types = {
  getTypeParser: (oid: number, format?: 'text' | 'binary') =>
    parsers.get(oid) ?? pg.types.getTypeParser(oid, format ?? 'text'),
} as pg.CustomTypesConfig;
