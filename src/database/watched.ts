import type { Database } from './database.ts';
import { DatabaseUnavailable, type Tx } from './engine.ts';
import { watchStatements } from './sql/statement.ts';

/** Is told what goes on in a database. All times are in ms. */
export interface DatabaseWatch {
  /** A transaction waits for its turn. */
  waits(): void;
  /** It waits no longer: its turn has come, or it has given up. */
  waited(ms: number): void;
  /** From its turn on it took so long until it was kept or undone. */
  took(ms: number): void;
  /** The database could not do it. */
  failed(): void;
  /** A statement that only reads took so long; those that stand in a transaction are part of it. */
  read(ms: number): void;
}

/** From now on this database tells what goes on in it: its reads whoever asks, its transactions by what this returns. */
export function watched(database: Database, watch: DatabaseWatch): Database {
  watchStatements(database.read, watch.read);
  return {
    ...database,
    async transaction<T>(work: (tx: Tx) => Promise<T>, how?: { ahead: boolean }): Promise<T> {
      const asked = performance.now();
      let begun: number | undefined;
      // Work that is run again has waited once.
      const begin = (): void => {
        if (begun !== undefined) return;
        begun = performance.now();
        watch.waited(begun - asked);
      };
      watch.waits();
      try {
        return await database.transaction((tx) => {
          begin();
          return work(tx);
        }, how);
      } catch (error) {
        if (error instanceof DatabaseUnavailable) watch.failed();
        throw error;
      } finally {
        if (begun === undefined) watch.waited(performance.now() - asked);
        else watch.took(performance.now() - begun);
      }
    },
  };
}
