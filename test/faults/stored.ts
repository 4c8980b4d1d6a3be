import { createHash } from 'node:crypto';
import { sql } from 'kysely';
import { type Db, isPostgres } from '../../src/database/database.ts';
import { hashToken } from '../../src/tokens.ts';
import { type Account, told } from './account.ts';

/** What is stored of one account, as far as an account of these tests says what it must be. */
interface Rows {
  sessions: Set<string>;
  codes: Set<string>;
  /** Names of passkeys. */
  passkeys: Set<string>;
  /** The last step that was spent of the authenticator in force. */
  step: number | undefined;
  pending: number;
  events: Map<string, number>;
}

export type Stored = (id: string) => Rows;

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
const hashCode = (code: string): string => createHash('sha256').update(code.replaceAll('-', '')).digest('hex');

/** Reads all that is stored of everybody. */
export async function readStored(db: Db): Promise<Stored> {
  const all = new Map<string, Rows>();
  const of = (id: string): Rows => {
    const rows = all.get(id) ?? {
      sessions: new Set(),
      codes: new Set(),
      passkeys: new Set(),
      step: undefined,
      pending: 0,
      events: new Map(),
    };
    all.set(id, rows);
    return rows;
  };
  const each = async <Row>(table: string, columns: string, take: (rows: Rows, row: Row) => unknown): Promise<void> => {
    const { rows } = await sql<Row & { user_id: string | null }>`
      select user_id, ${sql.raw(columns)} from ${sql.table(table)}`.execute(db);
    for (const row of rows) if (row.user_id !== null) take(of(row.user_id), row);
  };
  await each<{ token_hash: Buffer }>('sessions', 'token_hash', (rows, row) => rows.sessions.add(hex(row.token_hash)));
  await each<{ code_hash: Buffer }>('recovery_codes', 'code_hash', (rows, row) => rows.codes.add(hex(row.code_hash)));
  await each<{ name: string }>('passkeys', 'name', (rows, { name }) => rows.passkeys.add(name));
  await each<{ last_step: number }>('authenticators', 'last_step', (rows, row) => {
    rows.step = row.last_step;
  });
  await each<{ session_id: string }>('pending_authenticators', 'session_id', (rows) => {
    rows.pending += 1;
  });
  await each<{ event: string }>('audit', 'event', ({ events }, { event }) =>
    events.set(event, (events.get(event) ?? 0) + 1),
  );
  return of;
}

/** Something that was looked at: what it was, and what it must be for an account. */
export interface Fact {
  what: string;
  seen: string;
  must(account: Account): string;
}

/** What is stored of somebody who may have one of these accounts: every token and every code that was ever told. */
export function storedFacts(stored: Stored, may: readonly Account[]): Fact[] {
  const rows = stored(may[0]?.id ?? '');
  const tokens = distinct(may.flatMap(({ sessions, over }) => [...sessions.map(({ token }) => token), ...over.tokens]));
  const codes = distinct(may.flatMap((account) => [...account.codes, ...account.over.codes]));
  const marks = <T>(all: readonly T[], is: (one: T) => boolean): string =>
    all.map((one) => (is(one) ? '1' : '0')).join('');
  return [
    {
      what: 'how many sessions, recovery codes, and which step was spent last',
      seen: `${rows.sessions.size} ${rows.codes.size} ${rows.step}`,
      must: ({ sessions, unheardSessions, codes: good, unheardCodes, authenticator }) =>
        `${sessions.length + unheardSessions} ${good.length + unheardCodes} ${authenticator?.step}`,
    },
    {
      what: 'which tokens are stored',
      seen: marks(tokens, (token) => rows.sessions.has(hex(hashToken(token)))),
      must: ({ sessions }) => marks(tokens, (token) => sessions.some((held) => held.token === token)),
    },
    {
      what: 'which recovery codes are stored',
      seen: marks(codes, (code) => rows.codes.has(hashCode(code))),
      must: ({ codes: good }) => marks(codes, (code) => good.includes(code)),
    },
    {
      what: 'which passkeys are stored',
      seen: [...rows.passkeys].sort().join(),
      must: ({ passkeys }) =>
        passkeys
          .map(({ name }) => name)
          .sort()
          .join(),
    },
    {
      what: 'what the audit log tells',
      seen: told.map((event) => `${event} ${rows.events.get(event) ?? 0}`).join(', '),
      must: ({ events }) => told.map((event) => `${event} ${events[event] ?? 0}`).join(', '),
    },
  ];
}

const distinct = <T>(all: readonly T[]): T[] => [...new Set(all)];

/** What the database itself finds wrong; PostgreSQL has no such check, and keeps foreign keys whatever happens. */
export async function faultsOf(db: Db): Promise<string[]> {
  if (isPostgres(db)) return [];
  const whole = await sql<{ integrity_check: string }>`pragma integrity_check`.execute(db);
  const keys = await sql<{ table: string }>`pragma foreign_key_check`.execute(db);
  return [
    ...whole.rows.map(({ integrity_check }) => integrity_check).filter((line) => line !== 'ok'),
    ...keys.rows.map(({ table }) => `a row of ${table} refers to none`),
  ];
}
