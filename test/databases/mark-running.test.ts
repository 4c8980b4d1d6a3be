import assert from 'node:assert/strict';
import { copyFile, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { minute } from '../../src/clock.ts';
import { createServer, type OwnServer } from '../../src/server.ts';
import { openService } from '../../src/service.ts';
import { makePerson, signIn, type World } from '../server.ts';
import { alter } from '../tables.ts';
import { inHouse, kinds } from './mark-steps.ts';

/** What a running service does whose database is suddenly an older one, and several that have a mark each. */
for (const kind of kinds) {
  test(`${kind}: a service whose database becomes an older one serves nobody, and says so`, () =>
    inHouse(kind, async ({ world, mark }) => {
      const alice = await makePerson(world);
      const token = await signIn(world, alice);
      const statuses = async (): Promise<number[]> => {
        const all = ['/healthz', '/readyz', '/whoami', '/'].map((url) => world.call('GET', url, { token }));
        const signingIn = world.call('POST', '/auth/credentials', { basic: alice.basic });
        return (await Promise.all([...all, signingIn])).map(({ status }) => status);
      };
      assert.deepEqual(await statuses(), [200, 200, 200, 200, 200]);
      await world.server.service.mark.renew();
      const { sequence } = await mark();
      loseRow(world, sequence);
      assert.match((await world.server.service.mark.renew()) ?? '', /^This database is older/);
      assert.deepEqual(await statuses(), [200, 503, 503, 503, 503]);
      const { body } = await world.call('GET', '/readyz');
      assert.equal(body.detail, 'The database is an older copy: the log of the service says which.');
      assert.equal((await mark()).sequence, sequence, 'the mark stays');

      const operator = await openService(world.server.service.options, { clock: world.now });
      await operator.acceptRestored();
      await operator.close();
      assert.equal(await world.server.service.mark.renew(), undefined);
      assert.deepEqual(await statuses(), [200, 200, 401, 200, 200], 'what it had opened is shut');
    }));

  test(`${kind}: a mark that somebody takes away meanwhile is made again, and not of an older database`, () =>
    inHouse(kind, async ({ world, mark, markFile }) => {
      await signIn(world, await makePerson(world));
      await world.server.service.mark.renew();
      const { sequence } = await mark();
      await rm(markFile);
      assert.equal(await world.server.service.mark.renew(), undefined);
      assert.equal((await mark()).sequence, sequence);
      await rm(markFile);
      loseRow(world, sequence);
      assert.match((await world.server.service.mark.renew()) ?? '', /^This database is older/);
    }));

  test(`${kind}: a further instance makes its own mark once it has seen another one renew its own, and beside none it does not`, () =>
    inHouse(
      kind,
      async ({ world, mark }) => {
        const time = setInterval(() => world.turn(1), 5);
        const { options } = world.server.service;
        const startAt = (file: string): Promise<OwnServer> =>
          createServer({ ...options, markFile: join(world.folder, file, 'mark') }, { clock: world.now, markEvery });
        const refused = {
          name: 'MarkError',
          message: /the mark file is not there: .* a further instance makes its own/,
        };
        try {
          const second = await startAt('second');
          const { generation } = await mark();
          const own: unknown = JSON.parse(await readFile(join(world.folder, 'second', 'mark'), 'utf8'));
          assert.deepEqual({ generation }, { generation: Reflect.get(Object(own), 'generation') });
          await second.close();
          await (await startAt('third')).close();
          await world.server.close();
          await assert.rejects(startAt('fourth'), refused, 'that one was there a moment ago is what a copy says too');
          world.turn(3 * minute);
          await assert.rejects(startAt('fourth'), refused);
          await (await startAt('third')).close();
        } finally {
          clearInterval(time);
        }
      },
      { markEvery },
    ));

  test(`${kind}: two instances have a mark each; what was accepted at one is so at the other`, () =>
    inHouse(kind, async ({ world, mark, copy }) => {
      const { options } = world.server.service;
      const second = { ...options, markFile: join(world.folder, 'mark of the second') };
      const start = () => createServer(second, { clock: world.now });
      await copyFile(options.markFile, join(world.folder, 'mark of the second'));
      let other: OwnServer;

      const putBack = await copy();
      other = await start();
      await signIn(world, await makePerson(world));
      await other.close();
      await putBack();
      await assert.rejects(world.restart(), { name: 'MarkError' });
      await assert.rejects(start(), { name: 'MarkError', message: /^This database is older/ });
      const operator = await openService(options, { clock: world.now });
      await operator.acceptRestored();
      await operator.close();
      await world.restart();
      other = await start();
      assert.equal(other.service.mark.refusal(), undefined);
      await other.close();
      const { sequence, generation } = await mark();
      assert.ok(sequence > 0 && generation.length > 0);
    }));
}

test('the mark is renewed every half minute, and the log says when that fails', (t) => {
  t.mock.timers.enable({ apis: ['setInterval'] });
  return inHouse('SQLite', async ({ world, mark, setMark }) => {
    await makePerson(world);
    assert.equal((await mark()).sequence, 0);
    t.mock.timers.tick(30_000);
    await until(async () => (await mark()).sequence === 1);
    await setMark({});
    t.mock.timers.tick(30_000);
    await until(async () => /cannot be used: it holds no mark/.test(world.log()));
  });
});

const markEvery = 300;

async function until(isSo: () => Promise<boolean>): Promise<void> {
  for (const over = AbortSignal.timeout(20_000); !(await isSo()); await sleep(10)) over.throwIfAborted();
}

/** As on a standby that was promoted and had not heard of the newest row. */
function loseRow(world: World, sequence: number): void {
  alter(world, `DELETE FROM audit WHERE sequence >= ${sequence}`);
  alter(world, `UPDATE generations SET marked = ${sequence - 1}`);
}
