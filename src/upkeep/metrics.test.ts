import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createMetrics } from './metrics.ts';

test('what is told in milliseconds is shown in seconds, in the buckets that it belongs to', async () => {
  const { watch, text } = await createMetrics();
  watch.database.read(1500);
  watch.database.read(0.1);
  const shown = await text();
  for (const line of [
    'bucket{le="0.0001"} 1',
    'bucket{le="1"} 1',
    'bucket{le="2.5"} 2',
    'bucket{le="+Inf"} 2',
    'sum 1.5001',
    'count 2',
  ])
    assert.ok(shown.includes(`countersign_read_duration_seconds_${line}\n`), line);
});

test('a check is timed until there is an answer, whether it is good or bad', async (t) => {
  let now = 1000;
  t.mock.method(performance, 'now', () => now);
  const { timeChecks, text } = await createMetrics();
  const shows = async (line: string): Promise<void> =>
    assert.match(await text(), new RegExp(`^countersign_check_duration_seconds_${line}$`, 'm'));
  let answer = (_found: undefined): void => undefined;
  let fail = (_error: Error): void => undefined;
  const check = timeChecks(
    () =>
      new Promise((resolve, reject) => {
        answer = resolve;
        fail = reject;
      }),
  );
  const first = check('token', 1);
  now += 3000;
  await shows('count 0');
  answer(undefined);
  assert.equal(await first, undefined);
  await shows('sum 3');
  const second = check('token', 1);
  now += 2000;
  fail(new Error('away'));
  await assert.rejects(second, /away/);
  await shows('sum 5');
  await shows('count 2');
});
