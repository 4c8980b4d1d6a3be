import assert from 'node:assert/strict';
import { copyFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { begin, countersign, inFolder } from './process.ts';

const listening = /Listening on (http:\/\/localhost:(\d+))\./;

test('keys are rotated beside two instances: refused while one lacks the key, and listed for both', () =>
  inFolder(async (folder) => {
    const first = begin(['serve', '--port', '0'], { folder });
    await first.until(listening);
    await copyFile(join(folder, 'keys', 'countersign.keys'), join(folder, 'copy.keys'));
    const second = begin(['serve', '--port', '0', '--key-file', 'copy.keys'], { folder });
    await second.until(listening);

    const added = await countersign(['key', 'rotate', '--json'], { folder });
    const { id } = JSON.parse(added.stdout) as { id: string };
    const refused = await countersign(['key', 'rotate', '--activate', id], { folder });
    assert.equal(refused.code, 1);
    assert.match(refused.stderr, new RegExp(`^countersign: Instance \\S+ \\(\\S+\\) does not hold key "${id}" yet\\.`));

    const listed = await countersign(['key', 'list', '--json'], { folder });
    const { keys } = JSON.parse(listed.stdout) as {
      keys: { id: string; active: boolean; instances: { name: string }[] }[];
    };
    assert.deepEqual(keys.map(({ active, instances }) => [active, instances.length]).sort(), [
      [false, 0],
      [true, 2],
    ]);
    const names = keys.find(({ active }) => active)?.instances.map(({ name }) => name.split(':').at(-1));
    assert.deepEqual(names?.sort(), [first, second].map(({ child }) => String(child.pid)).sort());

    for (const { child } of [first, second]) child.kill('SIGTERM');
    for (const { end } of [first, second]) assert.equal((await end).code, 0);
    assert.equal((await countersign(['key', 'rotate', '--activate', id], { folder })).code, 0, 'both have left');
    const resealed = await countersign(['key', 'reseal', '--json'], { folder });
    assert.deepEqual(JSON.parse(resealed.stdout), { key: id, resealed: 0, unopened: 0 });
  }));
