import { numbersEnd, type Tx, wasKept } from '../../database/database.ts';
import { macOf, noMac, type Row, same, signRecord, signRegister } from './form.ts';
import type { Keys } from './keys.ts';
import {
  insertRecord,
  insertRow,
  lengthenChain,
  type StoredRecord,
  type StoredRegister,
  selectNextSequence,
  selectRecords,
  selectRegister,
  updateRecord,
  updateRegister,
} from './store.ts';

/** What a row tells, before it is a link of a chain. */
export type Unsigned = Omit<Row, 'sequence' | 'chain' | 'link' | 'mac'>;

/** Where a chain ended when a transaction had written to it. */
interface End {
  tx: Tx;
  length: number;
  head: Uint8Array;
}

/** The chain that this process writes. */
interface Own {
  number: number;
  keyId: string;
  /** What was written last; undone with its transaction unless that has ended well. */
  last: End;
  /** What was written by the one before it that has; nothing while the chain itself may be undone. */
  kept: End | undefined;
  /** The chain before it, which is the own one again if this one is undone. */
  before: Own | undefined;
}

type Lengthened = StoredRecord & { sequence: number };

/**
 * Writes rows, each as the next link of this process's chain, which begins with its first row and again when another
 * key becomes active. What does not fit is never signed: where somebody has changed the record of the chain, or put an
 * older copy of it back, it stays as it is, for `verify` to find, and another chain begins.
 */
export function createLedger(keys: Keys) {
  let own: Own | undefined;

  /** Where this process knows its chain to end, as `tx` must find it. */
  const knownEnd = (tx: Tx): End | undefined => {
    if (own?.last.tx === tx) return own.last;
    if (own && wasKept(own.last.tx)) own = { ...own, kept: own.last, before: undefined };
    if (own?.kept === undefined) own = own?.before;
    return own?.kept;
  };

  /** The own chain made one longer; nothing where it must not be gone on with. */
  const goOn = async (tx: Tx): Promise<Lengthened | undefined> => {
    const known = knownEnd(tx);
    if (!own || !known || own.keyId !== keys.activeId()) return undefined;
    const found = await lengthenChain(tx, own.number);
    if (!found) return undefined;
    const isOwn = found.length - 1 === known.length && same(Buffer.from(known.head), found.head);
    return isOwn && keys.fits({ ...found, length: found.length - 1 }) ? found : undefined;
  };

  /**
   * The last number that is not to be given again. Where the own chain is not as it was left, the number behind it is
   * left out: the record that is missing then can be made by nobody, while that of the chain could be put back.
   */
  const lastTaken = (tx: Tx, records: readonly StoredRecord[], good: StoredRegister | undefined): number => {
    const there = knownEnd(tx) && own;
    const wasForgotten = there && good && there.number < good.first;
    const left = wasForgotten ? undefined : there;
    // The number of a record that nobody has signed is anybody's, and counts only where nothing else is there to count.
    const counts = (record: StoredRecord): boolean =>
      keys.fits(record) || (!good && !keys.of(record.key_id) && record.number < numbersEnd);
    const known = records.reduce((last, record) => (counts(record) ? Math.max(last, record.number) : last), 0);
    const last = Math.max(good?.last ?? 0, known, left?.number ?? 0);
    return left?.keyId === keys.activeId() ? last + 1 : last;
  };

  const begin = async (tx: Tx, at: number): Promise<Lengthened> => {
    const id = keys.activeId();
    const active = keys.held(id);
    const register = await selectRegister(tx);
    const records = await selectRecords(tx);
    const good = register && keys.fitsRegister(register, records.length) ? register : undefined;
    const number = firstFree(records, lastTaken(tx, records, good) + 1);
    if (good) {
      const since = good.since ?? (await selectNextSequence(tx));
      const next = { first: good.first, last: number, since, key_id: id };
      await updateRegister(tx, { ...next, mac: signRegister(active, next) });
    }
    const empty = { length: 0, head: noMac, cut: 0, cut_mac: noMac, flaws: 0 };
    const record = { number, key_id: id, lost_key_id: null, started_at: at, ...empty };
    await insertRecord(tx, { ...record, mac: signRecord(active, record) });
    own = { number, keyId: id, last: { tx, length: 0, head: noMac }, kept: undefined, before: own?.kept && own };
    const begun = await lengthenChain(tx, number);
    if (!begun) throw new Error(`audit chain ${number} was begun and is not there`);
    return begun;
  };

  return {
    /** Writes a row in the transaction of what it tells of: three statements, the first of which locks the chain. */
    async append(tx: Tx, content: Unsigned): Promise<void> {
      const { sequence, mac: _, ...record } = (await goOn(tx)) ?? (await begin(tx, content.at));
      // By the key that the chain began with.
      const signing = keys.held(record.key_id);
      const row = { ...content, sequence, chain: record.number, link: record.length };
      const mac = macOf(signing, record.head, row);
      await insertRow(tx, { ...row, mac });
      await updateRecord(tx, record.number, { head: mac, mac: signRecord(signing, { ...record, head: mac }) });
      if (own) own.last = { tx, length: record.length, head: mac };
    },
  };
}

/** The first number from `from` on that no record has, whoever has put it there. */
function firstFree(records: readonly StoredRecord[], from: number): number {
  const taken = new Set(records.map(({ number }) => number));
  let number = from;
  while (taken.has(number)) number += 1;
  return number;
}
