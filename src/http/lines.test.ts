import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as turnOfLoop } from 'node:timers/promises';
import { byTurn } from './lines.ts';

type Done = (error: NodeJS.ErrnoException | null, written: number) => void;

/** A reader who takes what is written when the test says so. */
function slowReader() {
  const taken: string[] = [];
  const calls: { bytes: Buffer; done: Done }[] = [];
  const lines = byTurn({
    write: (bytes, done) => calls.push({ bytes, done }),
    writeSync: (bytes) => {
      taken.push(bytes.toString());
      return bytes.length;
    },
  });
  return {
    lines,
    taken,
    calls: () => calls.length,
    take(count?: number): void {
      const { bytes, done } = calls.shift() ?? assert.fail('nothing is being written');
      taken.push(bytes.subarray(0, count).toString());
      done(null, count ?? bytes.length);
    },
    fail(code: string): void {
      const { done } = calls.shift() ?? assert.fail('nothing is being written');
      done(Object.assign(new Error(code), { code }), 0);
    },
  };
}

test('the lines of one turn of the event loop are written behind it, at once and in their order', async () => {
  const { lines, taken, calls, take } = slowReader();
  lines.write('one\n');
  await Promise.resolve();
  lines.write('two\n');
  assert.equal(calls(), 0);
  await turnOfLoop();
  take();
  assert.deepEqual(taken, ['one\ntwo\n']);
});

test('what comes while the last call is under way waits for it, and what that has left over comes first', async () => {
  const { lines, taken, calls, take } = slowReader();
  lines.write('one\n');
  await turnOfLoop();
  lines.write('two\n');
  await turnOfLoop();
  assert.equal(calls(), 1);
  take(2);
  take();
  take();
  assert.equal(taken.join(''), 'one\ntwo\n');
});

test('for a reader who has stopped only so much waits; what was lost is told of once he reads again', async () => {
  const { lines, taken, calls, take } = slowReader();
  const line = `${'x'.repeat(999)}\n`;
  for (let count = 0; count < 3000; count += 1) {
    lines.write(line);
    if (count === 0) await turnOfLoop();
  }
  while (calls() > 0) take();
  const [told, ...others] = taken
    .join('')
    .split('\n')
    .filter((each) => each[0] !== 'x' && each !== '');
  assert.match(told ?? '', /^\{"level":40,.*"msg":"Lines of this log were lost/);
  assert.deepEqual(others, []);
  assert.ok(taken.join('').length < 2_000_000);
});

test('a disk that is full loses lines, and ends nothing', async () => {
  const { lines, taken, fail, take, calls } = slowReader();
  lines.write('one\n');
  await turnOfLoop();
  fail('ENOSPC');
  lines.write('two\n');
  await turnOfLoop();
  while (calls() > 0) take();
  assert.match(taken.join(''), /^two\n\{.*were lost/);
});

test('a line of which a part was lost spoils no other one', async () => {
  const { lines, taken, fail, take, calls } = slowReader();
  lines.write('one\n');
  await turnOfLoop();
  take(2);
  fail('ENOSPC');
  lines.write('two\n');
  await turnOfLoop();
  while (calls() > 0) take();
  assert.match(taken.join(''), /^on\n(two\n)?/);
  assert.ok(taken.join('').split('\n').includes('two'));
});

test('a reader who comes after one who has gone is told that lines were lost', async () => {
  const { lines, taken, fail, take, calls } = slowReader();
  lines.write('one\n');
  await turnOfLoop();
  fail('EPIPE');
  lines.write('two\n');
  await turnOfLoop();
  take();
  while (calls() > 0) take();
  assert.match(taken.join(''), /^two\n\{.*were lost/);
});

test('what a slow reader has not taken yet is written first when the process ends', async () => {
  const { lines, taken, fail } = slowReader();
  lines.write('one\n');
  await turnOfLoop();
  fail('EAGAIN');
  lines.write('two\n');
  lines.flushSync();
  assert.deepEqual(taken, ['one\ntwo\n']);
});

test('what waits is written at once when the process ends', async () => {
  const { lines, taken, calls } = slowReader();
  lines.write('one\n');
  lines.flushSync();
  assert.deepEqual(taken, ['one\n']);
  await turnOfLoop();
  assert.equal(calls(), 0);
});
