import type { Sealer } from '../../seal.ts';
import {
  type ChainKeys,
  type ChainRecord,
  type Register,
  type Sealed,
  same,
  sealRecord,
  sealRegister,
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

    /** Whether a record is as it was sealed. */
    fits(record: ChainRecord & Sealed): boolean {
      const keys = of(record.key_id);
      return keys !== undefined && same(sealRecord(keys, record), record.seal);
    },

    /** Whether the register is as it was sealed, or, where no chain is recorded, has never been needed. */
    fitsRegister(register: Register & { seal: Uint8Array | null }, recorded: number): boolean {
      if (recorded === 0 && register.last === 0 && register.first === 1 && register.seal === null) return true;
      const keys = of(register.key_id);
      return keys !== undefined && same(sealRegister(keys, register), register.seal);
    },
  };
}
