import assert from 'node:assert/strict';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, test } from 'node:test';
import { fault, faults, findings } from '../doctor.ts';
import { makePerson, signIn } from '../server.ts';
import { inHouse, kinds, typed } from './mark-steps.ts';

/** What an operator is told who looks, and that looking takes nothing away. */
describe('an operator who looks at a mark', { concurrency: true }, () => {
  for (const kind of kinds) {
    test(`${kind}: the doctor says whether the database is an older copy, and changes nothing`, () =>
      inHouse(kind, async ({ world, markFile, copy }) => {
        const alice = await makePerson(world);
        const putBack = await copy();
        await signIn(world, alice);
        await world.server.service.mark.renew();
        const ofMark = async () => (await findings(world)).filter(({ check }) => check === 'mark');
        assert.deepEqual(
          (await ofMark()).map(({ state, found }) => [state, found]),
          [['ok', 'The database has come as far as its mark: it is at row 2 of the audit log.']],
        );
        const unnamed = await fault(world, 'mark', { markFile: '' });
        assert.deepEqual([unnamed.state, /^A mark was kept .* none is named/.test(unnamed.found)], ['warning', true]);

        await putBack();
        const before = await readFile(markFile, 'utf8');
        const older = await fault(world, 'mark');
        assert.equal(older.state, 'failure');
        assert.match(older.found, /^This database is older .* made at row 2 of the audit log, which ends at row 1\.$/);
        assert.match(older.todo ?? '', /countersign db restore --accept/);
        await writeFile(markFile, 'nothing');
        assert.match((await fault(world, 'mark')).found, /holds no mark/);
        await writeFile(markFile, before);
        await assert.rejects(world.restart(), { name: 'MarkError' });
      }));

    test(`${kind}: a command works on an older copy, says that it is one, and what it writes does not hide that`, () =>
      inHouse(kind, async (house) => {
        const { world } = house;
        await makePerson(world);
        const putBack = await house.copy();
        await makePerson(world, 'bob');
        await putBack();
        for (const name of ['carol', 'dora']) {
          const { code, stderr } = await typed(house, ['user', 'create', name]);
          assert.equal(code, 0, stderr);
          assert.match(stderr, /This database (?:is older than|has gone on from)/);
        }
        await assert.rejects(world.restart(), { name: 'MarkError', message: /gone on from an older copy: row 2 / });
      }));

    test(`${kind}: what a command has changed while the service was stopped is not undone unseen`, () =>
      inHouse(kind, async (house) => {
        const { world } = house;
        await makePerson(world);
        const putBack = await house.copy();
        await world.server.close();
        const { code, stderr } = await typed(house, ['user', 'disable', 'alice']);
        assert.deepEqual([code, stderr], [0, '']);
        assert.equal((await house.mark()).sequence, 2);
        await putBack();
        await assert.rejects(world.restart(), {
          name: 'MarkError',
          message: /older than what this service has written/,
        });
      }));
  }

  test('who keeps no mark, and never did, is told what that means', () =>
    inHouse('SQLite', async ({ world }) => {
      await world.restart({ data: join(world.folder, 'other'), markFile: '' });
      assert.deepEqual(await faults(world), ['mark warning']);
      const { found, todo } = await fault(world, 'mark');
      assert.equal(found, 'No mark is kept: an older copy of the database that is put back would not be noticed.');
      assert.equal(todo, 'Name a place apart from the data with --mark-file (COUNTERSIGN_MARK_FILE).');
    }));

  test('config check says that a mark cannot be kept before the service does', () =>
    inHouse('SQLite', async (house) => {
      const check = () => typed(house, ['config', 'check']);
      assert.equal((await check()).code, 0);
      await house.setMark({});
      assert.match((await check()).stderr, /The mark file .* holds no mark/);
      const { findings: found } = JSON.parse((await typed(house, ['doctor', '--json'])).stdout);
      const named = found.filter((each: { found: string }) => each.found.includes('holds no mark'));
      assert.equal(named.length, 1, 'the doctor counts it once');
      await rm(dirname(house.markFile), { recursive: true });
      assert.equal((await check()).code, 0, 'its folder will be made');
      await mkdir(house.markFile, { recursive: true });
      assert.match((await check()).stderr, /no ordinary file/);
    }));

  test('the demo keeps no mark', () =>
    inHouse('SQLite', async (house) => {
      const { code, stderr } = await typed(house, ['demo']);
      assert.deepEqual([code, /leave out COUNTERSIGN_MARK_FILE/.test(stderr)], [2, true], stderr);
    }));
});
