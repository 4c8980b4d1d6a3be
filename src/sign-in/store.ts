import type { Db, Tx } from '../database/database.ts';

interface Row {
  id: string;
  token_hash: Buffer;
  user_id: string;
  /** The client's, as the throttle tells networks apart; or `browser:` and the id of one that the account knows. */
  network: string;
  /** What the verdict on the password rests on, see `judgedBy`. */
  judged: string;
  return_to: string;
  created_at: number;
  expires_at: number;
  late_step: number | null;
  late_by: number | null;
}

type Tables = { half_sign_ins: Row };

export async function insertHalfSignIn(tx: Tx, row: Omit<Row, 'late_step' | 'late_by'>): Promise<void> {
  await tx
    .$extendTables<Tables>()
    .insertInto('half_sign_ins')
    .values({ ...row, late_step: null, late_by: null })
    .execute();
}

export async function selectHalfSignIn(
  db: Db,
  by: { token_hash: Buffer } | { id: string },
  now: number,
): Promise<Row | undefined> {
  const all = db.$extendTables<Tables>().selectFrom('half_sign_ins').selectAll().where('expires_at', '>', now);
  return 'id' in by
    ? all.where('id', '=', by.id).executeTakeFirst()
    : all.where('token_hash', '=', by.token_hash).executeTakeFirst();
}

/** Takes a half sign-in away and answers whether it was there: of two that finish it, one does. */
export async function takeHalfSignIn(tx: Tx, id: string): Promise<boolean> {
  const { numDeletedRows } = await tx
    .$extendTables<Tables>()
    .deleteFrom('half_sign_ins')
    .where('id', '=', id)
    .executeTakeFirst();
  return numDeletedRows === 1n;
}

/** Deletes an account's half sign-ins from one network but the newest `kept`. */
export async function deleteOldHalfSignIns(
  tx: Tx,
  { userId, network }: { userId: string; network: string },
  kept: number,
): Promise<void> {
  const rows = await tx
    .$extendTables<Tables>()
    .selectFrom('half_sign_ins')
    .select('id')
    .where('user_id', '=', userId)
    .where('network', '=', network)
    .orderBy('created_at', 'desc')
    .orderBy('id')
    .execute();
  for (const { id } of rows.slice(kept)) await takeHalfSignIn(tx, id);
}

export async function deleteHalfSignIns(tx: Tx, userId: string): Promise<void> {
  await tx.$extendTables<Tables>().deleteFrom('half_sign_ins').where('user_id', '=', userId).execute();
}

export async function updateLate(tx: Tx, id: string, late: { step: number; by: number }): Promise<void> {
  await tx
    .$extendTables<Tables>()
    .updateTable('half_sign_ins')
    .set({ late_step: late.step, late_by: late.by })
    .where('id', '=', id)
    .execute();
}

export async function deleteExpiredHalfSignIns(tx: Tx, now: number): Promise<void> {
  await tx.$extendTables<Tables>().deleteFrom('half_sign_ins').where('expires_at', '<=', now).execute();
}

export async function deleteAllHalfSignIns(tx: Tx): Promise<void> {
  await tx.$extendTables<Tables>().deleteFrom('half_sign_ins').execute();
}
