import type { Db } from '../database/database.ts';
import { selectParameters } from './store.ts';

/**
 * With which parameters hashes are made now and were made before, as far as any of these is still stored. Each
 * verification runs one hash of every such set, so that time does not tell whose password was hashed anew already.
 */
export function createParametersInUse(present: string) {
  let inUse = [present];
  return {
    /** The sets, in one order for everybody. `own` is one just met, which another instance may have stored meanwhile. */
    all(own: string | undefined): readonly string[] {
      if (own !== undefined && !inUse.includes(own)) inUse = [...inUse, own].toSorted();
      return inUse;
    },

    /** Reads what is stored: sets that nobody has any more cost nothing from then on. */
    async read(db: Db): Promise<void> {
      const stored = await selectParameters(db);
      inUse = [...new Set([present, ...stored])].toSorted();
    },
  };
}
