import type { Db, Tx } from '../../database/database.ts';

/** One stretch of the history of a database: from its making, or from when it was put back, to the next time. */
export interface StoredGeneration {
  /** Counted from 1. */
  number: number;
  /** Random: of two copies that go on apart, each has its own from then on. */
  id: string;
  started_at: number;
  /** Why it began; what is `restored` may not be served before somebody accepts it. */
  reason: 'new' | 'restored' | 'accepted';
  /** The newest row of the audit log that a mark was made of; nothing where none is kept. */
  marked: number | null;
  /** When an instance that serves has last held a mark against it; nothing before that. */
  renewed_at: number | null;
}

type Tables = { generations: StoredGeneration };

/** The whole history, the oldest first. */
export async function selectGenerations(db: Db): Promise<StoredGeneration[]> {
  return db.$extendTables<Tables>().selectFrom('generations').selectAll().orderBy('number').execute();
}

export async function insertGeneration(tx: Tx, generation: StoredGeneration): Promise<void> {
  await tx.$extendTables<Tables>().insertInto('generations').values(generation).execute();
}

/** Notes when an instance that serves has held a mark against it. */
export async function updateRenewed(tx: Tx, number: number, renewedAt: number): Promise<void> {
  await tx
    .$extendTables<Tables>()
    .updateTable('generations')
    .set({ renewed_at: renewedAt })
    .where('number', '=', number)
    .execute();
}

/** Notes that a mark was made of a row, unless one was made of a newer one. */
export async function updateMarked(tx: Tx, number: number, marked: number): Promise<void> {
  await tx
    .$extendTables<Tables>()
    .updateTable('generations')
    .set({ marked })
    .where('number', '=', number)
    .where((row) => row.or([row('marked', 'is', null), row('marked', '<', marked)]))
    .execute();
}
