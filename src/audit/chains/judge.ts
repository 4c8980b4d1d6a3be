import type { Row } from './form.ts';
import type { Keys } from './keys.ts';
import type { StoredRecord, StoredRegister } from './store.ts';
import { createWalk, type Finding } from './walk.ts';

/** What a look at the whole log has found. */
export interface Verdict {
  /** Rows that are there. */
  rows: number;
  /** Those of them that are older than the chains: nothing tells whether they were changed. */
  older: number;
  /** The sequence of the first row that was put into a chain. */
  since: number | null;
  chains: number;
  /** Rows that retention has taken. */
  cut: number;
  /** What is not as it was written: the first hundred. */
  findings: Finding[];
  /** How many there are. */
  count: number;
}

const mostFindings = 100;

/** Judges a log from its register, the records of its chains, and all its rows, one after another in their order. */
export function createJudge(keys: Keys, register: StoredRegister | undefined, records: readonly StoredRecord[]) {
  const walks = new Map(
    records.map((record) => {
      const own = keys.of(record.key_id);
      return [record.number, { record, unchecked: 0, walk: own && createWalk(own, record) }];
    }),
  );
  const cut = records.reduce((sum, record) => sum + record.cut, 0);
  const verdict: Verdict = {
    rows: 0,
    older: 0,
    since: register?.since ?? null,
    chains: records.length,
    cut,
    findings: [],
    count: 0,
  };
  const note = (finding: Finding | undefined): void => {
    if (!finding) return;
    verdict.count += 1;
    if (verdict.findings.length < mostFindings) verdict.findings.push(finding);
  };
  const since = register?.since ?? Number.POSITIVE_INFINITY;
  for (const finding of judgeRegister(keys, register, records)) note(finding);
  for (const record of records) note(judgeRecord(keys, record));

  return {
    take(row: Row): void {
      const { chain, sequence } = row;
      verdict.rows += 1;
      if (chain === null && sequence > 0 && sequence < since) {
        verdict.older += 1;
        return;
      }
      const entry = chain === null ? undefined : walks.get(chain);
      if (!entry) note({ kind: 'misplaced', sequence, sentence: `Row ${sequence} ${stray(chain)}: it was put in.` });
      else if (entry.walk) note(entry.walk.take(row));
      else entry.unchecked += 1;
    },

    end(): Verdict {
      for (const { record, walk, unchecked } of walks.values()) note(walk ? walk.end() : noKey(record, unchecked));
      return verdict;
    },
  };
}

function stray(chain: number | null): string {
  return chain === null
    ? 'belongs to no chain, though every row behind the first of a chain does'
    : `says that it belongs to chain ${chain}, of which there is no record`;
}

function* judgeRegister(
  keys: Keys,
  register: StoredRegister | undefined,
  records: readonly StoredRecord[],
): Generator<Finding> {
  if (!register) {
    yield { kind: 'missing', sentence: 'The register of the chains is missing.' };
    return;
  }
  if (!keys.fitsRegister(register, records.length)) {
    yield register.key_id !== null && !keys.of(register.key_id)
      ? { kind: 'unchecked', sentence: `The register of the chains cannot be checked: ${absent(register.key_id)}.` }
      : { kind: 'changed', sentence: 'The register of the chains was changed.' };
    return;
  }
  const numbers = new Set(records.map(({ number }) => number));
  for (let chain = register.first; chain <= register.last; chain += 1) {
    if (!numbers.has(chain)) yield { kind: 'missing', chain, sentence: `The record of chain ${chain} is missing.` };
  }
  for (const chain of numbers) {
    if (chain >= register.first && chain <= register.last) continue;
    const sentence = `Chain ${chain} is not one of those that the register has, ${register.first} to ${register.last}.`;
    yield { kind: 'misplaced', chain, sentence };
  }
}

/** What the record itself tells; its rows are judged apart from it. */
function judgeRecord(keys: Keys, record: StoredRecord): Finding | undefined {
  const { number: chain, flaws } = record;
  if (!keys.of(record.key_id)) return undefined;
  if (!keys.fits(record)) return { kind: 'changed', chain, sentence: `The record of chain ${chain} was changed.` };
  if (flaws === 0) return undefined;
  const sentence = `Of the ${record.cut} oldest rows of chain ${chain}, which were due to go and are gone, ${flaws} did not fit when they went.`;
  return { kind: 'changed', chain, sentence };
}

function noKey({ number: chain, key_id }: StoredRecord, rows: number): Finding {
  return { kind: 'unchecked', chain, sentence: `Chain ${chain} (rows: ${rows}) cannot be checked: ${absent(key_id)}.` };
}

function absent(keyId: string): string {
  return `the key file does not hold the key "${keyId}", with which it was signed; put it back into the file`;
}
