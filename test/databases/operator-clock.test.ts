import assert from 'node:assert/strict';
import { test } from 'node:test';
import { second, systemClock } from '../../src/clock.ts';
import { serverTime } from '../../src/database/database.ts';
import { createServer } from '../../src/server.ts';
import { period } from '../../src/totp/totp.ts';
import { quickHash } from '../quick-hash.ts';
import { codeAt, inWorld, makePersonWithCode, type World } from '../server.ts';
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

const ready = async (world: World): Promise<number> => (await world.call('GET', '/readyz')).status;

test('while the clocks are apart, either way, no code is accepted and nobody is sent; the rest goes on', () =>
  inStory(async (world, there) => {
    const bob = await makePersonWithCode(world);
    const [recovery = ''] = bob.recoveryCodes ?? [];
    for (const way of [1, -1]) {
      world.turn(period);
      const body = { otp: codeAt(bob.secret ?? Buffer.alloc(0), world.now()) };
      there.ahead = way * (5 * second + 1);
      const before = dump(world, ['audit', 'browsers', 'half_sign_ins', 'sessions', 'instances']);
      assertProblem(await tryToSignIn(world, bob, body), 503, 'unavailable');
      assert.deepEqual(dump(world, ['audit', 'browsers', 'half_sign_ins', 'sessions', 'instances']), before);
      const answer = await world.call('GET', '/readyz');
      assertProblem(answer, 503, 'unavailable');
      assert.match(String(answer.body.detail), /^The clock is not that of the database's server/);
      assertRefused(await tryToSignIn(world, bob), 401, 1);
      if (way === 1) await tokenOf(world, bob, { recovery_code: recovery });

      there.ahead = way * 5 * second;
      world.turn(5 * second);
      assert.equal(await ready(world), 200, 'five seconds are forgiven');
      await tokenOf(world, bob, body);
    }
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
    assert.match(world.log(), /The clock is 3600 seconds behind that of the database's server\. Codes are refused/);
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
