import assert from 'node:assert/strict';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { minute } from '../../src/clock.ts';
import { createServer } from '../../src/server.ts';
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

  test(`${kind}: a further instance makes its own mark beside one that has one, and beside none it does not`, () =>
    inHouse(kind, async ({ world, mark }) => {
      const { options } = world.server.service;
      const startAt = async (file: string): Promise<void> => {
        const further = await createServer(
          { ...options, markFile: join(world.folder, file, 'mark') },
          { clock: world.now },
        );
        await further.close();
      };
      const refused = {
        name: 'MarkError',
        message: /the mark file is not there\. .* a further instance makes its own/,
      };
      await startAt('second');
      const { generation } = await mark();
      assert.equal(JSON.parse(await readFile(join(world.folder, 'second', 'mark'), 'utf8')).generation, generation);
      await assert.rejects(startAt('third'), refused, 'the one that has left may have been the last');
      await world.restart();
      await startAt('third');
      await world.restart();
      world.turn(3 * minute);
      await assert.rejects(
        startAt('fourth'),
        refused,
        'the one that was there has said nothing for long, and was killed',
      );
      await world.server.close();
      await assert.rejects(startAt('fourth'), refused);
      await startAt('third');
    }));

  test(`${kind}: two instances have a mark each; what was accepted at one is so at the other`, () =>
    inHouse(kind, async ({ world, mark, copy }) => {
      const { options } = world.server.service;
      const second = { ...options, markFile: join(world.folder, 'second', 'countersign.mark') };
      const start = () => createServer(second, { clock: world.now });
      let other = await start();
      await other.close();

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

/** As on a standby that was promoted and had not heard of the newest row. */
function loseRow(world: World, sequence: number): void {
  alter(world, `DELETE FROM audit WHERE sequence >= ${sequence}`);
  alter(world, `UPDATE generations SET marked = ${sequence - 1}`);
}
