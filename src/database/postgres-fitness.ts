import { type RawBuilder, sql } from 'kysely';
import type { Tx } from './engine.ts';
import { UnfitServer } from './postgres-errors.ts';

/**
 * Promise 7: what is acknowledged is kept, by the standbys too where the server waits for any. Says so for the transaction
 * it is asked in, whatever the server, the database and the user have by default.
 */
const keeps = `set_config('synchronous_commit',
    case when current_setting('synchronous_commit') = 'remote_apply' then 'remote_apply' else 'on' end, true)
    in ('on', 'remote_apply')
  and current_setting('fsync') = 'on' and current_setting('full_page_writes') = 'on'`;

const unfit = (): UnfitServer =>
  new UnfitServer('PostgreSQL may lose what it acknowledges: switch fsync and full_page_writes on', false);

/** How long a server may take to answer the questions of a new connection. */
const answerMs = 5000;

/**
 * Makes sure of each new connection before anybody has it. Of several servers, one that was the primary until another
 * was promoted is believed no more, also where nobody has kept it from coming back: it is on an earlier timeline.
 */
export function createCheck(servers: number): Check {
  let newest = '';
  const timeline = servers > 1 ? 'left(pg_walfile_name(pg_current_wal_lsn()), 8)' : 'null';
  const text = `
    select pg_is_in_recovery() as standby, current_setting('transaction_read_only') = 'on' as "isReadOnly",
      case when pg_is_in_recovery() then null else ${timeline} end as timeline,
      current_setting('server_encoding') as encoding, ${keeps} as kept`;
  return async (client) => {
    const { rows } = await client.query<Answer>(inTime(text));
    const [found] = rows;
    if (!found || found.standby) throw new UnfitServer('This server of PostgreSQL is a standby', true);
    if (found.isReadOnly)
      throw new UnfitServer('PostgreSQL is read-only: set default_transaction_read_only to off', true);
    if (found.timeline !== null && found.timeline < newest)
      throw new UnfitServer('This server of PostgreSQL was the primary before another one took over', true);
    newest = found.timeline ?? newest;
    if (found.encoding !== 'UTF8')
      throw new UnfitServer(`The database is in ${found.encoding}: make one with ENCODING 'UTF8'`, false);
    if (!found.kept) throw unfit();
  };
}

export type Check = (client: Asked) => Promise<void>;

/** A connection, as far as it is asked here. */
interface Asked {
  query<Row extends object>(query: string | { text: string }): Promise<{ rows: Row[] }>;
}

interface Answer {
  standby: boolean;
  isReadOnly: boolean;
  timeline: string | null;
  encoding: string;
  kept: boolean;
}

const inTime = (text: string): { text: string } => Object.assign({ text }, { query_timeout: answerMs });

/** The lock that every transaction which writes holds until it ends, as two numbers that nobody else will take. */
const lock = sql`pg_advisory_xact_lock(${sql.lit(0x636f756e)}, ${sql.lit(0x74657273)})`;

const ask: RawBuilder<{ kept: boolean }> = sql`select ${sql.raw(keeps)} as kept from ${lock}`;

/** Waits for the turn of a transaction to write, and makes sure once more: the server may have been set otherwise since. */
export async function takeTurn(tx: Tx): Promise<void> {
  const { rows } = await ask.execute(tx);
  if (!rows[0]?.kept) throw unfit();
}
