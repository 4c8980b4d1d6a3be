import assert from 'node:assert/strict';
import type { Database, Tx } from '../../src/database/database.ts';
import { openEngine } from '../../src/database/open.ts';
import { createTurns } from '../../src/database/turns.ts';
import { onDatabase } from './on-database.ts';

/** What becomes of a transaction: `in doubt`, nobody is told which, since the connection is lost at its end. */
export const fates = ['kept', 'undone', 'kept in doubt', 'undone in doubt'] as const;
export type Fate = (typeof fates)[number];

/** Runs a transaction that ends so; one that fails, as it then must, is nothing to whoever runs it. */
export type RunSo = (fate: Fate, work: (tx: Tx) => Promise<void>) => Promise<void>;

/** Runs a story on a migrated database, some of whose transactions end as nobody would have them. */
export const onFates = (story: (database: Database, so: RunSo) => Promise<void>): Promise<void> =>
  onDatabase(async (database, place) => {
    const engine = await openEngine(place);
    let next: Fate = 'kept';
    const lost = (): never => {
      throw new Error('Connection terminated unexpectedly');
    };
    const write = async <T>(work: (tx: Tx) => Promise<T>, waitMs: number): Promise<T> => {
      const done = await engine.write(async (tx) => {
        const result = await work(tx);
        return next === 'undone in doubt' ? lost() : result;
      }, waitMs);
      return next === 'kept in doubt' ? lost() : done;
    };
    const { transaction } = createTurns({ ...engine, write });
    const so: RunSo = async (fate, work) => {
      next = fate;
      const running = transaction(async (tx) => {
        await work(tx);
        if (fate === 'undone') throw new Error('undone');
      });
      await (fate === 'kept' ? running : assert.rejects(running));
    };
    try {
      await story(database, so);
    } finally {
      await engine.close();
    }
  });
