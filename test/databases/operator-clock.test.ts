import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { day, second, systemClock } from '../../src/clock.ts';
import { serverTime } from '../../src/database/database.ts';
import { createServer } from '../../src/server.ts';
import { period } from '../../src/totp/totp.ts';
import { quickHash } from '../quick-hash.ts';
import { codeAt, freshCode, inWorld, makePersonWithCode, signIn, type World } from '../server.ts';
import { assertProblem, assertRefused, tokenOf, tryToSignIn } from '../stories/steps.ts';
import { dump } from '../tables.ts';
import { withOperator } from './operator.ts';

/** The clock of an instance is held against that of the database's server, which all instances share. */
process.env['COUNTERSIGN_TEST_ON'] = 'postgres';

/** How far the server's clock is ahead, how often it was asked, and whether it answers. */
interface There {
  ahead: number;
  asked: number;
  answers: boolean;
}

async function inStory(story: (world: World, there: There) => Promise<void>): Promise<void> {
  const there: There = { ahead: 0, asked: 0, answers: true };
  let now = (): number => 0;
  const databaseTime = async (): Promise<number> => {
    there.asked += 1;
    if (!there.answers) throw new Error('the server is silent');
    return now() + there.ahead;
  };
  await inWorld(
    async (world) => {
      now = world.now;
      world.turn(5 * second);
      await story(world, there);
    },
    {},
    { argon2: quickHash, databaseTime },
  );
}

const apart = /The clock here is not that of the database's server, and nothing is served or written/;

const ready = async (world: World): Promise<number> => (await world.call('GET', '/readyz')).status;

test('while the clocks are apart, either way, nobody is served and nothing is written; health and files are', () =>
  inStory(async (world, there) => {
    const bob = await makePersonWithCode(world);
    const token = await signIn(world, bob);
    const [recovery = ''] = bob.recoveryCodes ?? [];
    for (const way of [1, -1]) {
      world.turn(period);
      const body = { otp: codeAt(bob.secret ?? Buffer.alloc(0), world.now()) };
      there.ahead = way * (5 * second + 1);
      const before = dump(world, ['instances']);
      assertProblem(await tryToSignIn(world, bob, body), 503, 'unavailable');
      assertProblem(await tryToSignIn(world, bob, { recovery_code: recovery }), 503, 'unavailable');
      assertProblem(await world.call('GET', '/whoami', { token }), 503, 'unavailable');
      assert.equal((await world.call('GET', '/')).status, 503);
      await assert.rejects(world.server.users.create({ name: 'carol' }), { name: 'Problem', message: 'unavailable' });
      await world.server.service.sweep();
      assert.deepEqual(dump(world, ['instances']), before);
      const answer = await world.call('GET', '/readyz');
      assertProblem(answer, 503, 'unavailable');
      assert.match(String(answer.body.detail), apart);
      for (const url of ['/healthz', '/favicon.ico']) assert.equal((await world.call('GET', url)).status, 200, url);

      there.ahead = way * 5 * second;
      world.turn(5 * second);
      assert.equal(await ready(world), 200, 'five seconds are forgiven');
      await tokenOf(world, bob, body);
    }
    const complaints = world.log().match(/The clock is 5 seconds (ahead of|behind) that .* both are right/g);
    assert.equal(complaints?.length, 2, 'an operator is told each time, and not with each request');
  }));

test('an instance of another time takes nothing from the others, and they stay ready', () =>
  inStory(async (world) => {
    const bob = await makePersonWithCode(world);
    const token = await signIn(world, bob);
    assertRefused(await tryToSignIn(world, { ...bob, basic: `${bob.name}:wrong` }), 401, 3);
    const before = dump(world, ['instances']);
    const { databaseUrl } = world;
    const keyFile = join(world.folder, 'keys', 'countersign.keys');
    for (const way of [1, -1]) {
      const clock = () => world.now() + way * 1000 * day;
      const parts = { clock, argon2: quickHash, databaseTime: async () => world.now() };
      const other = await createServer({ databaseUrl, keyFile, logLevel: 'silent' }, parts);
      try {
        await other.service.sweep();
        const headers = { authorization: `Basic ${Buffer.from(bob.basic).toString('base64')}` };
        const answer = await other.inject({ method: 'POST', url: '/auth/credentials', headers });
        assert.equal(answer.statusCode, 503);
        assert.equal(await ready(world), 200);
      } finally {
        await other.close();
      }
    }
    assert.deepEqual(dump(world, ['instances']), before);
    assert.equal((await world.call('GET', '/whoami', { token })).status, 200);
    await tokenOf(world, bob, { otp: freshCode(world, bob.secret ?? Buffer.alloc(0)) });
  }));

test('a command writes nothing while the clocks are apart; those that read go on', (t) =>
  withOperator('migrated', async ({ run }) => {
    assert.equal((await run('user create alice --link')).code, 0);
    const { now } = Date;
    t.mock.method(Date, 'now', () => now() + 3600 * second);
    for (const args of ['user create carol --link', 'setup-link', 'session end alice --all', 'key rotate']) {
      const { code, stderr } = await run(args);
      assert.equal(code, 1, args);
      assert.match(stderr, apart, args);
    }
    for (const args of ['user list', 'audit list', 'key list']) assert.equal((await run(args)).code, 0, args);
    t.mock.restoreAll();
    assert.doesNotMatch((await run('user list')).stdout, /carol/);
  }));

test('the server is asked once in five seconds, at once when the clock was set, and anew when it gave no answer', () =>
  inStory(async (world, there) => {
    assert.equal(await ready(world), 200);
    const before = there.asked;
    await Promise.all(Array.from({ length: 20 }, () => ready(world)));
    world.turn(4999);
    await ready(world);
    assert.equal(there.asked, before);
    world.turn(1);
    await Promise.all(Array.from({ length: 20 }, () => ready(world)));
    assert.equal(there.asked, before + 1);
    world.turn(-5 * second);
    there.answers = false;
    assert.notEqual(await ready(world), 200);
    there.answers = true;
    assert.equal(await ready(world), 200);
  }));

test('a start says in the log how far apart the clocks are, and a wrong time is not to be accepted', () =>
  inStory(async (world, there) => {
    there.ahead = 3600 * second;
    await world.restart();
    assert.match(
      world.log(),
      /The clock is 3600 seconds behind that of the database's server\. Nothing is served or written here/,
    );
    there.ahead = -90 * second;
    await assert.rejects(
      world.server.service.acceptClock(),
      /^Error: The clock is 90 seconds ahead of that of the database's server\. Set both right first/,
    );
  }));

test('the real server is asked for its time; a clock that somebody brings is held against none unless he says so', (t) =>
  withOperator('migrated', async ({ url, keyFile }) => {
    const status = async (ms: number, parts: object): Promise<number> => {
      const clock = () => systemClock() + ms;
      const options = { databaseUrl: url, keyFile, logLevel: 'silent' } as const;
      const server = await createServer(options, { ...(ms === 0 ? {} : { clock }), ...parts });
      try {
        return (await server.inject({ method: 'GET', url: '/readyz' })).statusCode;
      } finally {
        await server.close();
      }
    };
    assert.equal(await status(0, {}), 200);
    const asking = { databaseTime: serverTime };
    assert.deepEqual([await status(-6 * second, asking), await status(6 * second, asking)], [503, 503]);
    assert.equal(await status(3600 * second, {}), 200);

    const { now } = Date;
    t.mock.method(Date, 'now', () => now() - 6 * second);
    assert.equal(await status(0, {}), 503, 'the clock of the system is held against it by itself');
  }));
