import type { Tx } from '../../database/database.ts';
import { signRecord, signRegister } from './form.ts';
import type { Keys } from './keys.ts';
import { selectRecords, selectRegister, updateRecord, updateRegister } from './store.ts';

/**
 * Lets the active key go on where a key was lost for ever: it signs the register and the records of the chains of that
 * key as they stand, and no row. Nothing tells whether those were changed before; from now on what is taken out, put in
 * or moved is found again, chains can be cut, and each chain says that its rows rest on a lost key.
 */
export async function takeOver(tx: Tx, keys: Keys, lostId: string): Promise<void> {
  const key_id = keys.activeId();
  const active = keys.held(key_id);
  const register = await selectRegister(tx);
  if (register?.key_id === lostId) {
    const { first, last, since } = register;
    const taken = { first, last, since, key_id };
    await updateRegister(tx, { ...taken, mac: signRegister(active, taken) });
  }
  for (const { mac: _, ...record } of await selectRecords(tx)) {
    if (record.key_id !== lostId) continue;
    const taken = { ...record, key_id, lost_key_id: record.lost_key_id ?? lostId };
    await updateRecord(tx, record.number, { ...taken, mac: signRecord(active, taken) });
  }
}
