/** A connection to PostgreSQL that is lost just when a transaction is to be kept: whether it was, nobody is told. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, createServer, type Server } from 'node:net';
import { test } from 'node:test';
import { defaultLimits, type Limits } from '../../src/throttle/throttle.ts';
import { endless } from '../endless.ts';
import { lookAt } from '../faults/look.ts';
import { quickHash } from '../quick-hash.ts';
import { freshCode, inWorld, makePersonWithCode, type Person, type World, wrongCode } from '../server.ts';
import { ask } from './load.ts';
import { onPostgres } from './places.ts';

/** What is lost: the word `commit` on its way there, or the answer to it. */
const losses = ['question', 'answer'] as const;

interface Way {
  url: string;
  /** Cuts the connection at one commit from now on, of which so many come before. */
  cutAfter(commits: number, loss: (typeof losses)[number]): void;
}

/** A way to the server that can be cut. */
async function makeWay(to: string): Promise<{ way: Way; server: Server }> {
  const { port, hostname } = new URL(to);
  let left = Number.POSITIVE_INFINITY;
  let cuts: (typeof losses)[number] = 'answer';
  const server = createServer((ours) => {
    const theirs = connect(Number(port), hostname);
    let isCut = false;
    const end = (): void => {
      ours.destroy();
      theirs.destroy();
    };
    ours.on('data', (sent) => {
      if (sent.toString('latin1').endsWith('commit\0')) left -= 1;
      isCut ||= left < 0;
      if (isCut) left = Number.POSITIVE_INFINITY;
      if (isCut && cuts === 'question') end();
      else theirs.write(sent);
    });
    theirs.on('data', (answer) => (isCut ? end() : ours.write(answer)));
    for (const each of [ours, theirs]) each.on('close', end).on('error', end);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = new URL(to);
  url.host = `127.0.0.1:${(server.address() as { port: number }).port}`;
  const cutAfter: Way['cutAfter'] = (commits, loss) => {
    left = commits;
    cuts = loss;
  };
  return { way: { url: url.href, cutAfter }, server };
}

const onWay = (
  story: (world: World, way: Way, bob: Person) => Promise<void>,
  limits: Limits = endless,
): Promise<void> =>
  onPostgres(async ({ url }) => {
    const { way, server } = await makeWay(url);
    try {
      const options = { databaseUrl: way.url };
      const one = async (world: World): Promise<void> => {
        await story(world, way, await makePersonWithCode(world));
        // The next row of the log is behind what was in doubt.
        await ask(world, 'POST', '/auth/credentials', { basic: 'nobody:whatever it may be' });
        const place = {
          data: `${world.folder}/data`,
          keyFile: `${world.folder}/keys/countersign.keys`,
          databaseUrl: url,
        };
        const { rows } = await lookAt(place);
        assert.ok(rows > 0);
      };
      await inWorld(one, options, { limits, argon2: quickHash });
    } finally {
      server.close();
    }
  });

const signIn = async (world: World, { basic }: Person, otp: string) =>
  ask(world, 'POST', '/auth/credentials', { basic, body: { otp } });

/** A try is charged and settled for the password, then charged for the code. */
const beforeCode = 3;

for (const loss of losses)
  test(`the ${loss} of a commit is lost: it is 503, a code is good at most once, and the audit log is in order`, () =>
    onWay(async (world, way, bob) => {
      for (let commits = 0; commits <= beforeCode; commits += 1) {
        const otp = freshCode(world, bob.secret ?? Buffer.of());
        way.cutAfter(commits, loss);
        assert.equal((await signIn(world, bob, otp)).status, 503, `commit ${commits}`);
        const wasKept = commits === beforeCode && loss === 'answer';
        assert.equal((await signIn(world, bob, otp)).status, wasKept ? 401 : 200, `commit ${commits}`);
      }
    }));

/** After a wrong code the next one has to wait, also while the verdict is awaited. */
const oneFree = { ...defaultLimits, otp: { ...defaultLimits.otp, free: 1 }, patience: 50 };

test('a wrong code whose verdict is in doubt is not given back, whether that was kept or not', () =>
  onWay(async (world, way, bob) => {
    for (const loss of losses) {
      const otp = wrongCode(world, bob.secret ?? Buffer.of());
      way.cutAfter(beforeCode, loss);
      assert.equal((await signIn(world, bob, otp)).status, 503);
      assert.equal((await signIn(world, bob, otp)).status, 429, loss);
      world.turn(2 * oneFree.otp.longestDelay);
      assert.equal((await signIn(world, bob, freshCode(world, bob.secret ?? Buffer.of()))).status, 200);
    }
  }, oneFree));
