import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createPool } from './pool.ts';
import { watchedPool } from './watched-pool.ts';

const asker = { network: 'a', known: false };

test('who waits, who keeps a place and who is turned away are told of, each for as long as it was', async (t) => {
  let now = 1000;
  t.mock.method(performance, 'now', () => now);
  const told: (string | number)[][] = [];
  const pool = watchedPool(createPool(1, 1), {
    refused: () => told.push(['refused']),
    waited: (ms) => told.push(['waited', ms]),
    took: (ms) => told.push(['took', ms]),
  });
  let leave = (): void => undefined;
  const first = pool.add(asker, () => new Promise<void>((resolve) => (leave = resolve)));
  const second = pool.add(asker, () => Promise.reject(new Error('no hash')));
  assert.deepEqual([told, pool.load()], [[['waited', 0]], { running: 1, waiting: 1 }]);
  assert.throws(() => pool.mustHaveRoom(asker), /busy/);
  await assert.rejects(
    pool.add(asker, async () => undefined),
    /busy/,
  );
  assert.deepEqual(told.splice(0), [['waited', 0], ['refused'], ['refused']]);
  now += 40;
  leave();
  await first;
  await assert.rejects(second, /no hash/);
  assert.deepEqual(
    told.sort(),
    [
      ['took', 40],
      ['waited', 40],
      ['took', 0],
    ].sort(),
  );
});
