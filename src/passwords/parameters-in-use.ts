import type { Db } from '../database/database.ts';
import { selectParameters } from './store.ts';

/**
 * With which parameters hashes are made now, and with which those were made that are still stored. Each verification
 * runs one hash of every such set, so that time does not tell whose password was hashed anew already.
 */
export function createParametersInUse(present: string) {
  let inUse = [present];
  return {
    /**
     * The sets, in one order for everybody, and from now on `own` among them: one just met, which another instance may
     * have stored meanwhile.
     */
    including(own: string | undefined): readonly string[] {
      if (own !== undefined && !inUse.includes(own)) inUse = [...inUse, own].toSorted();
      return inUse;
    },

    /** Reads what is stored: sets that no stored hash was made with cost nothing from then on. */
    async read(db: Db): Promise<void> {
      const stored = await selectParameters(db);
      inUse = [...new Set([present, ...stored.filter(isSet)])].toSorted();
    },
  };
}

/** Whether a text says parameters, in the form of `parametersOf`: one broken row must not stop everybody. */
function isSet(text: string): boolean {
  return /^m=\d{1,7},t=\d{1,2},p=1$/.test(text);
}
