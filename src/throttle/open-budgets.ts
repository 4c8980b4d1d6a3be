import type { Tx } from '../database/database.ts';
import type { Budget } from './limits.ts';
import { deleteBudgets, selectBudgets, upsertBudgets } from './store.ts';

interface Entry {
  key: Buffer;
  /** Nothing where there is no such budget, or none any more. */
  budget: Budget | undefined;
  kept: boolean;
  changed: boolean;
}

/** Budgets as one transaction sees them: those of `keys` are read together, and all that were changed written together. */
export async function openBudgets(tx: Tx, keys: readonly Buffer[]) {
  const entries = new Map<string, Entry>();
  const put = (entry: Entry) => entries.set(entry.key.toString('hex'), entry);
  const read = async (some: readonly Buffer[]): Promise<void> => {
    const found = await selectBudgets(tx, some);
    for (const key of some) put({ key, budget: found.get(key.toString('hex')), kept: false, changed: false });
  };
  await read(keys);
  return {
    /** The budget of a key, also of one that was not named before. */
    async find(key: Buffer): Promise<Budget | undefined> {
      const id = key.toString('hex');
      if (!entries.has(id)) await read([key]);
      return entries.get(id)?.budget;
    },

    set: (key: Buffer, budget: Budget, kept: boolean) => put({ key, budget, kept, changed: true }),

    remove: (key: Buffer) => put({ key, budget: undefined, kept: false, changed: true }),

    async write(): Promise<void> {
      const changed = [...entries.values()].filter((entry) => entry.changed);
      await upsertBudgets(
        tx,
        changed.flatMap(({ key, budget, kept }) => (budget ? { key, budget, kept } : [])),
      );
      await deleteBudgets(
        tx,
        changed.flatMap(({ key, budget }) => (budget ? [] : key)),
      );
    },
  };
}

export type OpenBudgets = Awaited<ReturnType<typeof openBudgets>>;
