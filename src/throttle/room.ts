import type { Tx } from '../database/database.ts';
import { countBudgets, evictBudgets } from './store.ts';

/** After so many new keys the table is counted again: other instances make keys too. */
const countedEvery = 1000;

/** Whether there is room for one more key, made where there is none by taking away the rows that tell least. */
export function createRoom(rows: number) {
  let left = 0;
  return async (tx: Tx, now: number): Promise<boolean> => {
    if (left > 0) {
      left -= 1;
      return true;
    }
    let free = rows - (await countBudgets(tx));
    if (free <= 0) {
      await evictBudgets(tx, now, Math.ceil(rows / 100));
      free = rows - (await countBudgets(tx));
    }
    left = Math.min(free, countedEvery) - 1;
    return free > 0;
  };
}
