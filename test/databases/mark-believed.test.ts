import assert from 'node:assert/strict';
import { copyFile, readdir, readFile, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { newId } from '../../src/tokens.ts';
import { activateKey, addKey } from '../../src/upkeep/upkeep.ts';
import { makePerson, signIn } from '../server.ts';
import { alter } from '../tables.ts';
import { inHouse, kinds, typed } from './mark-steps.ts';

/** What a mark tells that another row stands behind, and which file is believed to be one. */
describe('a mark', { concurrency: true }, () => {
  for (const kind of kinds)
    test(`${kind}: a server that took over, lacks a row and numbers on behind it is noticed, at once and at the next start`, () =>
      inHouse(kind, async ({ world, mark }) => {
        const alice = await makePerson(world);
        await signIn(world, alice);
        await world.server.service.mark.renew();
        const { sequence } = await mark();
        alter(world, `DELETE FROM audit WHERE sequence >= ${sequence}`);
        alter(world, `UPDATE generations SET marked = ${sequence - 1}`);
        await signIn(world, alice);
        alter(world, `UPDATE audit SET sequence = ${sequence + 32} WHERE sequence >= ${sequence}`);
        const lacking = new RegExp(`^This database lacks what this service has written: .* at row ${sequence} `);
        assert.match((await world.server.service.mark.renew()) ?? '', lacking);
        assert.equal((await world.call('GET', '/readyz')).status, 503);
        assert.equal((await mark()).sequence, sequence);
        await assert.rejects(world.restart(), { name: 'MarkError', message: lacking });
      }));

  test('a database that is back after it was away is compared before it is said to be ready', (t) =>
    inHouse('SQLite', async ({ world }) => {
      await makePerson(world);
      const { atAnyTime, mark } = world.server.service;
      await mark.renew();
      const away = t.mock.method(atAnyTime, 'transaction', () => Promise.reject(new Error('away')));
      const ready = async () => (await world.call('GET', '/readyz')).body.detail;
      assert.match(String(await ready()), /keeps nothing that is written/);
      away.mock.restore();
      alter(world, 'DELETE FROM audit');
      alter(world, 'UPDATE generations SET marked = 0');
      for (const over = AbortSignal.timeout(20_000); ; await sleep(50)) {
        const why = String(await ready());
        if (/is an older copy/.test(why)) return;
        assert.match(why, /keeps nothing that is written/);
        over.throwIfAborted();
      }
    }));

  test('a mark that somebody has turned back without the key file is refused, and so is that of another service', () =>
    inHouse('SQLite', async ({ world, mark, setMark }) => {
      await makePerson(world);
      await world.server.close();
      const made = await mark();
      const changes = { generation: 'another', sequence: 0, row: '', renewed_at: '2026-01-01T00:00:00Z', mac: '' };
      for (const [name, value] of Object.entries(changes)) {
        await setMark({ ...made, [name]: value });
        await assert.rejects(world.restart(), {
          name: 'MarkError',
          message: /changed by somebody without the key file/,
        });
      }
      await setMark({ ...made, key: 'k0' });
      await assert.rejects(world.restart(), {
        name: 'MarkError',
        message: /signed with key "k0", .* put that key back/,
      });
      await setMark(made);
      await world.restart();
    }));

  test('a mark from before another key was made active is believed, and the next one is signed with that', () =>
    inHouse('SQLite', async ({ world, mark }) => {
      const { database, options } = world.server.service;
      const before = await mark();
      const id = await addKey(database, options, world.now());
      await world.server.instance.report();
      await activateKey({ database, place: options }, { id, lost: false }, world.now());
      await world.server.service.mark.renew();
      assert.equal((await mark()).key, before.key, 'the process does not know of it yet');
      await world.restart();
      assert.deepEqual([before.key === id, (await mark()).key], [false, id]);
    }));

  test('whoever accepts loses no file that was named as the mark by mistake', () =>
    inHouse('SQLite', async (house) => {
      const { world, markFile } = house;
      await makePerson(world);
      await world.server.close();
      const accept = () => typed(house, ['db', 'restore', '--accept']);
      const diary = join(world.folder, 'diary');
      await writeFile(diary, 'Dear diary');
      await rm(markFile);
      await symlink(diary, markFile);
      const { code, stderr } = await accept();
      assert.deepEqual([code, /holds no mark\. If it did, move it away/.test(stderr)], [1, true], stderr);
      assert.equal(await readFile(diary, 'utf8'), 'Dear diary');
      await rm(markFile);
      await writeFile(markFile, '');
      assert.equal((await accept()).code, 0, 'an empty file is nothing');
      await world.restart();
    }));

  test('what was left of a mark when a process was killed goes at the next start, and nothing else does', () =>
    inHouse('SQLite', async ({ world, markFile }) => {
      await world.server.close();
      const [old, fresh, other] = [`${markFile}.${newId()}`, `${markFile}.${newId()}`, `${markFile}.before`];
      for (const file of [old, fresh, other]) await copyFile(markFile, file);
      for (const file of [old, other]) await utimes(file, 1, 1);
      await world.restart();
      const left = [markFile, fresh, other].map((file) => basename(file));
      assert.deepEqual((await readdir(dirname(markFile))).toSorted(), left.toSorted());
    }));
});
