import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as turnOfLoop } from 'node:timers/promises';
import { minute, second } from '../../src/clock.ts';
import type { Argon2 } from '../../src/passwords/passwords.ts';
import { quickHash } from '../quick-hash.ts';
import { inQuickWorld } from '../quick-world.ts';
import { type Answer, inWorld, makePerson, signIn, type World } from '../server.ts';
import { assertRefused, changePassword, reauthenticate, tryToSignIn } from './steps.ts';

const guess = (world: World, name = 'alice', from?: string): Promise<Answer> =>
  tryToSignIn(world, { basic: `${name}:wrong` }, undefined, from);

async function guessOften(world: World, times: number, name = 'alice', from?: string): Promise<void> {
  for (let index = 0; index < times; index += 1) assertRefused(await guess(world, name, from), 401, 3);
}

function assertThrottled(answer: Answer, retryAfter: number): void {
  assertRefused(answer, 429, 4);
  assert.equal(answer.headers['retry-after'], String(retryAfter));
  assert.equal(answer.headers['www-authenticate'], undefined);
}

test('five wrong passwords in a row are free, then delays double from 30 s to 15 minutes', () =>
  inQuickWorld(async (world) => {
    const alice = await makePerson(world);
    await guessOften(world, 5);
    for (const delay of [30, 60, 120, 240, 480, 900, 900]) {
      assertThrottled(await tryToSignIn(world, alice), delay);
      world.turn(delay * second - 1);
      assertThrottled(await tryToSignIn(world, alice), 1);
      world.turn(1);
      assertRefused(await guess(world), 401, 3);
    }
  }));

test('a right password clears the count', () =>
  inQuickWorld(async (world) => {
    const alice = await makePerson(world);
    for (let round = 0; round < 3; round += 1) {
      await guessOften(world, 4);
      assert.equal((await tryToSignIn(world, alice)).status, 200);
    }
    await guessOften(world, 5);
    world.turn(30 * second);
    assert.equal((await tryToSignIn(world, alice)).status, 200);
    await guessOften(world, 5);
    assertThrottled(await tryToSignIn(world, alice), 30);
  }));

test('refused tries cost nothing and lengthen nothing', () =>
  inQuickWorld(async (world) => {
    const alice = await makePerson(world);
    await guessOften(world, 5);
    for (let index = 0; index < 20; index += 1) assertRefused(await guess(world), 429, 4);
    world.turn(10 * second);
    assertThrottled(await tryToSignIn(world, alice), 20);
    world.turn(20 * second);
    assert.equal((await tryToSignIn(world, alice)).status, 200);
  }));

test('of many wrong passwords at once only the free ones are judged', async () => {
  let judged = 0;
  // Slow enough for all of them to be under way before the first verdict.
  const slowHash: Argon2 = {
    ...quickHash,
    async verify(phc, password) {
      judged += 1;
      for (let turns = 0; turns < 100; turns += 1) await turnOfLoop();
      return quickHash.verify(phc, password);
    },
  };
  await inWorld(
    async (world) => {
      await makePerson(world);
      const answers = await Promise.all(Array.from({ length: 20 }, () => guess(world)));
      const counts = [401, 429].map((status) => answers.filter((answer) => answer.status === status).length);
      assert.deepEqual([...counts, judged], [5, 15, 5]);
    },
    { hashConcurrency: 64 },
    { argon2: slowHash },
  );
});

test('a stranger on another network delays nobody here', () =>
  inQuickWorld(async (world) => {
    const alice = await makePerson(world);
    await guessOften(world, 5, 'alice', '203.0.113.9');
    assertRefused(await tryToSignIn(world, alice, undefined, '203.0.113.9'), 429, 4);
    assertRefused(await tryToSignIn(world, alice, undefined, '::ffff:203.0.113.9'), 429, 4);
    assert.equal((await tryToSignIn(world, alice, undefined, '203.0.113.8')).status, 200);
    assertRefused(await tryToSignIn(world, alice, undefined, '203.0.113.9'), 429, 4);
  }));

test('an IPv6 network is a /64', () =>
  inQuickWorld(async (world) => {
    const alice = await makePerson(world);
    for (let index = 1; index <= 5; index += 1) await guessOften(world, 1, 'alice', `2001:db8:1:2::${index}`);
    assertRefused(await tryToSignIn(world, alice, undefined, '2001:db8:1:2:ffff::1'), 429, 4);
    assert.equal((await tryToSignIn(world, alice, undefined, '2001:db8:1:3::1')).status, 200);
  }));

test('a header that says where somebody comes from gains nobody a budget', () =>
  inQuickWorld(async (world) => {
    const alice = await makePerson(world);
    for (let index = 0; index < 6; index += 1) {
      const headers = { 'x-forwarded-for': `198.51.100.${index}`, forwarded: `for=198.51.100.${index}` };
      const answer = await world.call('POST', '/auth/credentials', { basic: 'alice:wrong', headers });
      assert.equal(answer.status, index < 5 ? 401 : 429);
    }
    assertRefused(await tryToSignIn(world, alice), 429, 4);
  }));

test('all spellings of a name are one name', () =>
  inQuickWorld(async (world) => {
    const alice = await makePerson(world);
    for (const name of ['alice', 'Alice', 'ALICE', 'ａｌｉｃｅ', 'aLiCe']) await guessOften(world, 1, name);
    assertThrottled(await tryToSignIn(world, alice), 30);
    assertThrottled(await tryToSignIn(world, { basic: `ALICE:${alice.password}` }), 30);
  }));

test('fifty wrong passwords over all names in ten minutes close a network, for what is left of them', () =>
  inQuickWorld(async (world) => {
    const alice = await makePerson(world);
    await guessOften(world, 1, 'name0');
    world.turn(4 * minute);
    assert.equal((await tryToSignIn(world, alice)).status, 200);
    for (let index = 1; index < 50; index += 1) await guessOften(world, 1, `name${index}`);
    assertThrottled(await tryToSignIn(world, alice), 6 * 60);
    assertThrottled(await tryToSignIn(world, { basic: 'stranger:wrong' }), 6 * 60);
    assert.equal((await tryToSignIn(world, alice, undefined, '203.0.113.8')).status, 200);
    world.turn(6 * minute);
    assert.equal((await tryToSignIn(world, alice)).status, 200);
    for (let index = 0; index < 50; index += 1) await guessOften(world, 1, `other${index}`);
    assertThrottled(await tryToSignIn(world, alice), 10 * 60);
  }));

test('right passwords do not close a network, however many', () =>
  inQuickWorld(async (world) => {
    const alice = await makePerson(world);
    for (let index = 0; index < 60; index += 1) assert.equal((await tryToSignIn(world, alice)).status, 200);
  }));

test('delays survive a restart', () =>
  inQuickWorld(async (world) => {
    const alice = await makePerson(world);
    await guessOften(world, 3);
    await world.restart();
    await guessOften(world, 2);
    await world.restart();
    assertThrottled(await tryToSignIn(world, alice), 30);
  }));

test('wrong passwords count wherever they are sent', () =>
  inQuickWorld(async (world) => {
    const alice = await makePerson(world);
    const token = await signIn(world, alice);
    await guessOften(world, 3);
    assert.equal((await reauthenticate(world, token, { password: 'wrong' })).status, 422);
    assert.equal((await changePassword(world, token, 'wrong', 'quite another long password')).status, 422);
    assertThrottled(await tryToSignIn(world, alice), 30);
    const refused = await reauthenticate(world, token, { password: alice.password });
    assert.deepEqual(
      [refused.status, refused.body.code, refused.headers['retry-after']],
      [429, 'too_many_tries', '30'],
    );
  }));

test('a delay is forgotten a day after the last wrong password', () =>
  inQuickWorld(async (world) => {
    await makePerson(world);
    await guessOften(world, 5);
    world.turn(24 * 60 * minute);
    await guessOften(world, 5);
    assertThrottled(await guess(world), 30);
  }));
