import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { makePerson } from '../server.ts';
import { atSite } from './backup-steps.ts';
import { inHouse, kinds, typed } from './mark-steps.ts';
import { makeOlder } from './places.ts';

/** Whichever command opens a database says what that has changed, and notes how far it has come. */
const older = '0009-least-telling';
const broughtUp = /^countersign: The database was brought up to date \(0010-generations, [^)]+\)\..*\n$/;

for (const kind of kinds) {
  test(`${kind}: a command that brings the database up to date says so, whichever it is`, async () => {
    for (const args of [
      ['key', 'list'],
      ['user', 'list', '--json'],
      ['db', 'restore', '--accept'],
    ])
      await atSite(kind, async (site) => {
        await makeOlder(site.place, older);
        const { code, stderr } = await site.run([...args, '--mark-file', join(site.folder, 'mark', 'm')]);
        assert.equal(code, 0, stderr);
        assert.match(stderr.replace(/.*There are no users yet.*\n/, ''), broughtUp, args.join(' '));
      });
  });

  test(`${kind}: a database that was brought up to date and never served is no older copy`, () =>
    atSite(kind, async (site) => {
      const markFile = join(site.folder, 'mark', 'm');
      await makeOlder(site.place, older);
      const migrated = await site.run(['db', 'migrate', '--mark-file', markFile]);
      assert.match(`countersign: ${migrated.stdout}`, broughtUp);
      const { stdout } = await site.run(['doctor', '--json', '--mark-file', markFile]);
      const ofMark = JSON.parse(stdout).findings.filter(({ check }: { check: string }) => check === 'mark');
      assert.deepEqual(ofMark, [{ check: 'mark', state: 'ok', found: 'The next start makes the mark.' }]);
      for (const args of [
        ['key', 'list'],
        ['db', 'backup', join(site.folder, 'all.backup')],
      ])
        assert.deepEqual((await site.run([...args, '--mark-file', markFile])).stderr, '', args.join(' '));
      assert.ok(!existsSync(markFile), 'there is nothing to be marked yet');
    }));

  test(`${kind}: what was done to the keys is not undone unseen`, () =>
    inHouse(kind, async (house) => {
      await makePerson(house.world);
      const putBack = await house.copy();
      await house.world.server.close();
      const added = await typed(house, ['key', 'rotate', '--json']);
      const { code, stderr } = await typed(house, ['key', 'rotate', '--activate', JSON.parse(added.stdout).id]);
      assert.deepEqual([code, stderr], [0, '']);
      assert.equal((await house.mark()).sequence, 2);
      await putBack();
      await assert.rejects(house.world.restart(), { name: 'MarkError', message: /older than what this service has/ });
    }));
}
