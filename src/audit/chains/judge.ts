import type { Row } from './form.ts';
import type { Keys } from './keys.ts';
import type { StoredRecord, StoredRegister, Unnumbered } from './store.ts';
import { createWalk, type Fault } from './walk.ts';

/** What a look at the whole log has found. */
export interface Report {
  /** Rows that are there. */
  rows: number;
  /** Those of them that are older than the chains: nothing tells whether they were changed. */
  older: number;
  /** The sequence of the first row that was put into a chain. */
  since: number | null;
  chains: number;
  /** What rests on a key that was lost, and the rows of it that are there: nothing tells whether they were changed. */
  lost: { chains: number; rows: number };
  /** Rows that retention has taken. */
  cut: number;
  /** What is not as it was written: the first hundred. */
  faults: Fault[];
  /** How many there are. */
  count: number;
}

/** How many faults are told. */
export const mostFaults = 100;

/** Judges a log from its register, the records of its chains, and all its rows, one after another in their order. */
export function createJudge(keys: Keys, register: StoredRegister | undefined, records: readonly StoredRecord[]) {
  const walks = new Map(
    records.map((record) => {
      const own = keys.of(record.key_id);
      const signer = keys.ofRows(record);
      return [record.number, { record, rows: 0, walk: own && createWalk(signer, record), isLost: own && !signer }];
    }),
  );
  const cut = records.reduce((sum, record) => sum + (keys.fits(record) ? record.cut : 0), 0);
  const report: Report = {
    rows: 0,
    older: 0,
    since: register?.since ?? null,
    chains: records.length,
    lost: { chains: 0, rows: 0 },
    cut,
    faults: [],
    count: 0,
  };
  const note = (fault: Fault | undefined): void => {
    if (!fault) return;
    report.count += 1;
    if (report.faults.length < mostFaults) report.faults.push(fault);
  };
  const since = register?.since ?? Number.POSITIVE_INFINITY;
  for (const fault of judgeRegister(keys, register, records)) note(fault);
  for (const record of records) note(judgeRecord(keys, record));

  let anyChained = false;

  return {
    /** Judges what has a number that none can have, and is not among the records and rows. */
    takeUnnumbered({ sequences, chains, count }: Unnumbered): void {
      report.rows += sequences.length;
      for (const each of sequences)
        note({
          kind: 'misplaced',
          sentence: `A row has the sequence ${each}, which no row can have: it was put in or moved.`,
        });
      for (const each of chains)
        note({
          kind: 'misplaced',
          sentence: `A record is of chain ${each}, which no chain can be: it was put in or moved.`,
        });
      if (count === undefined) return;
      note({ kind: 'changed', sentence: `The count from which rows are numbered was changed: it is ${count}.` });
    },

    take(row: Row): void {
      const { chain, sequence } = row;
      report.rows += 1;
      if (chain === null && sequence > 0 && sequence < since && !anyChained) {
        report.older += 1;
        return;
      }
      if (chain !== null && !anyChained) note(judgeSince(sequence, register));
      anyChained ||= chain !== null;
      const entry = chain === null ? undefined : walks.get(chain);
      if (!entry) {
        note({ kind: 'misplaced', sequence, sentence: `Row ${sequence} ${stray(chain)}: it was put in.` });
        return;
      }
      entry.rows += 1;
      note(entry.walk?.take(row));
    },

    end(): Report {
      for (const { record, rows, walk, isLost } of walks.values()) {
        note(walk ? walk.end() : noKey(record, rows));
        if (!isLost) continue;
        report.lost.chains += 1;
        report.lost.rows += rows;
      }
      return report;
    },
  };
}

function stray(chain: number | null): string {
  return chain === null
    ? 'belongs to no chain, though every row behind the first of a chain does'
    : `says that it belongs to chain ${chain}, of which there is no record`;
}

/** What the first row of a chain tells of where the register has the chains begin. */
function judgeSince(sequence: number, register: StoredRegister | undefined): Fault | undefined {
  const since = register?.since ?? null;
  if (since === null || sequence >= since) return undefined;
  const sentence = `Row ${sequence} belongs to a chain, though the register has the first such row at ${since}: what counts as older than the chains was changed.`;
  return { kind: 'changed', sequence, sentence };
}

function* judgeRegister(
  keys: Keys,
  register: StoredRegister | undefined,
  records: readonly StoredRecord[],
): Generator<Fault> {
  const signed = records.filter((record) => keys.fits(record)).map(({ number }) => number);
  if (!register) {
    yield { kind: 'missing', sentence: 'The register of the chains is missing.' };
    yield* gaps(signed, signed[0], signed.at(-1));
    return;
  }
  if (!keys.fitsRegister(register, records.length)) {
    yield register.key_id !== null && !keys.of(register.key_id)
      ? { kind: 'unchecked', sentence: `The register of the chains cannot be checked: ${absent(register.key_id)}.` }
      : { kind: 'changed', sentence: 'The register of the chains was changed.' };
    // Nothing tells which chains there were, but those that are signed tell of the ones between them.
    yield* gaps(signed, signed[0], signed.at(-1));
    return;
  }
  const numbers = records.map(({ number }) => number);
  yield* gaps(numbers, register.first, register.last);
  for (const chain of numbers) {
    if (chain >= register.first && chain <= register.last) continue;
    const sentence = `Chain ${chain} is not one of those that the register has, ${register.first} to ${register.last}.`;
    yield { kind: 'misplaced', chain, sentence };
  }
}

/** The chains from `first` to `last` that are not among these numbers, which rise. */
function* gaps(numbers: readonly number[], first = 1, last = 0): Generator<Fault> {
  let next = first;
  for (const number of [...numbers.filter((each) => each >= first && each <= last), last + 1]) {
    if (number - next > mostFaults) {
      const sentence = `The records of chains ${next} to ${number - 1} are missing.`;
      yield { kind: 'missing', chain: next, sentence };
      next = number;
    }
    for (; next < number; next += 1)
      yield { kind: 'missing', chain: next, sentence: `The record of chain ${next} is missing.` };
    next = number + 1;
  }
}

/** What the record itself tells; its rows are judged apart from it. */
function judgeRecord(keys: Keys, record: StoredRecord): Fault | undefined {
  const { number: chain, flaws } = record;
  if (!keys.of(record.key_id)) return undefined;
  if (!keys.fits(record)) return { kind: 'changed', chain, sentence: `The record of chain ${chain} was changed.` };
  if (flaws === 0) return undefined;
  const sentence = `Of the ${record.cut} oldest rows of chain ${chain}, which were due to go and are gone, ${flaws} did not fit when they went.`;
  return { kind: 'changed', chain, sentence };
}

function noKey({ number: chain, key_id }: StoredRecord, rows: number): Fault {
  return { kind: 'unchecked', chain, sentence: `Chain ${chain} (rows: ${rows}) cannot be checked: ${absent(key_id)}.` };
}

function absent(keyId: string): string {
  return `the key file does not hold the key "${keyId}", with which it was signed; put it back into the file`;
}
