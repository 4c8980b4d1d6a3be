import type { Sealer } from '../../seal.ts';
import {
  type ChainKeys,
  type ChainRecord,
  type Register,
  type Signed,
  same,
  signRecord,
  signRegister,
} from './form.ts';

export type AuditSealer = Pick<Sealer, 'activeKeyId' | 'deriveFrom'>;

export type Keys = ReturnType<typeof createKeys>;

/** The keys that sign the log, by the ids of the key file; derived once each. */
export function createKeys(sealer: AuditSealer) {
  const derived = new Map<string, ChainKeys>();

  /** The keys of this id, or nothing where the key file does not hold it. */
  const of = (id: string | null): ChainKeys | undefined => {
    if (id === null) return undefined;
    const known = derived.get(id);
    if (known) return known;
    const [rows, records, register] = ['audit rows', 'audit chains', 'audit register'].map((purpose) =>
      sealer.deriveFrom(id, purpose),
    );
    if (!rows || !records || !register) return undefined;
    const keys = { rows, records, register };
    derived.set(id, keys);
    return keys;
  };

  return {
    of,

    /** The id of the key that signs what is begun now. */
    activeId: () => sealer.activeKeyId(),

    /** The keys of an id that has been active, so that they are there. */
    held(id: string): ChainKeys {
      const keys = of(id);
      if (!keys) throw new Error(`the key "${id}" is not held`);
      return keys;
    },

    /** The keys that the rows of a chain were signed with, or nothing where the key file does not hold that one. */
    ofRows: (record: ChainRecord) => of(record.lost_key_id ?? record.key_id),

    /** Whether a record is as it was signed. */
    fits(record: ChainRecord & Signed): boolean {
      const keys = of(record.key_id);
      return keys !== undefined && same(signRecord(keys, record), record.mac);
    },

    /** Whether the register is as it was signed, or, where no chain is recorded, has never been needed. */
    fitsRegister(register: Register & { mac: Uint8Array | null }, recorded: number): boolean {
      if (recorded === 0 && isUntouched(register)) return true;
      const keys = of(register.key_id);
      return keys !== undefined && same(signRegister(keys, register), register.mac);
    },
  };
}

/** Whether the register is as the migration made it: nothing in it that could be signed with the first chain. */
function isUntouched({ first, last, since, key_id, mac }: Register & { mac: Uint8Array | null }): boolean {
  return first === 1 && last === 0 && since === null && key_id === null && mac === null;
}
