import type { Tx } from '../../database/database.ts';
import { type Row, signRecord, signRegister } from './form.ts';
import type { Keys } from './keys.ts';
import {
  deleteRecord,
  deleteRows,
  type StoredRecord,
  selectDue,
  selectRecords,
  selectRegister,
  type Takeable,
  updateRecord,
  updateRegister,
} from './store.ts';
import { createWalk } from './walk.ts';

/** Rows taken in one transaction: few enough that nobody notices the wait. */
const mostRows = 500;

/**
 * Takes the oldest rows, those written before `before`, and moves the checkpoint of each chain behind them. They are
 * checked a last time, and what did not fit is remembered under the signature. Only rows that somebody answers for are
 * taken, those of a chain whose record fits and those older than all chains: what was put in beside them stays to be
 * found, and so do the rows of a chain whose record was changed or whose key is not held, because nobody could sign
 * where it goes on. Answers `more` where more may be due.
 */
export async function cutChains(tx: Tx, keys: Keys, before: number, now: number): Promise<'more' | undefined> {
  const records = new Map((await selectRecords(tx)).map((record) => [record.number, record]));
  const fit = [...records.values()].filter((record) => keys.fits(record)).map(({ number }) => number);
  const takeable: Takeable = { fit, since: await sinceOf(tx, keys, records.size) };
  const due = await selectDue(tx, takeable, { before, now, limit: mostRows });
  const last = due.at(-1);
  if (!last) return undefined;
  for (const [number, rows] of Map.groupBy(due, ({ chain }) => chain)) {
    const record = number === null ? undefined : records.get(number);
    if (record) records.set(record.number, await moveCheckpoint(tx, keys, record, rows));
  }
  await deleteRows(tx, takeable, last.sequence);
  await dropChains(tx, keys, [...records.values()]);
  return due.length === mostRows ? 'more' : undefined;
}

/** The sequence before which rows need no chain: behind all of them while no chain was begun, none where nobody can say. */
async function sinceOf(tx: Tx, keys: Keys, recorded: number): Promise<number> {
  const register = await selectRegister(tx);
  if (!register || !keys.fitsRegister(register, recorded)) return 0;
  return register.since ?? Number.MAX_SAFE_INTEGER;
}

async function moveCheckpoint(tx: Tx, keys: Keys, record: StoredRecord, rows: Row[]): Promise<StoredRecord> {
  const walk = createWalk(keys.ofRows(record), record);
  const flaws = record.flaws + rows.filter((row) => walk.take(row) !== undefined).length;
  const { link: cut, mac: cut_mac } = walk.position();
  const moved = { ...record, cut, cut_mac, flaws };
  const change = { cut, cut_mac, flaws, mac: signRecord(keys.held(record.key_id), moved) };
  await updateRecord(tx, record.number, change);
  return { ...record, ...change };
}

/**
 * Forgets the oldest chains of which no row is left; the register remembers where those that are left begin. One that
 * remembers rows which did not fit is kept, and those behind it: else whoever makes rows look due would be rid of both.
 */
async function dropChains(tx: Tx, keys: Keys, records: readonly StoredRecord[]): Promise<void> {
  const register = await selectRegister(tx);
  const own = keys.of(register?.key_id ?? null);
  if (!register || !own || !keys.fitsRegister(register, records.length)) return;
  let { first } = register;
  for (const record of records) {
    const isOver = record.cut === record.length && record.flaws === 0 && keys.fits(record);
    if (record.number !== first || !isOver || first === register.last) break;
    await deleteRecord(tx, first);
    first += 1;
  }
  if (first === register.first) return;
  const moved = { first, last: register.last, since: register.since, key_id: register.key_id };
  await updateRegister(tx, { ...moved, mac: signRegister(own, moved) });
}
