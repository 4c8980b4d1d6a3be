import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as turnOfLoop } from 'node:timers/promises';
import { inWorld, makePerson, signIn, type World } from '../server.ts';
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
