import assert from 'node:assert/strict';
import { test } from 'node:test';
import { watchLoop } from './event-loop.ts';

test('it tells at each look how late that comes, from its beginning to its end', (t) => {
  t.mock.timers.enable({ apis: ['setInterval'] });
  let now = 5000;
  t.mock.method(performance, 'now', () => now);
  const told: number[] = [];
  const loop = watchLoop((ms) => told.push(ms));
  const look = (afterMs: number): void => {
    now += afterMs;
    t.mock.timers.tick(100);
  };
  look(100);
  assert.deepEqual(told, [], 'not begun');
  loop.begin();
  look(100);
  look(100 + 500);
  look(100);
  // As timers may: what is early is not late.
  look(99);
  look(100 + 0.5);
  assert.deepEqual(told, [0, 500, 0, 0, 0.5]);
  loop.end();
  look(100);
  assert.equal(told.length, 5);
});
