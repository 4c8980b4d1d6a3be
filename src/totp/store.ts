import { type Db, deleteExpired, statement, type Tx } from '../database/database.ts';

interface Bound {
  user_id: string;
  id: string;
  secret: Buffer;
  bound_at: number;
  /** The session that put it in force. */
  bound_by: string;
  shown: number;
  proved_at: number | null;
  last_step: number;
}

interface Waiting {
  session_id: string;
  user_id: string;
  id: string;
  secret: Buffer;
  expires_at: number;
}

type Tables = {
  authenticators: Bound;
  pending_authenticators: Waiting;
};

/** What an account's facts have of its authenticator, for one question about all of them; see `sign-in/store.ts`. */
export const authenticatorsForFacts = (db: Db) =>
  db.$extendTables<Tables>().selectFrom('authenticators').select(['user_id', 'id', 'bound_by', 'proved_at']);

const ofUser = statement((db, given: { userId: string }) =>
  db.$extendTables<Tables>().selectFrom('authenticators').selectAll().where('user_id', '=', given.userId),
);

export async function selectBound(db: Db, userId: string): Promise<Bound | undefined> {
  return ofUser.first(db, { userId });
}

export async function selectPending(db: Db, sessionId: string): Promise<Waiting | undefined> {
  return db
    .$extendTables<Tables>()
    .selectFrom('pending_authenticators')
    .selectAll()
    .where('session_id', '=', sessionId)
    .executeTakeFirst();
}

/** Puts an authenticator in force; where there was one, this same statement takes its place. */
export async function upsertBound(tx: Tx, row: Bound): Promise<void> {
  const { user_id, ...rest } = row;
  await tx
    .$extendTables<Tables>()
    .insertInto('authenticators')
    .values({ user_id, ...rest })
    .onConflict((conflict) => conflict.column('user_id').doUpdateSet(rest))
    .execute();
}

const advance = statement((db, given: { userId: string; id: string; step: number }) =>
  db
    .$extendTables<Tables>()
    .updateTable('authenticators')
    .set({ last_step: given.step })
    .where('user_id', '=', given.userId)
    .where('id', '=', given.id)
    .where('last_step', '<', given.step),
);

/** Spends a step: true for exactly one caller, and never for a step that is not newer than the last. */
export async function advanceStep(tx: Tx, userId: string, id: string, step: number): Promise<boolean> {
  return (await advance.run(tx, { userId, id, step })) === 1;
}

const prove = statement((db, given: { userId: string; now: number }) =>
  db
    .$extendTables<Tables>()
    .updateTable('authenticators')
    .set({ proved_at: given.now, shown: 1 })
    .where('user_id', '=', given.userId)
    .where('proved_at', 'is', null),
);

export async function updateProved(tx: Tx, userId: string, now: number): Promise<boolean> {
  return (await prove.run(tx, { userId, now })) === 1;
}

export async function updateShown(tx: Tx, userId: string): Promise<void> {
  await tx
    .$extendTables<Tables>()
    .updateTable('authenticators')
    .set({ shown: 1 })
    .where('user_id', '=', userId)
    .execute();
}

export async function deleteBound(tx: Tx, userId: string): Promise<void> {
  await tx.$extendTables<Tables>().deleteFrom('authenticators').where('user_id', '=', userId).execute();
}

export async function insertPending(tx: Tx, row: Waiting): Promise<void> {
  const db = tx.$extendTables<Tables>();
  await db.deleteFrom('pending_authenticators').where('session_id', '=', row.session_id).execute();
  await db.insertInto('pending_authenticators').values(row).execute();
}

/** Deletes every pending secret of an account. */
export async function deletePending(tx: Tx, userId: string): Promise<void> {
  await tx.$extendTables<Tables>().deleteFrom('pending_authenticators').where('user_id', '=', userId).execute();
}

export async function deleteExpiredPending(tx: Tx, now: number): Promise<'more' | undefined> {
  return deleteExpired(tx, { table: 'pending_authenticators', key: 'session_id' }, now);
}

/** Raises every spent step that is lower, and answers how many that were. */
export async function raiseSteps(tx: Tx, lowest: number): Promise<number> {
  const { numUpdatedRows } = await tx
    .$extendTables<Tables>()
    .updateTable('authenticators')
    .set({ last_step: lowest })
    .where('last_step', '<', lowest)
    .executeTakeFirst();
  return Number(numUpdatedRows);
}

/** Lowers every spent step that is higher, and answers how many that were. */
export async function lowerSteps(tx: Tx, highest: number): Promise<number> {
  const { numUpdatedRows } = await tx
    .$extendTables<Tables>()
    .updateTable('authenticators')
    .set({ last_step: highest })
    .where('last_step', '>', highest)
    .executeTakeFirst();
  return Number(numUpdatedRows);
}
