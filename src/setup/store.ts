import type { Db, Tx } from '../database/database.ts';

type Tables = {
  setup_links: { only: number; token_hash: Buffer; expires_at: number };
};

/** Puts the one link there is in place of the last. */
export async function upsertSetupLink(tx: Tx, tokenHash: Buffer, expiresAt: number): Promise<void> {
  const values = { token_hash: tokenHash, expires_at: expiresAt };
  await tx
    .$extendTables<Tables>()
    .insertInto('setup_links')
    .values({ only: 1, ...values })
    .onConflict((conflict) => conflict.column('only').doUpdateSet(values))
    .execute();
}

export async function selectSetupLink(db: Db, tokenHash: Buffer, now: number): Promise<boolean> {
  const row = await db
    .$extendTables<Tables>()
    .selectFrom('setup_links')
    .select('only')
    .where('token_hash', '=', tokenHash)
    .where('expires_at', '>', now)
    .executeTakeFirst();
  return row !== undefined;
}

/** Whether there is a link that is still good, whichever. */
export async function selectAnySetupLink(db: Db, now: number): Promise<boolean> {
  const row = await db
    .$extendTables<Tables>()
    .selectFrom('setup_links')
    .select('only')
    .where('expires_at', '>', now)
    .executeTakeFirst();
  return row !== undefined;
}

export async function deleteSetupLink(tx: Tx): Promise<number> {
  const { numDeletedRows } = await tx.$extendTables<Tables>().deleteFrom('setup_links').executeTakeFirst();
  return Number(numDeletedRows);
}

export async function deleteExpiredSetupLinks(tx: Tx, now: number): Promise<void> {
  await tx.$extendTables<Tables>().deleteFrom('setup_links').where('expires_at', '<=', now).execute();
}

/** Takes the link away and answers whether it was this one and still good: the one statement that spends it. */
export async function takeSetupLink(tx: Tx, tokenHash: Buffer, now: number): Promise<boolean> {
  const { numDeletedRows } = await tx
    .$extendTables<Tables>()
    .deleteFrom('setup_links')
    .where('token_hash', '=', tokenHash)
    .where('expires_at', '>', now)
    .executeTakeFirst();
  return numDeletedRows === 1n;
}
