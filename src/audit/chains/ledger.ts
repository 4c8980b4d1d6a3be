import type { Tx } from '../../database/database.ts';
import { macOf, noMac, type Row, sealRecord, sealRegister } from './form.ts';
import type { Keys } from './keys.ts';
import {
  insertRecord,
  insertRow,
  lengthenChain,
  type StoredRecord,
  selectEnds,
  selectRegister,
  updateRecord,
  updateRegister,
} from './store.ts';

/** The chain that this process writes. */
interface Own {
  number: number;
  keyId: string;
  /** The transaction that began it: until it has ended well, the chain may be undone with it. */
  begunIn: Tx | undefined;
}

/**
 * Writes rows, each as the next link of this process's chain, which begins with its first row and again when another
 * key becomes active. What does not fit is never signed: where somebody has changed the record of the chain, it stays as
 * it is, for `verify` to find, and another chain begins.
 */
export function createLedger(keys: Keys) {
  let own: Own | undefined;

  /** The own chain made one longer; nothing where it must not be gone on with. */
  const goOn = async (tx: Tx): Promise<(StoredRecord & { sequence: number }) | undefined> => {
    if (own?.keyId !== keys.activeId()) return undefined;
    const found = await lengthenChain(tx, own.number);
    if (found && own.begunIn !== tx) own.begunIn = undefined;
    return found && keys.fits({ ...found, length: found.length - 1 }) ? found : undefined;
  };

  const begin = async (tx: Tx, at: number): Promise<StoredRecord & { sequence: number }> => {
    const id = keys.activeId();
    const active = keys.held(id);
    // A chain that was kept and is gone leaves a gap, though whoever took it away has wound the register back.
    const left = own && own.begunIn === undefined ? own.number : 0;
    const register = await selectRegister(tx);
    const ends = await selectEnds(tx);
    const good = register && keys.fitsRegister(register, ends.number) ? register : undefined;
    const number = Math.max(good?.last ?? 0, ends.number, left) + 1;
    if (good) {
      const next = { first: good.first, last: number, since: good.since ?? ends.sequence, key_id: id };
      await updateRegister(tx, { ...next, seal: sealRegister(active, next) });
    }
    const empty = { length: 0, head: noMac, cut: 0, cut_mac: noMac, flaws: 0 };
    const record = { number, key_id: id, started_at: at, ...empty };
    await insertRecord(tx, { ...record, seal: sealRecord(active, record) });
    own = { number, keyId: id, begunIn: tx };
    const begun = await lengthenChain(tx, number);
    if (!begun) throw new Error(`audit chain ${number} was begun and is not there`);
    return begun;
  };

  return {
    /** Writes a row in the transaction of what it tells of: three statements, the first of which locks the chain. */
    async append(tx: Tx, content: Omit<Row, 'sequence' | 'chain' | 'link' | 'mac'>): Promise<void> {
      const { sequence, seal: _, ...record } = (await goOn(tx)) ?? (await begin(tx, content.at));
      // By the key that the chain began with, though another one may have become active in the last millisecond.
      const signing = keys.held(record.key_id);
      const row = { ...content, sequence, chain: record.number, link: record.length };
      const mac = macOf(signing, record.head, row);
      await insertRow(tx, { ...row, mac });
      await updateRecord(tx, record.number, { head: mac, seal: sealRecord(signing, { ...record, head: mac }) });
    },
  };
}
