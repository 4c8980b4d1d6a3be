import { sql } from 'kysely';
import { type Db, deleteExpired, isPostgres, statement, type Tx } from '../database/database.ts';
import { columnsOf, type ProofColumns, type Proofs, proofsIn } from './proofs.ts';

interface Row extends ProofColumns {
  id: string;
  token_hash: Buffer;
  user_id: string;
  created_at: number;
  expires_at: number;
  last_seen_at: number;
  address: string;
  user_agent: string;
}

type Tables = { sessions: Row };

/** One session as stored: what it proved and when, and where it was made. */
export interface StoredSession extends Proofs {
  id: string;
  userId: string;
  createdAt: number;
  expiresAt: number;
  lastSeenAt: number;
  address: string;
  userAgent: string;
}

/** What a session is judged by, at each request. */
export type CheckedSession = Pick<StoredSession, 'id' | 'expiresAt' | 'lastSeenAt' | 'passwordAt' | 'secondFactor'>;

const asSession = (row: Row): StoredSession => ({
  id: row.id,
  userId: row.user_id,
  createdAt: row.created_at,
  expiresAt: row.expires_at,
  lastSeenAt: row.last_seen_at,
  ...proofsIn(row),
  address: row.address,
  userAgent: row.user_agent,
});

/** The columns of a `CheckedSession`, for one question about a session and its account; see `sign-in/store.ts`. */
export const sessionsForChecks = (db: Db) =>
  db
    .$extendTables<Tables>()
    .selectFrom('sessions')
    .select(['id as session_id', 'token_hash', 'user_id', 'expires_at', 'last_seen_at', 'password_at'])
    .select(['second_factor', 'second_factor_at']);

type CheckedRow = Omit<Row, 'id' | 'token_hash' | 'user_id' | 'created_at' | 'address' | 'user_agent'>;

export const asCheckedSession = (row: CheckedRow & { session_id: string }): CheckedSession => ({
  id: row.session_id,
  expiresAt: row.expires_at,
  lastSeenAt: row.last_seen_at,
  ...proofsIn(row),
});

const insert = statement((db, row: Row) => db.$extendTables<Tables>().insertInto('sessions').values(row));

export async function insertSession(tx: Tx, session: StoredSession, tokenHash: Buffer): Promise<void> {
  await insert.run(tx, {
    id: session.id,
    token_hash: tokenHash,
    user_id: session.userId,
    created_at: session.createdAt,
    expires_at: session.expiresAt,
    last_seen_at: session.lastSeenAt,
    ...columnsOf(session),
    address: session.address,
    user_agent: session.userAgent,
  });
}

const beyond = statement((db, given: { userId: string; newest: number }) =>
  db
    .$extendTables<Tables>()
    .selectFrom('sessions')
    .select('id')
    .where('user_id', '=', given.userId)
    .orderBy('created_at', 'desc')
    .orderBy('id')
    // SQLite passes rows over only where there is a limit too.
    .limit(Number.MAX_SAFE_INTEGER)
    .offset(given.newest),
);

/**
 * The sessions of an account but so many of the newest. Not all of them, as of browsers and half sign-ins: a program may
 * have made a hundred, and they would be read at each sign-in.
 */
export async function selectBeyond(tx: Tx, userId: string, newest: number): Promise<string[]> {
  return (await beyond.all(tx, { userId, newest })).map(({ id }) => id);
}

const byToken = statement((db, given: { tokenHash: Buffer }) =>
  db.$extendTables<Tables>().selectFrom('sessions').selectAll().where('token_hash', '=', given.tokenHash),
);

export async function selectSessionByToken(db: Db, tokenHash: Buffer): Promise<StoredSession | undefined> {
  const row = await byToken.first(db, { tokenHash });
  return row && asSession(row);
}

const byId = statement((db, given: { id: string }) =>
  db.$extendTables<Tables>().selectFrom('sessions').selectAll().where('id', '=', given.id),
);

export async function selectSession(db: Db, id: string): Promise<StoredSession | undefined> {
  const row = await byId.first(db, { id });
  return row && asSession(row);
}

/** The sessions of an account, newest first. */
export async function selectSessions(db: Db, userId: string): Promise<StoredSession[]> {
  const rows = await db
    .$extendTables<Tables>()
    .selectFrom('sessions')
    .selectAll()
    .where('user_id', '=', userId)
    .orderBy('created_at', 'desc')
    .orderBy('id')
    .execute();
  return rows.map(asSession);
}

export async function updateSession(
  tx: Tx,
  id: string,
  change: {
    tokenHash?: Buffer;
    passwordAt?: number;
    secondFactor?: NonNullable<StoredSession['secondFactor']> | 'none';
  },
): Promise<void> {
  const proof = change.secondFactor === 'none' ? undefined : change.secondFactor;
  await tx
    .$extendTables<Tables>()
    .updateTable('sessions')
    .set({
      ...(change.tokenHash ? { token_hash: change.tokenHash } : {}),
      ...(change.passwordAt === undefined ? {} : { password_at: change.passwordAt }),
      ...(change.secondFactor ? { second_factor: proof?.kind ?? null, second_factor_at: proof?.at ?? null } : {}),
    })
    .where('id', '=', id)
    .execute();
}

const remove = statement((db, given: { id: string; userId: string }) =>
  db.$extendTables<Tables>().deleteFrom('sessions').where('id', '=', given.id).where('user_id', '=', given.userId),
);

export async function deleteSession(tx: Tx, id: string, userId: string): Promise<boolean> {
  return (await remove.run(tx, { id, userId })) === 1;
}

const lastSeen = statement((db, given: { id: string; at: number }) =>
  db
    .$extendTables<Tables>()
    .updateTable('sessions')
    .set({ last_seen_at: given.at })
    .where('id', '=', given.id)
    .where('last_seen_at', '<', given.at),
);

/** Notes when sessions were last seen: those that are still there, and never earlier than is noted already. */
export async function updateLastSeen(tx: Tx, seen: readonly (readonly [id: string, at: number])[]): Promise<void> {
  if (!isPostgres(tx)) {
    for (const [id, at] of seen) await lastSeen.run(tx, { id, at });
    return;
  }
  // One question for all of them, because each would be a way to the server and back; Kysely has no words for it.
  const ids = seen.map(([id]) => id);
  const times = seen.map(([, at]) => at);
  await sql`update sessions set last_seen_at = seen.at from unnest(${ids}::text[], ${times}::bigint[]) as seen (id, at)
    where sessions.id = seen.id and sessions.last_seen_at < seen.at`.execute(tx);
}

/** Deletes every session of an account but the one named, and answers how many that were. */
export async function deleteOtherSessions(tx: Tx, userId: string, keptId: string | undefined): Promise<number> {
  let all = tx.$extendTables<Tables>().deleteFrom('sessions').where('user_id', '=', userId);
  if (keptId !== undefined) all = all.where('id', '!=', keptId);
  const { numDeletedRows } = await all.executeTakeFirst();
  return Number(numDeletedRows);
}

/** Deletes the sessions of everybody, and answers how many that were. */
export async function deleteAllSessions(tx: Tx): Promise<number> {
  const { numDeletedRows } = await tx.$extendTables<Tables>().deleteFrom('sessions').executeTakeFirst();
  return Number(numDeletedRows);
}

/** Deletes those at their overall limit. */
export async function deleteOverSessions(tx: Tx, now: number): Promise<'more' | undefined> {
  return deleteExpired(tx, { table: 'sessions', key: 'id' }, now);
}

/** The overall end of the session that so many others come before, of those that end after `after`. */
export async function selectEndOf(db: Db, after: number, before: number): Promise<number | undefined> {
  const ends = db.$extendTables<Tables>().selectFrom('sessions').select('expires_at').where('expires_at', '>', after);
  const row = await ends.orderBy('expires_at').limit(1).offset(before).executeTakeFirst();
  return row?.expires_at;
}

/** Of the sessions that end after `after` and up to `upTo` those of two factors that were last seen at `since` or before. */
export async function selectRested(
  db: Db,
  { after, upTo, since }: { after: number; upTo: number; since: number },
): Promise<string[]> {
  const rows = await db
    .$extendTables<Tables>()
    .selectFrom('sessions')
    .select('id')
    .where('expires_at', '>', after)
    .where('expires_at', '<=', upTo)
    .where('second_factor', 'is not', null)
    .where('last_seen_at', '<=', since)
    .execute();
  return rows.map(({ id }) => id);
}

/** Deletes those of these sessions of which that still holds. */
export async function deleteRestedOf(tx: Tx, ids: readonly string[], since: number): Promise<void> {
  const sessions = tx.$extendTables<Tables>().deleteFrom('sessions').where('id', 'in', ids);
  await sessions.where('second_factor', 'is not', null).where('last_seen_at', '<=', since).execute();
}
