import { type Db, statement, type Tx } from '../../database/database.ts';

interface Row {
  id: string;
  token_hash: Buffer;
  user_id: string;
  created_at: number;
  last_used_at: number;
  expires_at: number;
  address: string;
  user_agent: string;
}

type Tables = { browsers: Row };

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

const asBrowser = (row: Row): StoredBrowser => ({
  id: row.id,
  userId: row.user_id,
  createdAt: row.created_at,
  lastUsedAt: row.last_used_at,
  expiresAt: row.expires_at,
  address: row.address,
  userAgent: row.user_agent,
});

const insert = statement((db, row: Row) => db.$extendTables<Tables>().insertInto('browsers').values(row));

export async function insertBrowser(tx: Tx, row: Row): Promise<void> {
  await insert.run(tx, row);
}

const byToken = statement((db, given: { tokenHash: Buffer }) =>
  db.$extendTables<Tables>().selectFrom('browsers').selectAll().where('token_hash', '=', given.tokenHash),
);

export async function selectBrowserByToken(db: Db, tokenHash: Buffer): Promise<StoredBrowser | undefined> {
  const row = await byToken.first(db, { tokenHash });
  return row && asBrowser(row);
}

const ofUser = statement((db, given: { userId: string }) =>
  db
    .$extendTables<Tables>()
    .selectFrom('browsers')
    .selectAll()
    .where('user_id', '=', given.userId)
    .orderBy('last_used_at', 'desc')
    .orderBy('id'),
);

/** The browsers that an account knows, the last used first. */
export async function selectBrowsers(db: Db, userId: string): Promise<StoredBrowser[]> {
  return (await ofUser.all(db, { userId })).map(asBrowser);
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

type Use = Pick<Row, 'last_used_at' | 'expires_at' | 'address' | 'user_agent'>;

const update = statement((db, given: { id: string; use: Use }) =>
  db.$extendTables<Tables>().updateTable('browsers').set(given.use).where('id', '=', given.id),
);

/** Writes down that a browser was used again. */
export async function updateBrowser(tx: Tx, id: string, use: Use): Promise<void> {
  await update.run(tx, { id, use });
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
