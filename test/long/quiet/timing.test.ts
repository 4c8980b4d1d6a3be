import assert from 'node:assert/strict';
import { randomInt } from 'node:crypto';
import { test } from 'node:test';
import { endless } from '../../endless.ts';
import { type Answer, inWorld, makePerson, makePersonWithCode, type Person, signIn, type World } from '../../server.ts';

/**
 * Who exists must not show in how long the answer takes: medians of interleaved requests, compared as ratios. Each
 * test asks as a program and, a third as often, in a browser.
 */
const within = 1.05;
const rounds = 3;

test('unknown, wrong and disabled take the same time: a thousand requests of each', () =>
  inWorld(
    async (world) => {
      await makePerson(world, 'alice');
      const gone = await makeDisabled(world);
      await alike(world, { unknown, wrong, 'disabled, right': gone.basic }, 1000);
    },
    {},
    { limits: endless },
  ));

test('so does everybody else who is refused as they are', () =>
  inWorld(
    async (world) => {
      await makePerson(world, 'alice');
      await makePersonWithCode(world, 'bob');
      await world.server.users.create({ name: 'invited' });
      const kinds = {
        unknown,
        wrong,
        'no name at all': ':wrong password',
        'wrong, with a second factor': 'bob:wrong password',
        invited: 'invited:wrong password',
        'too long': `alice:${'x'.repeat(300)}`,
      };
      await alike(world, kinds, 90);
    },
    {},
    { limits: endless },
  ));

test('a throttled stranger takes as long as a throttled member: a thousand requests of each', () =>
  inWorld(async (world) => {
    await makePerson(world, 'alice');
    for (const basic of [unknown, wrong])
      for (let tries = 0; tries < 5; tries += 1) await world.call('POST', '/auth/credentials', { basic });
    assert.equal((await world.call('POST', '/auth/credentials', { basic: wrong })).status, 429);
    await alike(world, { unknown, wrong }, 1000);
  }));

test('once the parameters of hashes were raised, whoever has not signed in since takes the same time too', () =>
  inWorld(
    async (world) => {
      const alice = await makePerson(world, 'alice');
      await makePerson(world, 'late');
      const gone = await makeDisabled(world);
      await world.restart({ argon2Passes: 3 });
      await signIn(world, alice);
      const kinds = { unknown, 'wrong, hashed anew': wrong, 'wrong, not yet': 'late:wrong', disabled: gone.basic };
      await alike(world, kinds, 90);
    },
    {},
    { limits: endless },
  ));

const unknown = 'nobody:wrong password';
const wrong = 'alice:wrong password';

async function makeDisabled(world: World): Promise<Person> {
  const gone = await makePerson(world, 'gone');
  await world.server.service.admin.change('operator', gone.id, { disabled: true });
  return gone;
}

type Ask = (basic: string) => Promise<Answer>;

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

async function alike(world: World, kinds: Record<string, string>, requests: number): Promise<void> {
  for (const [ask, times] of [
    [asProgram(world), requests],
    [inBrowser(world), Math.ceil(requests / 3)],
  ] as const) {
    const { status } = await ask(wrong);
    for (const [kind, basic] of Object.entries(kinds)) assert.equal((await ask(basic)).status, status, kind);
    await takeTheSameTime(ask, kinds, times);
  }
}

/** Asks in turns, and longer where noise may have spoken: a difference in the code does not go away. */
async function takeTheSameTime(ask: Ask, kinds: Record<string, string>, requests: number): Promise<void> {
  const took = new Map<string, number[]>(Object.keys(kinds).map((kind) => [kind, []]));
  const order = Object.entries(kinds);
  let said = '';
  for (let round = 0; round < rounds; round += 1) {
    for (let turn = 0; turn < requests; turn += 1) {
      // What one request leaves to be done may slow the next: every kind stands as often behind every other.
      for (const [kind, basic] of shuffled(order)) {
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

function shuffled<T>(all: readonly T[]): T[] {
  const left = [...all];
  return all.flatMap(() => left.splice(randomInt(left.length), 1));
}

function median(times: number[]): number {
  return times.toSorted((one, other) => one - other)[Math.floor(times.length / 2)] ?? 0;
}
