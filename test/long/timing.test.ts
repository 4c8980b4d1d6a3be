import assert from 'node:assert/strict';
import { test } from 'node:test';
import { defaultLimits } from '../../src/throttle/throttle.ts';
import { inWorld, makePerson, makePersonWithCode, type World } from '../server.ts';

/** Who exists must not show in how long the answer takes. Medians of interleaved requests, compared as ratios. */
const endless = { free: 1_000_000, firstDelay: 1, longestDelay: 1, kept: false, forgottenAfter: 60_000 };
const limits = { ...defaultLimits, password: endless, network: endless };
const rounds = 3;

test('unknown, wrong, disabled and not yet invited in take the same time', () =>
  inWorld(
    async (world) => {
      await makePerson(world, 'alice');
      await makePersonWithCode(world, 'bob');
      const gone = await makePerson(world, 'gone');
      await world.server.service.admin.change('operator', gone.id, { disabled: true });
      await world.server.users.create({ name: 'invited' });
      const kinds = {
        unknown: 'nobody:wrong password',
        'no name at all': ':wrong password',
        wrong: 'alice:wrong password',
        'wrong, with a second factor': 'bob:wrong password',
        'disabled, right': gone.basic,
        invited: 'invited:wrong password',
        'too long': `alice:${'x'.repeat(300)}`,
      };
      await alike(asProgram(world), kinds, { requests: 40, within: 1.15 });
      await alike(inBrowser(world), kinds, { requests: 40, within: 1.15 });
    },
    {},
    { limits },
  ));

test('a throttled stranger takes as long as a throttled member', () =>
  inWorld(async (world) => {
    await makePerson(world, 'alice');
    const kinds = { unknown: 'nobody:wrong password', wrong: 'alice:wrong password' };
    for (const basic of Object.values(kinds))
      for (let tries = 0; tries < 5; tries += 1) await world.call('POST', '/auth/credentials', { basic });
    await alike(asProgram(world), kinds, { requests: 300, within: 1.25 });
    await alike(inBrowser(world), kinds, { requests: 300, within: 1.25 });
  }));

type Ask = (basic: string) => Promise<unknown>;

const asProgram =
  (world: World): Ask =>
  (basic) =>
    world.call('POST', '/auth/credentials', { basic });

const inBrowser =
  (world: World): Ask =>
  (basic) => {
    const colon = basic.indexOf(':');
    const form = { username: basic.slice(0, colon), password: basic.slice(colon + 1) };
    return world.call('POST', '/sign-in', { form });
  };

/** Asks in turns, and longer where noise may have spoken: a difference in the code does not go away. */
async function alike(
  ask: Ask,
  kinds: Record<string, string>,
  { requests, within }: { requests: number; within: number },
): Promise<void> {
  const took = new Map<string, number[]>(Object.keys(kinds).map((kind) => [kind, []]));
  const order = Object.entries(kinds);
  let said = '';
  for (let round = 0; round < rounds; round += 1) {
    for (let turn = 0; turn < requests; turn += 1) {
      // Every kind stands as often behind every other.
      const from = turn % order.length;
      for (const [kind, basic] of [...order.slice(from), ...order.slice(0, from)]) {
        const began = performance.now();
        await ask(basic);
        took.get(kind)?.push(performance.now() - began);
      }
    }
    const medians = [...took].map(([kind, times]) => ({ kind, time: median(times) }));
    const all = medians.map(({ time }) => time);
    if (Math.max(...all) / Math.min(...all) < within) return;
    said = medians.map(({ kind, time }) => `${kind} ${time.toFixed(2)} ms`).join(', ');
  }
  assert.fail(`medians differ by more than ${within}: ${said}`);
}

function median(times: number[]): number {
  return times.toSorted((one, other) => one - other)[Math.floor(times.length / 2)] ?? 0;
}
