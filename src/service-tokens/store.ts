import type { Db, Tx } from '../database/database.ts';

interface Row {
  id: string;
  token_hash: Buffer;
  name: string;
  created_by: string;
  created_at: number;
  expires_at: number;
  last_used_at: number | null;
}

type Tables = {
  service_tokens: Row;
};

/** One token as stored; what it is known by, never the token. */
export interface ServiceTokenInfo {
  id: string;
  name: string;
  /** Id of the administrator who made it. */
  createdBy: string;
  createdAt: number;
  expiresAt: number;
  lastUsedAt: number | undefined;
}

const columns = ['id', 'name', 'created_by', 'created_at', 'expires_at', 'last_used_at'] as const;

const asInfo = (row: Omit<Row, 'token_hash'>): ServiceTokenInfo => ({
  id: row.id,
  name: row.name,
  createdBy: row.created_by,
  createdAt: row.created_at,
  expiresAt: row.expires_at,
  lastUsedAt: row.last_used_at ?? undefined,
});

export async function insertServiceToken(tx: Tx, token: ServiceTokenInfo, tokenHash: Buffer): Promise<void> {
  await tx
    .$extendTables<Tables>()
    .insertInto('service_tokens')
    .values({
      id: token.id,
      token_hash: tokenHash,
      name: token.name,
      created_by: token.createdBy,
      created_at: token.createdAt,
      expires_at: token.expiresAt,
      last_used_at: null,
    })
    .execute();
}

/** The token of a hash or an id, unless it has expired. */
export async function selectServiceToken(
  db: Db,
  by: { tokenHash: Buffer } | { id: string },
  now: number,
): Promise<ServiceTokenInfo | undefined> {
  const all = db
    .$extendTables<Tables>()
    .selectFrom('service_tokens')
    .select([...columns])
    .where('expires_at', '>', now);
  const one = 'id' in by ? all.where('id', '=', by.id) : all.where('token_hash', '=', by.tokenHash);
  const row = await one.executeTakeFirst();
  return row && asInfo(row);
}

/** Every token that has not expired, in the order of their names. */
export async function selectServiceTokens(db: Db, now: number): Promise<ServiceTokenInfo[]> {
  const rows = await db
    .$extendTables<Tables>()
    .selectFrom('service_tokens')
    .select([...columns])
    .where('expires_at', '>', now)
    .orderBy('name')
    .execute();
  return rows.map(asInfo);
}

export async function updateLastUsed(tx: Tx, id: string, now: number): Promise<void> {
  await tx
    .$extendTables<Tables>()
    .updateTable('service_tokens')
    .set({ last_used_at: now })
    .where('id', '=', id)
    .execute();
}

/** Lets tokens that were made after a moment have been made at it, with as long a life, and used no later. */
export async function backdateServiceTokens(tx: Tx, now: number): Promise<void> {
  const db = tx.$extendTables<Tables>();
  await db
    .updateTable('service_tokens')
    .set(({ eb, ref }) => ({
      expires_at: eb(eb(ref('expires_at'), '-', ref('created_at')), '+', now),
      created_at: now,
    }))
    .where('created_at', '>', now)
    .execute();
  await db.updateTable('service_tokens').set({ last_used_at: now }).where('last_used_at', '>', now).execute();
}

export async function deleteServiceToken(tx: Tx, id: string): Promise<void> {
  await tx.$extendTables<Tables>().deleteFrom('service_tokens').where('id', '=', id).execute();
}

/** Deletes every token, and answers how many that were. */
export async function deleteAllServiceTokens(tx: Tx): Promise<number> {
  const { numDeletedRows } = await tx.$extendTables<Tables>().deleteFrom('service_tokens').executeTakeFirst();
  return Number(numDeletedRows);
}

export async function deleteExpiredServiceTokens(tx: Tx, now: number): Promise<void> {
  await tx.$extendTables<Tables>().deleteFrom('service_tokens').where('expires_at', '<=', now).execute();
}
