import assert from 'node:assert/strict';
import { EventEmitter, once } from 'node:events';
import { type ClientRequest, request } from 'node:http';
import { Writable } from 'node:stream';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { listen } from './listening.ts';
import { moves, withMetrics } from './metrics.ts';
import { quickHash } from './quick-hash.ts';
import { inWorld, makePerson, type World } from './server.ts';
import { watchArgon2 } from './stories/steps.ts';
import { dump } from './tables.ts';

/** Whoever hangs up before the answer has been there all the same: in the log, and in the figures. */

const url = '/auth/credentials';
const statuses = ['2xx', '4xx', '5xx'].map((status) => `countersign_requests_total{status="${status}"}`);
const watched = watchArgon2(quickHash);

/** What the log says of the requests of these stories: the status of each, and an event when it is written. */
function readLog() {
  const said: unknown[] = [];
  const told = new EventEmitter();
  const logStream = new Writable({
    write(chunk, _encoding, done) {
      const line = JSON.parse(String(chunk));
      if (line.msg === 'request' && line.url === url) {
        said.push(line.status);
        told.emit('line');
      }
      done();
    },
  });
  return { said, told, logStream };
}

type Log = ReturnType<typeof readLog>;

/** Runs a story in which somebody signs in over a connection of its own. */
async function overSockets(story: (world: World, ask: () => ClientRequest, log: Log) => Promise<void>): Promise<void> {
  const log = readLog();
  await inWorld(
    async (world) => {
      const { basic } = await makePerson(world);
      const { port } = await listen(world);
      const headers = { authorization: `Basic ${Buffer.from(basic).toString('base64')}` };
      await story(world, () => request({ host: '127.0.0.1', port, path: url, method: 'POST', headers }).end(), log);
      await world.restart();
    },
    { ...withMetrics, logLevel: 'info' },
    { argon2: watched.argon2, logStream: log.logStream },
  );
}

/** Waits for a session, of which nobody is told. */
async function session(world: World): Promise<void> {
  const late = AbortSignal.timeout(10_000);
  while (dump(world)['sessions']?.length !== 1) await sleep(5, undefined, { signal: late });
}

test('a request whose sender hangs up before the answer is logged and counted, once, and what it asked for is done', () =>
  overSockets(async (world, ask, { said, told }) => {
    const moved = await moves(world, statuses, async () => {
      const held = watched.holdNext();
      const hasty = ask().on('error', () => undefined);
      await held.begun;
      const line = once(told, 'line', { signal: AbortSignal.timeout(10_000) });
      hasty.destroy();
      await line.finally(held.release);
      await session(world);
    });
    await world.server.close();
    assert.deepEqual([said, moved], [[499], [0, 1, 0]]);
  }));

test('a request whose sender waits for the answer is logged with its status, and counted, once', () =>
  overSockets(async (world, ask, { said, told }) => {
    const moved = await moves(world, statuses, async () => {
      const line = once(told, 'line');
      const [answer] = await once(ask(), 'response');
      answer.resume();
      await Promise.all([once(answer, 'close'), line]);
    });
    await world.server.close();
    assert.deepEqual([said, moved], [[200], [1, 0, 0]]);
  }));
