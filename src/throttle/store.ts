import type { Tx } from '../database/database.ts';
import type { Budget } from './limits.ts';

type Tables = {
  budgets: {
    key: Buffer;
    charged: number;
    awaiting: number;
    awaiting_until: number;
    blocked_until: number;
    kept: number;
    expires_at: number;
  };
};

export async function selectBudget(tx: Tx, key: Buffer): Promise<Budget | undefined> {
  const row = await tx
    .$extendTables<Tables>()
    .selectFrom('budgets')
    .selectAll()
    .where('key', '=', key)
    .executeTakeFirst();
  if (!row) return undefined;
  return {
    charged: row.charged,
    awaiting: row.awaiting,
    awaitingUntil: row.awaiting_until,
    blockedUntil: row.blocked_until,
    expiresAt: row.expires_at,
  };
}

export async function upsertBudget(tx: Tx, key: Buffer, kept: boolean, budget: Budget): Promise<void> {
  const values = {
    charged: budget.charged,
    awaiting: budget.awaiting,
    awaiting_until: budget.awaitingUntil,
    blocked_until: budget.blockedUntil,
    expires_at: budget.expiresAt,
  };
  await tx
    .$extendTables<Tables>()
    .insertInto('budgets')
    .values({ key, kept: kept ? 1 : 0, ...values })
    .onConflict((conflict) => conflict.column('key').doUpdateSet(values))
    .execute();
}

export async function deleteBudget(tx: Tx, key: Buffer): Promise<void> {
  await tx.$extendTables<Tables>().deleteFrom('budgets').where('key', '=', key).execute();
}

export async function countBudgets(tx: Tx): Promise<number> {
  const { rows } = await tx
    .$extendTables<Tables>()
    .selectFrom('budgets')
    .select(({ fn }) => fn.countAll<number>().as('rows'))
    .executeTakeFirstOrThrow();
  return Number(rows);
}

/**
 * Deletes up to `most` rows that tell least: those that count least, so that whoever fills the table with keys pushes out
 * his own, and of these the ones that expire first; but none that delays, waits or is kept.
 */
export async function evictBudgets(tx: Tx, now: number, most: number): Promise<void> {
  const db = tx.$extendTables<Tables>();
  const least = db
    .selectFrom('budgets')
    .select('key')
    .where('kept', '=', 0)
    .where('blocked_until', '<=', now)
    .where((row) => row.or([row('awaiting', '=', 0), row('awaiting_until', '<=', now)]))
    .orderBy('charged')
    .orderBy('expires_at')
    .limit(most);
  await db.deleteFrom('budgets').where('key', 'in', least).execute();
}

export async function deleteExpiredBudgets(tx: Tx, now: number): Promise<void> {
  await tx
    .$extendTables<Tables>()
    .deleteFrom('budgets')
    .where('kept', '=', 0)
    .where('expires_at', '<=', now)
    .where('blocked_until', '<=', now)
    .execute();
}

/** Brings the times of every budget that lie beyond these down to them. */
export async function lowerTimes(
  tx: Tx,
  latest: Pick<Tables['budgets'], 'awaiting_until' | 'blocked_until' | 'expires_at'>,
): Promise<void> {
  const db = tx.$extendTables<Tables>();
  for (const column of ['awaiting_until', 'blocked_until', 'expires_at'] as const)
    await db
      .updateTable('budgets')
      .set({ [column]: latest[column] })
      .where(column, '>', latest[column])
      .execute();
}
