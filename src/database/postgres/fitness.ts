import { type RawBuilder, sql } from 'kysely';
import type { Tx } from '../engine.ts';
import { UnfitServer } from './errors.ts';

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

/** What all connections of a process know together of the primary among its servers. */
export interface Primary {
  /** Which of the servers it was last. */
  last(): number;
  /** Makes sure of a new connection to one of the servers, and says what holds for it, before anybody has it. */
  admit(client: Asked, index: number, terms: Terms): Promise<void>;
  /** Whether no other server has taken over since a connection was made. */
  isPresent(client: Asked): boolean;
}

/** What holds for a connection. It is told so when it is made, since a pooler between takes no settings from its address. */
export interface Terms {
  /** How long a statement may run; 0 for as long as it takes. */
  statementMs: number;
  readOnly?: boolean;
}

/**
 * One that was the primary until another was promoted is believed no more, also where nobody has kept it from coming
 * back: it is on an earlier timeline. Connections that were made before another took over are not either.
 */
export function createPrimary(): Primary {
  let last = 0;
  let newest = '';
  let takeovers = 0;
  const madeAfter = new WeakMap<Asked, number>();
  return {
    last: () => last,
    isPresent: (client) => madeAfter.get(client) === takeovers,
    async admit(client, index, terms) {
      const { rows } = await client.query<Answer>(inTime(questions(terms)));
      const timeline = timelineOf(rows[0]);
      if (timeline < newest)
        throw new UnfitServer('This server of PostgreSQL was the primary before another one took over', true);
      if (index !== last || timeline !== newest) takeovers += 1;
      last = index;
      newest = timeline;
      madeAfter.set(client, takeovers);
    },
  };
}

/** The timeline of a server that is fit. */
function timelineOf(found: Answer | undefined): string {
  if (!found || found.timeline === null) throw new UnfitServer('This server of PostgreSQL is a standby', true);
  if (found.isReadOnly)
    throw new UnfitServer('PostgreSQL is read-only: set default_transaction_read_only to off', true);
  if (found.encoding !== 'UTF8')
    throw new UnfitServer(`The database is in ${found.encoding}: make one with ENCODING 'UTF8'`, false);
  if (!found.kept) throw unfit();
  return found.timeline;
}

const questions = ({ statementMs, readOnly = false }: Terms): string => `
  select current_setting('transaction_read_only') = 'on' as "isReadOnly",
    case when pg_is_in_recovery() then null else left(pg_walfile_name(pg_current_wal_lsn()), 8) end as timeline,
    current_setting('server_encoding') as encoding, ${keeps} as kept,
    set_config('statement_timeout', '${statementMs}', false)
    ${readOnly ? ", set_config('default_transaction_read_only', 'on', false)" : ''}`;

/** A connection, as far as it is asked here. */
interface Asked {
  query<Row extends object>(query: string | { text: string }): Promise<{ rows: Row[] }>;
}

interface Answer {
  isReadOnly: boolean;
  /** None on a standby. */
  timeline: string | null;
  encoding: string;
  kept: boolean;
}

const inTime = (text: string): { text: string } => Object.assign({ text }, { query_timeout: answerMs });

/** The lock that every transaction which writes holds until it ends, as two numbers that nobody else will take. */
const lock = sql`pg_advisory_xact_lock(${sql.lit(0x636f756e)}, ${sql.lit(0x74657273)})`;

/** What holds for a transaction that writes, in ms; 0 for as long as it takes. */
export interface TurnLimits {
  /** How long it waits for its turn, and later for the locks of others. Never 0. */
  waitMs: number;
  restMs: number;
  statementMs: number;
}

const setting = (name: string, ms: number): RawBuilder<string> =>
  sql`set_config(${sql.lit(name)}, ${sql.lit(String(Math.ceil(ms)))}, true)`;

/** Waits for the turn of a transaction to write, and makes sure once more: the server may have been set otherwise since. */
export async function takeTurn(tx: Tx, { waitMs, restMs, statementMs }: TurnLimits): Promise<void> {
  const { rows } = await sql<{ kept: boolean }>`
    select case when ${setting('lock_timeout', waitMs)} <> '' then ${lock} end,
      ${setting('idle_in_transaction_session_timeout', restMs)}, ${setting('statement_timeout', statementMs)},
      ${sql.raw(keeps)} as kept`.execute(tx);
  if (!rows[0]?.kept) throw unfit();
}

/** Whether a statement is one of those by which a transaction comes to its turn, however long those behind it may take. */
export function opensTurn(text: string): boolean {
  return /^(begin|start) |pg_advisory_xact_lock/.test(text);
}
