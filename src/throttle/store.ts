import { sql } from 'kysely';
import { deleteExpired, statement, type Tx } from '../database/database.ts';
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

const byKeys = statement((db, given: { keys: readonly Buffer[] }) =>
  db.$extendTables<Tables>().selectFrom('budgets').selectAll().where('key', 'in', given.keys),
);

const upsert = statement((db, given: { rows: Tables['budgets'][] }) =>
  db
    .$extendTables<Tables>()
    .insertInto('budgets')
    .values(given.rows)
    .onConflict((conflict) =>
      conflict.column('key').doUpdateSet(({ ref }) => ({
        charged: ref('excluded.charged'),
        awaiting: ref('excluded.awaiting'),
        awaiting_until: ref('excluded.awaiting_until'),
        blocked_until: ref('excluded.blocked_until'),
        expires_at: ref('excluded.expires_at'),
      })),
    ),
);

const deleteByKeys = statement((db, given: { keys: readonly Buffer[] }) =>
  db.$extendTables<Tables>().deleteFrom('budgets').where('key', 'in', given.keys),
);

/** The budgets of these keys that there are, by their keys in hex. */
export async function selectBudgets(tx: Tx, keys: readonly Buffer[]): Promise<Map<string, Budget>> {
  const rows = keys.length === 0 ? [] : await byKeys.all(tx, { keys });
  return new Map(
    rows.map((row) => [
      Buffer.from(row.key).toString('hex'),
      {
        charged: row.charged,
        awaiting: row.awaiting,
        awaitingUntil: row.awaiting_until,
        blockedUntil: row.blocked_until,
        expiresAt: row.expires_at,
      },
    ]),
  );
}

/** Writes budgets, no two of one key; `kept` stays what it was where there is one already. */
export async function upsertBudgets(
  tx: Tx,
  budgets: readonly { key: Buffer; kept: boolean; budget: Budget }[],
): Promise<void> {
  const rows = budgets.map(({ key, kept, budget }) => ({
    key,
    kept: kept ? 1 : 0,
    charged: budget.charged,
    awaiting: budget.awaiting,
    awaiting_until: budget.awaitingUntil,
    blocked_until: budget.blockedUntil,
    expires_at: budget.expiresAt,
  }));
  if (rows.length > 0) await upsert.run(tx, { rows });
}

export async function deleteBudgets(tx: Tx, keys: readonly Buffer[]): Promise<void> {
  if (keys.length > 0) await deleteByKeys.run(tx, { keys });
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

export async function deleteExpiredBudgets(tx: Tx, now: number): Promise<'more' | undefined> {
  return deleteExpired(tx, { table: 'budgets', key: 'key' }, now, sql`kept = 0 and blocked_until <= ${now}`);
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
