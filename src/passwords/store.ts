import { type Db, deleteExpired, statement, type Tx } from '../database/database.ts';

interface Row {
  user_id: string;
  hash: Buffer;
  /** With which parameters the hash was made; empty where that is not known yet. */
  parameters: string;
  short: number;
  version: string;
  changed_at: number;
}

type Tables = {
  passwords: Row;
  password_links: { user_id: string; token_hash: Buffer; expires_at: number };
};

/** What an account's facts have of its password, for one question about all of them; see `sign-in/store.ts`. */
export const passwordsForFacts = (db: Db) =>
  db.$extendTables<Tables>().selectFrom('passwords').select(['user_id', 'version', 'short']);

const ofUser = statement((db, given: { userId: string }) =>
  db.$extendTables<Tables>().selectFrom('passwords').selectAll().where('user_id', '=', given.userId),
);

export async function selectPassword(db: Db, userId: string): Promise<Row | undefined> {
  return ofUser.first(db, { userId });
}

export async function upsertPassword(tx: Tx, row: Row): Promise<void> {
  const { user_id, ...rest } = row;
  await tx
    .$extendTables<Tables>()
    .insertInto('passwords')
    .values({ user_id, ...rest })
    .onConflict((conflict) => conflict.column('user_id').doUpdateSet(rest))
    .execute();
}

/** Puts another hash of the same password in place of one, unless the password has been changed meanwhile. */
export async function updateHash(
  tx: Tx,
  userId: string,
  version: string,
  changed: Pick<Row, 'hash' | 'parameters'>,
): Promise<void> {
  await tx
    .$extendTables<Tables>()
    .updateTable('passwords')
    .set(changed)
    .where('user_id', '=', userId)
    .where('version', '=', version)
    .execute();
}

/** The sets of parameters of stored hashes. From one to the next by the index, so that their number does not matter. */
export async function selectParameters(db: Db): Promise<string[]> {
  const found: string[] = [];
  const after = (last: string) =>
    db
      .$extendTables<Tables>()
      .selectFrom('passwords')
      .select('parameters')
      .where('parameters', '>', last)
      .orderBy('parameters')
      .limit(1)
      .executeTakeFirst();
  for (let row = await after(''); row; row = await after(row.parameters)) found.push(row.parameters);
  return found;
}

/** Passwords whose parameters are not known yet, in the order of their users, who come after the one named. */
export async function selectUnknownParameters(db: Db, afterUserId: string, limit: number): Promise<Row[]> {
  return db
    .$extendTables<Tables>()
    .selectFrom('passwords')
    .selectAll()
    .where('parameters', '=', '')
    .where('user_id', '>', afterUserId)
    .orderBy('user_id')
    .limit(limit)
    .execute();
}

/** Writes down the parameters of a hash, unless the password has been changed or hashed anew meanwhile. */
export async function recordParameters(tx: Tx, row: Row, parameters: string): Promise<void> {
  await tx
    .$extendTables<Tables>()
    .updateTable('passwords')
    .set({ parameters })
    .where('user_id', '=', row.user_id)
    .where('version', '=', row.version)
    .where('parameters', '=', '')
    .execute();
}

/** Deletes the password of a user and answers whether there was one. */
export async function deletePassword(tx: Tx, userId: string): Promise<boolean> {
  const { numDeletedRows } = await tx
    .$extendTables<Tables>()
    .deleteFrom('passwords')
    .where('user_id', '=', userId)
    .executeTakeFirst();
  return numDeletedRows === 1n;
}

export async function upsertLink(tx: Tx, userId: string, tokenHash: Buffer, expiresAt: number): Promise<void> {
  const values = { token_hash: tokenHash, expires_at: expiresAt };
  await tx
    .$extendTables<Tables>()
    .insertInto('password_links')
    .values({ user_id: userId, ...values })
    .onConflict((conflict) => conflict.column('user_id').doUpdateSet(values))
    .execute();
}

export async function selectLink(db: Db, tokenHash: Buffer, now: number): Promise<string | undefined> {
  const row = await db
    .$extendTables<Tables>()
    .selectFrom('password_links')
    .select('user_id')
    .where('token_hash', '=', tokenHash)
    .where('expires_at', '>', now)
    .executeTakeFirst();
  return row?.user_id;
}

/** Takes a link away and answers whether it was there and still good: the one statement that spends it. */
export async function takeLink(tx: Tx, tokenHash: Buffer, now: number): Promise<boolean> {
  const { numDeletedRows } = await tx
    .$extendTables<Tables>()
    .deleteFrom('password_links')
    .where('token_hash', '=', tokenHash)
    .where('expires_at', '>', now)
    .executeTakeFirst();
  return numDeletedRows === 1n;
}

export async function deleteLink(tx: Tx, userId: string): Promise<void> {
  await tx.$extendTables<Tables>().deleteFrom('password_links').where('user_id', '=', userId).execute();
}

export async function deleteLinks(tx: Tx): Promise<number> {
  const { numDeletedRows } = await tx.$extendTables<Tables>().deleteFrom('password_links').executeTakeFirst();
  return Number(numDeletedRows);
}

export async function deleteExpiredLinks(tx: Tx, now: number): Promise<'more' | undefined> {
  return deleteExpired(tx, { table: 'password_links', key: 'user_id' }, now);
}
