import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep, setImmediate as turnOfLoop } from 'node:timers/promises';
import { argon2 } from '../../src/passwords/passwords.ts';
import { inWorld, makePerson, signIn, type World } from '../server.ts';
import { visit } from '../visitor.ts';
import { givePassword } from './in-a-browser.ts';
import { assertProblem, assertRefused, changePassword, tryToSignIn, type WatchedArgon2, watchArgon2 } from './steps.ts';

/** A pool of one hash at a time with room for one more to wait: the third is too many. */
async function inBusyWorld(
  story: (world: World, watched: WatchedArgon2, crowd: () => Promise<{ leave(): Promise<void> }>) => Promise<void>,
): Promise<void> {
  const watched = watchArgon2();
  await inWorld(
    async (world) => {
      const crowd = async () => {
        const held = watched.holdNext();
        const running = tryToSignIn(world, { basic: 'one:x' }, undefined, '10.0.0.1');
        await held.begun;
        const waiting = tryToSignIn(world, { basic: 'two:x' }, undefined, '10.0.0.2');
        while (world.server.service.passwords.load().waiting === 0) await turnOfLoop();
        return {
          leave: async () => {
            held.release();
            assertRefused(await running, 401, 3);
            assertRefused(await waiting, 401, 3);
          },
        };
      };
      await story(world, watched, crowd);
    },
    { hashConcurrency: 1, hashQueue: 1 },
    { argon2: watched.argon2 },
  );
}

/** Sign-ins that come one after another: the first is hashed and held, the others wait in line in their order. */
async function flow(
  world: World,
  held: ReturnType<WatchedArgon2['holdNext']>,
  count: number,
  from: (index: number) => string,
): Promise<ReturnType<typeof tryToSignIn>[]> {
  const { load } = world.server.service.passwords;
  const flood: ReturnType<typeof tryToSignIn>[] = [];
  for (let index = 0; index < count; index += 1) {
    flood.push(tryToSignIn(world, { basic: `stranger${index}:x${index}` }, undefined, from(index)));
    if (index === 0) await held.begun;
    else while (load().waiting < index) await turnOfLoop();
  }
  return flood;
}

test('a full hash queue answers 503 with status 5 and Retry-After, to members and strangers alike', () =>
  inBusyWorld(async (world, watched, crowd) => {
    const alice = await makePerson(world);
    const { leave } = await crowd();
    const before = watched.done.verifies;
    for (const basic of [alice.basic, 'alice:wrong', 'stranger:wrong']) {
      const answer = await tryToSignIn(world, { basic });
      assertRefused(answer, 503, 5);
      assert.match(String(answer.headers['retry-after']), /^[1-9]\d*$/);
    }
    assert.equal(watched.done.verifies, before);
    await leave();
    assert.equal((await tryToSignIn(world, alice)).status, 200);
  }));

test('a try that was turned away is given back, and clears nothing', () =>
  inBusyWorld(async (world, _watched, crowd) => {
    const alice = await makePerson(world);
    for (let index = 0; index < 4; index += 1)
      assertRefused(await tryToSignIn(world, { basic: 'alice:wrong' }), 401, 3);
    const { leave } = await crowd();
    for (let index = 0; index < 3; index += 1) assertRefused(await tryToSignIn(world, alice), 503, 5);
    await leave();
    assertRefused(await tryToSignIn(world, { basic: 'alice:wrong' }), 401, 3);
    assertRefused(await tryToSignIn(world, { basic: 'alice:wrong' }), 429, 4);
  }));

test('while the hash queue is full everything else goes on', () =>
  inBusyWorld(async (world, _watched, crowd) => {
    const alice = await makePerson(world);
    const token = await signIn(world, alice);
    const { leave } = await crowd();
    assert.equal((await world.call('GET', '/whoami', { token })).text, '"alice"');
    assert.equal((await world.call('GET', '/auth/otp/generate', { token })).status, 200);
    assert.equal((await world.call('GET', '/readyz')).status, 200);
    const change = await changePassword(world, token, alice.password, 'quite another long password');
    assertProblem(change, 503, 'busy');
    assert.match(String(change.headers['retry-after']), /^[1-9]\d*$/);
    await leave();
    assert.equal((await tryToSignIn(world, alice)).status, 200);
  }));

test('a network that floods does not shut the door: from elsewhere one signs in, and its own last try makes room', async () => {
  const watched = watchArgon2();
  await inWorld(
    async (world) => {
      const alice = await makePerson(world);
      const held = watched.holdNext();
      const flood = await flow(world, held, 4, () => '10.0.0.1');
      const fifth = tryToSignIn(world, { basic: 'stranger:x' }, undefined, '10.0.0.1');
      assertRefused(await fifth, 503, 5);
      const owner = tryToSignIn(world, alice, undefined, '10.0.0.2');
      // The last of the four who had room is told at once that he has none any more, while the others still wait.
      assertRefused(await (flood[3] ?? owner), 503, 5);
      assert.equal(world.server.service.passwords.load().waiting, 3);
      held.release();
      assert.equal((await owner).status, 200);
      const statuses = (await Promise.all(flood)).map(({ status }) => status);
      assert.deepEqual(statuses, [401, 401, 401, 503]);
    },
    { hashConcurrency: 1, hashQueue: 3 },
    { argon2: watched.argon2 },
  );
});

test('a known browser gets in though strangers of many networks fill the queue, and before those who wait', async () => {
  const order: string[] = [];
  const watched = watchArgon2({
    ...argon2,
    verify(phc, password) {
      order.push(password);
      return argon2.verify(phc, password);
    },
  });
  await inWorld(
    async (world) => {
      const alice = await makePerson(world);
      const known = visit(world, { from: '10.0.1.1' });
      await givePassword(known, alice);
      await known.open('/sign-in');
      const held = watched.holdNext();
      order.length = 0;
      const flood = await flow(world, held, 4, (index) => `10.0.0.${index}`);
      const newcomer = await tryToSignIn(world, { basic: 'stranger:x' }, undefined, '10.0.2.1');
      assertRefused(newcomer, 503, 5);
      const owner = known.submit({ username: alice.name, password: alice.password }, { form: '/sign-in' });
      assertRefused(await Promise.race(flood), 503, 5);
      held.release();
      await owner;
      assert.deepEqual([known.status, known.path], [200, '/account']);
      await Promise.all(flood);
      assert.deepEqual(order, ['x0', alice.password, 'x1', 'x2']);
    },
    { hashConcurrency: 1, hashQueue: 3 },
    { argon2: watched.argon2 },
  );
});

test('an instance on which more wait to write than can in seconds is ready all the same: its turns are had', () =>
  inWorld(async (world) => {
    const { database } = world.server.service;
    let isOver = false;
    const crowd = Array.from({ length: 40 }, () => database.transaction(() => sleep(isOver ? 0 : 100)));
    // A call waits for what goes on behind its answer; this is the answer alone.
    assert.equal((await world.server.inject({ url: '/readyz' })).statusCode, 200);
    isOver = true;
    await Promise.all(crowd);
  }));
