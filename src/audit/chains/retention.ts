import type { Tx } from '../../database/database.ts';
import { type ChainKeys, type Row, sealRecord, sealRegister } from './form.ts';
import type { Keys } from './keys.ts';
import {
  deleteRecord,
  deleteRows,
  type StoredRecord,
  selectChunk,
  selectRecords,
  selectRegister,
  updateRecord,
  updateRegister,
} from './store.ts';
import { createWalk } from './walk.ts';

/** Rows taken in one transaction: few enough that nobody notices the wait. */
const mostRows = 500;

/**
 * Takes the oldest rows, those written before `before`, and moves the checkpoint of each chain behind them. They are
 * checked a last time: what did not fit is remembered under the seal, so that taking rows hides nothing. A chain whose
 * record was changed, or whose key is not held, keeps its rows: nobody could sign where it goes on. Answers `more` where
 * more may be due.
 */
export async function cutChains(tx: Tx, keys: Keys, before: number, now: number): Promise<'more' | undefined> {
  const records = new Map((await selectRecords(tx)).map((record) => [record.number, record]));
  const kept = [...records.values()].filter((record) => !keys.fits(record)).map(({ number }) => number);
  const due = dueRows(await selectChunk(tx, undefined, mostRows, kept), before, now);
  const last = due.at(-1);
  if (!last) return undefined;
  for (const [number, rows] of Map.groupBy(due, ({ chain }) => chain)) {
    const record = records.get(number ?? 0);
    if (record) records.set(record.number, await moveCheckpoint(tx, keys.held(record.key_id), record, rows));
  }
  await deleteRows(tx, last.sequence, kept);
  await dropChains(tx, keys, [...records.values()]);
  return due.length === mostRows ? 'more' : undefined;
}

/** The rows at the beginning that are old enough. One from a clock that ran ahead goes with an old one behind it. */
function dueRows(chunk: readonly Row[], before: number, now: number): readonly Row[] {
  const young = chunk.findIndex(({ at }) => at >= before && at <= now);
  const upTo = young < 0 ? chunk : chunk.slice(0, young);
  return upTo.slice(0, upTo.findLastIndex(({ at }) => at < before) + 1);
}

async function moveCheckpoint(tx: Tx, own: ChainKeys, record: StoredRecord, rows: Row[]): Promise<StoredRecord> {
  const walk = createWalk(own, record);
  const flaws = record.flaws + rows.filter((row) => walk.take(row) !== undefined).length;
  const { link: cut, mac: cut_mac } = walk.position();
  const { seal: _, ...moved } = { ...record, cut, cut_mac, flaws };
  const change = { cut, cut_mac, flaws, seal: sealRecord(own, moved) };
  await updateRecord(tx, record.number, change);
  return { ...record, ...change };
}

/** Forgets the oldest chains of which no row is left; the register remembers where those that are left begin. */
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
  await updateRegister(tx, { ...moved, seal: sealRegister(own, moved) });
}
