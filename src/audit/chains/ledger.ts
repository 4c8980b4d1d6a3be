import { mayBeKept, numbersEnd, type Tx, wasKept } from '../../database/database.ts';
import { macOf, noMac, type Row, signRecord, signRegister } from './form.ts';
import type { Keys } from './keys.ts';
import {
  type End,
  insertRecord,
  insertRow,
  lengthenChain,
  type StoredRecord,
  type StoredRegister,
  selectNextSequence,
  selectRecords,
  selectRegister,
  updateHead,
  updateRegister,
} from './store.ts';

/** What a row tells, before it is a link of a chain. */
export type Unsigned = Omit<Row, 'sequence' | 'chain' | 'link' | 'mac'>;

/** The chain that this process writes. */
interface Own {
  number: number;
  keyId: string;
  /**
   * Where it may end but for the last transaction: where the last one left it that has ended well, then where each later
   * one did that is in doubt, because only the word that it was kept may have been lost.
   */
  ends: readonly End[];
  /** Where the last transaction that wrote to it has left it. */
  last: End & { tx: Tx };
  /** Whether a transaction has ended well since it was begun. Else it may have been undone. */
  isKept: boolean;
  /** The chain before it, which this process has left; the own one again if this one was undone. */
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

  /** A chain made one longer, where it ends as this process may have left it; nothing where it must not be gone on with. */
  const lengthen = async (tx: Tx, chain: Own): Promise<Lengthened | undefined> => {
    const { number, keyId, last } = chain;
    const ends = endsFor(tx, chain);
    if (keyId !== keys.activeId() || ends.length === 0) return undefined;
    const found = await lengthenChain(tx, number, ends);
    if (!found || !keys.fits({ ...found, length: found.length - 1 })) return undefined;
    const here = { length: found.length - 1, head: found.head };
    // What was to come behind it was undone.
    const left = [...ends.filter(({ length }) => length < here.length), here];
    if (last.tx !== tx) own = { ...chain, ends: left, last: { tx, ...here } };
    return found;
  };

  /** The own chain made one longer; nothing where there is none to go on with. Those that were undone are forgotten then. */
  const goOn = async (tx: Tx): Promise<Lengthened | undefined> => {
    if (own && wasKept(own.last.tx)) own = { ...own, isKept: true, before: undefined };
    let found = own && (await lengthen(tx, own));
    while (!found && own && !own.isKept) {
      own = own.before;
      found = own && (await lengthen(tx, own));
    }
    return found;
  };

  /**
   * The last number that is not to be given again. Where the own chain is not as it was left, the number behind it is
   * left out: the record that is missing then can be made by nobody, while that of the chain could be put back.
   */
  const lastTaken = (records: readonly StoredRecord[], good: StoredRegister | undefined): number => {
    const wasForgotten = own && good && own.number < good.first;
    const left = wasForgotten ? undefined : own;
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
    const number = firstFree(records, lastTaken(records, good) + 1);
    if (good) {
      const since = good.since ?? (await selectNextSequence(tx));
      const next = { first: good.first, last: number, since, key_id: id };
      await updateRegister(tx, { ...next, mac: signRegister(active, next) });
    }
    const empty = { length: 0, head: noMac, cut: 0, cut_mac: noMac, flaws: 0 };
    const record = { number, key_id: id, lost_key_id: null, started_at: at, ...empty };
    await insertRecord(tx, { ...record, mac: signRecord(active, record) });
    const start = { length: 0, head: noMac };
    own = { number, keyId: id, ends: [], last: { tx, ...start }, isKept: false, before: own };
    const begun = await lengthenChain(tx, number, [start]);
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
      await updateHead(tx, record.number, { head: mac, mac: signRecord(signing, { ...record, head: mac }) });
      if (own) own = { ...own, last: { tx, length: record.length, head: mac } };
    },
  };
}

/** Where a transaction may find a chain to end. */
function endsFor(tx: Tx, { ends, last }: Own): readonly End[] {
  if (last.tx === tx || wasKept(last.tx)) return [last];
  return mayBeKept(last.tx) ? [...ends, last] : ends;
}

/** The first number from `from` on that no record has, whoever has put it there. */
function firstFree(records: readonly StoredRecord[], from: number): number {
  const taken = new Set(records.map(({ number }) => number));
  let number = from;
  while (taken.has(number)) number += 1;
  return number;
}
