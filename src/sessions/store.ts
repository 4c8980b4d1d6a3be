import { type Db, statement, type Tx } from '../database/database.ts';

interface Row {
  id: string;
  token_hash: Buffer;
  user_id: string;
  created_at: number;
  expires_at: number;
  last_seen_at: number;
  password_at: number;
  second_factor: string | null;
  second_factor_at: number | null;
  address: string;
  user_agent: string;
}

interface BrowserRow {
  id: string;
  token_hash: Buffer;
  user_id: string;
  created_at: number;
  last_used_at: number;
  expires_at: number;
  address: string;
  user_agent: string;
}

type Tables = {
  sessions: Row;
  browsers: BrowserRow;
};

/** One session as stored: what it proved and when, and where it was made. */
export interface StoredSession {
  id: string;
  userId: string;
  createdAt: number;
  expiresAt: number;
  lastSeenAt: number;
  passwordAt: number;
  secondFactor: { kind: 'otp' | 'recovery_code'; at: number } | undefined;
  address: string;
  userAgent: string;
}

const asSession = (row: Row): StoredSession => ({
  id: row.id,
  userId: row.user_id,
  createdAt: row.created_at,
  expiresAt: row.expires_at,
  lastSeenAt: row.last_seen_at,
  passwordAt: row.password_at,
  secondFactor:
    row.second_factor_at === null
      ? undefined
      : { kind: row.second_factor === 'otp' ? 'otp' : 'recovery_code', at: row.second_factor_at },
  address: row.address,
  userAgent: row.user_agent,
});

export async function insertSession(tx: Tx, session: StoredSession, tokenHash: Buffer): Promise<void> {
  await tx
    .$extendTables<Tables>()
    .insertInto('sessions')
    .values({
      id: session.id,
      token_hash: tokenHash,
      user_id: session.userId,
      created_at: session.createdAt,
      expires_at: session.expiresAt,
      last_seen_at: session.lastSeenAt,
      password_at: session.passwordAt,
      second_factor: session.secondFactor?.kind ?? null,
      second_factor_at: session.secondFactor?.at ?? null,
      address: session.address,
      user_agent: session.userAgent,
    })
    .execute();
}

const byToken = statement((db, given: { tokenHash: Buffer }) =>
  db.$extendTables<Tables>().selectFrom('sessions').selectAll().where('token_hash', '=', given.tokenHash),
);

export async function selectSessionByToken(db: Db, tokenHash: Buffer): Promise<StoredSession | undefined> {
  const row = await byToken.first(db, { tokenHash });
  return row && asSession(row);
}

export async function selectSession(db: Db, id: string): Promise<StoredSession | undefined> {
  const row = await db
    .$extendTables<Tables>()
    .selectFrom('sessions')
    .selectAll()
    .where('id', '=', id)
    .executeTakeFirst();
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
    lastSeenAt?: number;
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
      ...(change.lastSeenAt === undefined ? {} : { last_seen_at: change.lastSeenAt }),
      ...(change.passwordAt === undefined ? {} : { password_at: change.passwordAt }),
      ...(change.secondFactor ? { second_factor: proof?.kind ?? null, second_factor_at: proof?.at ?? null } : {}),
    })
    .where('id', '=', id)
    .execute();
}

export async function deleteSession(tx: Tx, id: string, userId: string): Promise<boolean> {
  const { numDeletedRows } = await tx
    .$extendTables<Tables>()
    .deleteFrom('sessions')
    .where('id', '=', id)
    .where('user_id', '=', userId)
    .executeTakeFirst();
  return numDeletedRows === 1n;
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

/** Those at their overall limit, and those of two factors that were last seen at `idleSince` or before. */
export async function deleteOverSessions(tx: Tx, now: number, idleSince: number): Promise<void> {
  const sessions = tx.$extendTables<Tables>().deleteFrom('sessions');
  await sessions.where('expires_at', '<=', now).execute();
  await sessions.where('second_factor', 'is not', null).where('last_seen_at', '<=', idleSince).execute();
}

/** A browser that an account knows, and where the last full sign-in in it came from. */
export interface StoredBrowser {
  id: string;
  userId: string;
  createdAt: number;
  lastUsedAt: number;
  expiresAt: number;
  address: string;
  userAgent: string;
}

const asBrowser = (row: BrowserRow): StoredBrowser => ({
  id: row.id,
  userId: row.user_id,
  createdAt: row.created_at,
  lastUsedAt: row.last_used_at,
  expiresAt: row.expires_at,
  address: row.address,
  userAgent: row.user_agent,
});

export async function insertBrowser(tx: Tx, row: BrowserRow): Promise<void> {
  await tx.$extendTables<Tables>().insertInto('browsers').values(row).execute();
}

export async function selectBrowserByToken(db: Db, tokenHash: Buffer): Promise<StoredBrowser | undefined> {
  const row = await db
    .$extendTables<Tables>()
    .selectFrom('browsers')
    .selectAll()
    .where('token_hash', '=', tokenHash)
    .executeTakeFirst();
  return row && asBrowser(row);
}

/** The browsers that an account knows, the last used first. */
export async function selectBrowsers(db: Db, userId: string): Promise<StoredBrowser[]> {
  const rows = await db
    .$extendTables<Tables>()
    .selectFrom('browsers')
    .selectAll()
    .where('user_id', '=', userId)
    .orderBy('last_used_at', 'desc')
    .orderBy('id')
    .execute();
  return rows.map(asBrowser);
}

/** Up to `most` of those that have expired. */
export async function selectExpiredBrowsers(db: Db, now: number, most: number): Promise<string[]> {
  const rows = await db
    .$extendTables<Tables>()
    .selectFrom('browsers')
    .select('id')
    .where('expires_at', '<=', now)
    .orderBy('expires_at')
    .limit(most)
    .execute();
  return rows.map(({ id }) => id);
}

export async function updateBrowser(
  tx: Tx,
  id: string,
  change: Pick<BrowserRow, 'last_used_at' | 'expires_at' | 'address' | 'user_agent'>,
): Promise<void> {
  await tx.$extendTables<Tables>().updateTable('browsers').set(change).where('id', '=', id).execute();
}

export async function deleteBrowser(tx: Tx, id: string): Promise<void> {
  await tx.$extendTables<Tables>().deleteFrom('browsers').where('id', '=', id).execute();
}

/** Lets every browser expire that has not yet, and answers how many that were. */
export async function expireAllBrowsers(tx: Tx, now: number): Promise<number> {
  const browsers = tx.$extendTables<Tables>().updateTable('browsers').set({ expires_at: now });
  const { numUpdatedRows } = await browsers.where('expires_at', '>', now).executeTakeFirst();
  return Number(numUpdatedRows);
}
