import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as turnOfLoop } from 'node:timers/promises';
import { Problem } from '../http/http.ts';
import { type Asker, createPool } from './pool.ts';

const stranger = (network: string): Asker => ({ network, known: false });
const known = (network: string): Asker => ({ network, known: true });

/** A pool of one place, taken, before which some wait: each by the letter of its network, a capital where it is known. */
function crowd(queue: number, letters = '') {
  const pool = createPool(1, queue);
  const done: string[] = [];
  const turnedAway: string[] = [];
  let go = (): void => undefined;
  const first = pool.add(stranger('first'), () => new Promise<void>((resolve) => (go = resolve)));
  const all: Promise<unknown>[] = [first];
  const come = (more: string, then = (): void => undefined): void => {
    for (const letter of more) {
      const asker = letter === letter.toUpperCase() ? known(letter.toLowerCase()) : stranger(letter);
      const work = pool.add(asker, async () => {
        done.push(letter);
        then();
      });
      all.push(
        work.catch((error) => {
          assert.ok(error instanceof Problem);
          assert.deepEqual([error.code, error.particulars.retryAfter], ['busy', 2]);
          turnedAway.push(letter);
        }),
      );
    }
  };
  come(letters);
  return {
    pool,
    come,
    /** Lets all of them go, and answers who had a turn in which order, and who was turned away. */
    async leave(): Promise<{ done: string; turnedAway: string }> {
      go();
      for (const each of all) await each;
      assert.deepEqual(pool.load(), { running: 0, waiting: 0 });
      return { done: done.join(''), turnedAway: turnedAway.join('') };
    },
  };
}

test('no more work runs than there is room for, the next ones wait in line', async () => {
  const pool = createPool(2, 3);
  const held: (() => void)[] = [];
  let running = 0;
  let most = 0;
  const all = Array.from({ length: 5 }, () =>
    pool.add(stranger('a'), async () => {
      running += 1;
      most = Math.max(most, running);
      await new Promise<void>((go) => held.push(go));
      running -= 1;
    }),
  );
  assert.deepEqual(pool.load(), { running: 2, waiting: 3 });
  for (const left of [2, 1, 0, 0, 0]) {
    await turnOfLoop();
    held.shift()?.();
    await turnOfLoop();
    assert.equal(pool.load().waiting, left);
  }
  await Promise.all(all);
  assert.deepEqual([most, pool.load()], [2, { running: 0, waiting: 0 }]);
});

test('work that fails gives its place to the next', async () => {
  const pool = createPool(1, 1);
  const broken = pool.add(stranger('a'), async () => {
    await turnOfLoop();
    throw new Error('out of memory');
  });
  const next = pool.add(stranger('a'), async () => 'done');
  await assert.rejects(broken, /out of memory/);
  assert.equal(await next, 'done');
  assert.deepEqual(pool.load(), { running: 0, waiting: 0 });
});

test('those of one network go in the order in which they came', async () => {
  const { leave } = crowd(3, 'aaa');
  assert.deepEqual(await leave(), { done: 'aaa', turnedAway: '' });
});

test('networks take turns, so that whoever comes alone waits for one of each other network at most', async () => {
  assert.equal((await crowd(9, 'aaaabbc').leave()).done, 'abcabaa');
  assert.equal((await crowd(9, 'aaaaaaab').leave()).done, 'abaaaaaa');
});

test('nobody who comes later overtakes the next of a network that has had a turn', async () => {
  const { come, leave } = crowd(9, 'aa');
  come('b', () => come('cd'));
  assert.equal((await leave()).done, 'abacd');
});

test('known browsers go first, and their networks take turns too', async () => {
  assert.equal((await crowd(9, 'abA').leave()).done, 'Aab');
  assert.equal((await crowd(9, 'AAB').leave()).done, 'ABA');
});

test('known browsers do not shut out the others: each fourth place goes to these', async () => {
  assert.equal((await crowd(20, 'abcAAAAAAAA').leave()).done, 'AAAaAAAbAAc');
});

test('when the line is full, who comes from the network that fills it is turned away, at once', async () => {
  const { pool, come, leave } = crowd(4, 'aaaa');
  come('a');
  await turnOfLoop();
  assert.equal(pool.load().waiting, 4);
  assert.deepEqual(await leave(), { done: 'aaaa', turnedAway: 'a' });
});

test('when the line is full, the last of the network that fills it makes room for one who comes from elsewhere', async () => {
  const { pool, come, leave } = crowd(4, 'aaaa');
  come('b');
  await turnOfLoop();
  assert.equal(pool.load().waiting, 4);
  assert.deepEqual(await leave(), { done: 'abaa', turnedAway: 'a' });
});

test('a network gains no more places than it leaves to the other', async () => {
  const { come, leave } = crowd(4, 'aaaa');
  come('bbbbb');
  assert.deepEqual(await leave(), { done: 'abab', turnedAway: 'aabbb' });
});

test('where nobody holds more than one place, nobody makes room for a stranger', async () => {
  const { come, leave } = crowd(3, 'abc');
  come('d');
  assert.deepEqual(await leave(), { done: 'abc', turnedAway: 'd' });
});

test('a known browser gets in however many networks fill the line, one for each network', async () => {
  const { come, leave } = crowd(3, 'abc');
  come('DDE');
  assert.deepEqual(await leave(), { done: 'DEa', turnedAway: 'cDb' });
});

test('known browsers of one network that fill the line make room as others do', async () => {
  const { come, leave } = crowd(4, 'AAAA');
  come('bCc');
  assert.deepEqual(await leave(), { done: 'ACbc', turnedAway: 'AAA' });
});

test('a line filled by known browsers alone, each of its own network, turns away the next', async () => {
  const { come, leave } = crowd(2, 'AB');
  come('C');
  assert.deepEqual(await leave(), { done: 'AB', turnedAway: 'C' });
});
