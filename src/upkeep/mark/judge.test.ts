import assert from 'node:assert/strict';
import { test } from 'node:test';
import { judgeMark } from './judge.ts';
import type { StoredGeneration } from './store.ts';

const generation = (number: number, given: Partial<StoredGeneration> = {}): StoredGeneration => {
  return {
    number,
    id: `g${number}`,
    started_at: 0,
    reason: number === 1 ? 'new' : 'accepted',
    marked: 120,
    renewed_at: null,
    ...given,
  };
};
const mark = { generation: 'g1', sequence: 120, row: 'QUJD' };
const found = { history: [generation(1)], reached: 120, row: 'QUJD', oldest: 1, vouched: false, markFile: '/m' };

const whyOf = (...args: Parameters<typeof judgeMark>): string | undefined => {
  const judged = judgeMark(...args);
  return 'why' in judged ? judged.why : undefined;
};

test('a database that is as far as its mark, or farther, is served', () => {
  assert.equal(whyOf(mark, found), undefined);
  assert.equal(whyOf(mark, { ...found, reached: 121 }), undefined);
});

test('a database that is one row behind its mark is not', () => {
  const behind = {
    history: [generation(1, { marked: 100 })],
    reached: 119,
    row: undefined,
    oldest: 1,
    vouched: false,
    markFile: '/m',
  };
  assert.match(whyOf(mark, behind) ?? '', /^This database is older .* made at row 120 .* ends at row 119\.$/);
});

test('that the row of the mark is gone because it was old does not make it look older', () => {
  for (const oldest of [undefined, 121])
    assert.equal(whyOf(mark, { ...found, reached: 121, row: undefined, oldest }), undefined);
});

test('that it is gone while older ones are there, or before it was noted, makes it one that another server never had', () => {
  const gap = { ...found, reached: 152, row: undefined };
  assert.match(whyOf(mark, gap) ?? '', /^This database lacks .* made at row 120 .* older rows and younger ones/);
  const unnoted = { ...gap, history: [generation(1, { marked: 119 })], oldest: 152 };
  assert.match(whyOf(mark, unnoted) ?? '', /^This database lacks /);
  assert.equal(whyOf({ ...mark, row: '' }, gap), undefined, 'it was gone already when the mark was made');
});

test('a copy that has come as far by itself has another row where the mark was made', () => {
  assert.match(whyOf(mark, { ...found, reached: 150, row: 'REVG' }) ?? '', /gone on from an older copy: row 120 /);
});

test('where no mark is kept, any copy is served but one that a backup has brought back', () => {
  assert.equal(whyOf('none is kept', { ...found, reached: 0 }), undefined);
  const restored = [generation(1), generation(2, { reason: 'restored' })];
  assert.match(whyOf('none is kept', { ...found, history: restored }) ?? '', /^A backup was put into this database/);
});

test('a mark of a row that was gone already does not tell it from another one', () => {
  assert.equal(whyOf({ ...mark, row: '' }, { ...found, row: 'REVG' }), undefined);
});

test('a mark that is missing is one that was never made, or it is refused', () => {
  assert.equal(whyOf(undefined, { ...found, history: [generation(1, { marked: null })] }), undefined);
  assert.match(
    whyOf(undefined, found) ?? '',
    /mark file is not there: \/m\. .*put it back, or name the right one with --mark-file .*; a further instance/,
  );
  assert.equal(whyOf(undefined, { ...found, vouched: true }), undefined, 'where another one knows it to be right');
  assert.match(
    whyOf({ ...mark, sequence: 121 }, { ...found, vouched: true }) ?? '',
    /older/,
    'who has a mark goes by it',
  );
});

test('a mark of a generation that the database does not know is of another database, or of a later time', () => {
  assert.match(whyOf({ ...mark, generation: 'g2' }, found) ?? '', /does not know the generation/);
});

test('a mark of an earlier generation is followed by the one that an operator has accepted since', () => {
  const accepted = {
    history: [generation(1), generation(2, { marked: null })],
    reached: 90,
    row: undefined,
    oldest: 1,
    vouched: false,
    markFile: '/m',
  };
  assert.equal(whyOf(mark, accepted), undefined);
  const [, second] = accepted.history;
  assert.deepEqual(judgeMark(mark, accepted), { present: second });
});

test('before the first start there is nothing to hold against a mark, but a mark of another time is refused', () => {
  const unserved = { ...found, history: [] };
  for (const given of [undefined, 'none is kept'] as const)
    assert.deepEqual(judgeMark(given, unserved), { present: undefined });
  assert.match(whyOf(mark, unserved) ?? '', /does not know the generation/);
});

test('what a backup has brought back is refused until it is accepted, with or without a mark', () => {
  const restored = { ...found, history: [generation(1), generation(2, { reason: 'restored', marked: null })] };
  for (const given of [undefined, mark, { ...mark, generation: 'g2' }])
    assert.match(whyOf(given, restored) ?? '', /^A backup was put into this database, and nobody has accepted it/);
  const accepted = { ...restored, history: [...restored.history, generation(3, { marked: null })] };
  assert.equal(whyOf(mark, accepted), undefined);
});
