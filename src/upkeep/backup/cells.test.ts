import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type Columns, createChecksum, lineOf, rowOf } from './cells.ts';

const columns: Columns = { hash: 'bytes', id: 'text', made: 'number' };
const cell = <T>(kind: fc.Arbitrary<T>) => fc.option(kind, { nil: null });
const row = fc.record({
  hash: cell(fc.uint8Array()),
  id: cell(fc.string({ unit: 'binary' })),
  made: cell(fc.maxSafeInteger()),
});

test('whatever a row holds, its line gives it back, and a line is one line', () => {
  fc.assert(
    fc.property(row, (given) => {
      const line = lineOf('users', columns, given);
      const back = rowOf('users', columns, line);
      assert.ok(!line.includes('\n'));
      const { hash, ...others } = back;
      assert.deepEqual(others, { id: given.id, made: given.made === null ? null : given.made + 0 });
      assert.deepEqual(hash && new Uint8Array(hash as Uint8Array), given.hash);
    }),
  );
});

test('a cell that is none of its column has no line, and a line with one gives no row', () => {
  for (const made of ['1', 1.5, 2 ** 53, Number.POSITIVE_INFINITY, new Uint8Array(1), true])
    assert.throws(
      () => lineOf('users', columns, { hash: null, id: '', made }),
      /^BackupError: Column "made" of table "users"/,
    );
  for (const id of [1, new Uint8Array(1)])
    assert.throws(() => lineOf('users', columns, { hash: null, id, made: 1 }), /^BackupError: Column "id"/);
  for (const hash of ['text', 1])
    assert.throws(() => lineOf('users', columns, { hash, id: '', made: 1 }), /^BackupError: Column "hash"/);
  for (const line of ['{}', '[]', '[null,null]', '[1,"",1]', '["","",1.5]', '["",1,1]', '["",{},1]', '["","",1,1]'])
    assert.throws(() => rowOf('users', columns, line), /^BackupError: A line of table "users" is no row/, line);
});

test('two tables have the same sum whatever the order of their rows, and another one when a row differs or is there twice', () => {
  const sumOf = (lines: readonly string[]) => {
    const checksum = createChecksum();
    for (const line of lines) checksum.add(line);
    return checksum.result();
  };
  assert.deepEqual(sumOf([]), { rows: 0, sum: '0'.repeat(64) });
  assert.deepEqual(sumOf(['a', 'b', 'c']), sumOf(['c', 'a', 'b']));
  assert.match(sumOf(['a', 'b', 'c']).sum, /^[\da-f]{64}$/);
  const sums = [
    ['a', 'b'],
    ['a', 'c'],
    ['a', 'b', 'b'],
    ['a', 'a', 'b'],
    ['a', 'b', 'c', 'c'],
  ].map((lines) => sumOf(lines).sum);
  assert.equal(new Set(sums).size, sums.length);
});
