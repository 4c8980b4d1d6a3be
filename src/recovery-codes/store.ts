import { type Db, statement, type Tx } from '../database/database.ts';

type Tables = {
  recovery_codes: { user_id: string; code_hash: Buffer };
};

export async function replaceCodes(tx: Tx, userId: string, hashes: readonly Buffer[]): Promise<void> {
  const db = tx.$extendTables<Tables>();
  await db.deleteFrom('recovery_codes').where('user_id', '=', userId).execute();
  if (hashes.length === 0) return;
  await db
    .insertInto('recovery_codes')
    .values(hashes.map((code_hash) => ({ user_id: userId, code_hash })))
    .execute();
}

/** Deletes every code of everybody, and answers how many that were. */
export async function deleteAllCodes(tx: Tx): Promise<number> {
  const { numDeletedRows } = await tx.$extendTables<Tables>().deleteFrom('recovery_codes').executeTakeFirst();
  return Number(numDeletedRows);
}

export async function countCodes(db: Db, userId: string): Promise<number> {
  const { left } = await db
    .$extendTables<Tables>()
    .selectFrom('recovery_codes')
    .select(({ fn }) => fn.countAll<number>().as('left'))
    .where('user_id', '=', userId)
    .executeTakeFirstOrThrow();
  return Number(left);
}

const take = statement((db, given: { userId: string; hash: Buffer }) =>
  db
    .$extendTables<Tables>()
    .deleteFrom('recovery_codes')
    .where('user_id', '=', given.userId)
    .where('code_hash', '=', given.hash),
);

/** Takes a code away and answers whether it was there: the one statement that spends it. */
export async function takeCode(tx: Tx, userId: string, hash: Buffer): Promise<boolean> {
  return (await take.run(tx, { userId, hash })) === 1;
}
