import type { Asker, Pool } from './pool.ts';

/** Is told what becomes of those who ask for a hash. All times are in ms. */
export interface HashWatch {
  /** One was turned away. */
  refused(): void;
  /** One had its turn after so long, which is nothing where there was a place. */
  waited(ms: number): void;
  /** It kept its place for so long. */
  took(ms: number): void;
}

/** The same pool, which tells what goes on in it. */
export function watchedPool(pool: Pool, watch: HashWatch): Pool {
  return {
    ...pool,

    mustHaveRoom(asker) {
      try {
        pool.mustHaveRoom(asker);
      } catch (error) {
        watch.refused();
        throw error;
      }
    },

    async add<T>(asker: Asker, work: () => Promise<T>): Promise<T> {
      const came = performance.now();
      let begun: number | undefined;
      try {
        return await pool.add(asker, () => {
          begun = performance.now();
          watch.waited(begun - came);
          return work();
        });
      } finally {
        if (begun === undefined) watch.refused();
        else watch.took(performance.now() - begun);
      }
    },
  };
}
