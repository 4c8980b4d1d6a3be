import assert from 'node:assert/strict';
import { copyFile, mkdir, readdir, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, test } from 'node:test';
import { day } from '../../src/clock.ts';
import { OptionError } from '../../src/options.ts';
import { openService } from '../../src/service.ts';
import { noteRestored } from '../../src/upkeep/upkeep.ts';
import { makePerson, signIn } from '../server.ts';
import { alter, stored } from '../tables.ts';
import { inHouse, kinds } from './mark-steps.ts';

/** Which databases a service serves from that keeps a mark of how far its own has come. */
describe('which databases are served', { concurrency: true }, () => {
  for (const kind of kinds) {
    test(`${kind}: yesterday's copy put back is noticed, and stays refused until an operator accepts it`, () =>
      inHouse(kind, async ({ world, mark, copy }) => {
        const alice = await makePerson(world);
        await signIn(world, alice);
        const putBack = await copy();
        const before = (await mark()).sequence;
        await signIn(world, alice);
        await putBack();
        const behind = new RegExp(
          `^This database is older than .* made at row ${before + 1} of the audit log, which ends at row ${before}\\. .*--accept`,
        );
        for (let start = 0; start < 2; start += 1)
          await assert.rejects(world.restart(), { name: 'MarkError', message: behind });
        assert.equal((await mark()).sequence, before + 1, 'a refused start leaves the mark');

        const service = await openService(world.server.service.options, { clock: world.now });
        const accepted = await service.acceptRestored();
        await service.close();
        assert.deepEqual([accepted.generation, accepted.changed], [2, undefined]);
        await world.restart();
        assert.equal((await world.call('GET', '/readyz')).status, 200);
      }));

    test(`${kind}: a copy that has gone on by itself, and farther, is noticed too`, () =>
      inHouse(kind, async ({ world, markFile, mark, copy }) => {
        const alice = await makePerson(world);
        const putBack = await copy();
        await signIn(world, alice);
        await putBack();
        await world.restart({ markFile: '' });
        for (let turn = 0; turn < 3; turn += 1) await signIn(world, alice);
        await world.server.close();
        const { sequence } = await mark();
        await assert.rejects(world.restart({ markFile }), {
          name: 'MarkError',
          message: new RegExp(`^This database has gone on from an older copy: row ${sequence} of its audit log`),
        });
      }));

    test(`${kind}: a copy from before it was accepted is not one of this time`, () =>
      inHouse(kind, async ({ world, copy }) => {
        const putBack = await copy();
        await world.server.service.acceptRestored();
        await putBack();
        await assert.rejects(world.restart(), { name: 'MarkError', message: /does not know the generation/ });
      }));

    test(`${kind}: what is stopped with nothing new goes on with its mark, also when every old row is gone`, () =>
      inHouse(kind, async ({ world, mark }) => {
        await makePerson(world);
        await world.restart();
        const before = await mark();
        world.turn(500 * day);
        await world.server.service.sweep();
        await world.restart();
        await world.restart();
        const { renewed_at, mac, ...same } = await mark();
        assert.deepEqual({ ...same, renewed_at: before.renewed_at, mac: before.mac }, before);
        assert.equal(renewed_at, new Date(world.now()).toISOString());
        await makePerson(world, 'bob');
        await world.restart();
        assert.equal((await mark()).sequence, before.sequence + 1);
      }));

    test(`${kind}: a backup that was put back is served by nobody before it is accepted, and the mark is made anew then`, () =>
      inHouse(kind, async ({ world, mark, markFile }) => {
        const { database } = world.server.service;
        await database.transaction((tx) => noteRestored(tx, world.now()));
        await world.server.close();
        const refused = {
          name: 'MarkError',
          message: /^A backup was put into this database, and nobody has accepted it/,
        };
        await assert.rejects(world.restart(), refused);
        await assert.rejects(world.restart({ markFile: '' }), refused, 'also where no mark is kept');
        const service = await openService({ ...world.server.service.options, markFile }, { clock: world.now });
        const first = await mark();
        assert.equal((await service.acceptRestored()).generation, 3);
        await service.close();
        assert.notEqual((await mark()).generation, first.generation);
        await world.restart({ markFile });
      }));

    test(`${kind}: whoever starts at once on a new database begins one history`, () =>
      inHouse(kind, async ({ world }) => {
        const { options } = world.server.service;
        await world.server.close();
        alter(world, 'DELETE FROM generations');
        await rm(options.markFile);
        const services = await Promise.all([1, 2, 3].map(() => openService(options)));
        const found = await Promise.all(services.map((each) => each.mark.renew()));
        assert.ok(found.includes(undefined), 'one of them has made the mark of it');
        for (const service of services) await service.close();
        const generations = stored(world, 'SELECT number, reason FROM generations');
        assert.deepEqual(
          generations.map(({ number, reason }) => [number, reason]),
          [[1, 'new']],
        );
      }));
  }

  test('a mark is for the service alone, and the first start makes its folder', () =>
    inHouse('SQLite', async ({ world, markFile }) => {
      if (process.platform === 'win32') return;
      const modes = [await stat(markFile), await stat(dirname(markFile))].map(({ mode }) => mode & 0o777);
      assert.deepEqual(modes, [0o600, 0o700]);
      assert.equal(world.server.service.mark.refusal(), undefined);
    }));

  test('a mark that cannot be written stops the first start, and once it can be, the next one succeeds', () =>
    inHouse('SQLite', async ({ world }) => {
      const inTheWay = join(world.folder, 'mark');
      await writeFile(inTheWay, '');
      await world.restart({ markFile: '', data: join(world.folder, 'other') });
      const refuses = (markFile: string, what: string): Promise<void> =>
        assert.rejects(world.restart({ markFile }), {
          name: 'MarkError',
          message: new RegExp(`^The mark file .* cannot be ${what}: .* --mark-file \\(COUNTERSIGN_MARK_FILE\\)\\.$`),
        });
      await refuses(join(inTheWay, 'countersign.mark'), 'used');
      // A name that is just short enough, but not for the draft beside it.
      await refuses(join(world.folder, 'm'.repeat(250)), 'written');
      await rm(inTheWay);
      await world.restart({ markFile: join(inTheWay, 'countersign.mark') });
    }));

  test('a mark that is lost, or is none, stops the start', () =>
    inHouse(
      'SQLite',
      async ({ world, markFile, setMark, mark }) => {
        await world.server.close();
        const { generation, sequence, row, renewed_at } = await mark();
        for (const broken of [{}, { generation, sequence: -1, row, renewed_at }, { generation, sequence }]) {
          await setMark(broken);
          await assert.rejects(world.restart(), { name: 'MarkError', message: /cannot be used: it holds no mark\. / });
        }
        await rm(markFile);
        await assert.rejects(world.restart(), {
          name: 'MarkError',
          message: /the mark file is not there: \S+\. If it was m/,
        });
        await mkdir(markFile);
        await assert.rejects(world.restart(), { name: 'MarkError', message: /it is no ordinary file/ });
      },
      { markEvery: 10 },
    ));

  test('a mark does not lie with the data, by whatever link', () =>
    inHouse('SQLite', async ({ world, markFile }) => {
      const data = join(world.folder, 'data');
      await assert.rejects(world.restart({ markFile: join(data, 'mark') }), OptionError);
      await symlink(data, join(world.folder, 'elsewhere'));
      const refused = { name: 'MarkError', message: /lies in the data folder/ };
      const linked = join(world.folder, 'elsewhere', 'mark');
      await copyFile(markFile, linked);
      await assert.rejects(world.restart({ markFile: linked }), refused);
      await symlink(join(world.folder, 'new'), join(world.folder, 'to the new'));
      const first = { data: join(world.folder, 'new'), markFile: join(world.folder, 'to the new', 'mark') };
      await assert.rejects(world.restart(first), refused);
      assert.deepEqual(
        (await readdir(first.data)).filter((name) => name.startsWith('mark')),
        [],
      );
    }));
});
