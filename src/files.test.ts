import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readdir, readFile, realpath, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { addFile, liesWithin, makeFolder, readSmallFile, replaceFile } from './files.ts';

async function inFolder(story: (folder: string) => Promise<void>): Promise<void> {
  const folder = await realpath(await mkdtemp(join(tmpdir(), 'countersign-files-')));
  try {
    await story(folder);
  } finally {
    await rm(folder, { recursive: true });
  }
}

const modeOf = async (path: string): Promise<number> => (await stat(path)).mode & 0o777;

test('a file is never added over another one, and of those that are added at once one is', () =>
  inFolder(async (folder) => {
    const path = join(folder, 'a');
    const added = await Promise.all(['1', '2', '3'].map((text) => addFile(path, { text, mode: 0o640 })));
    assert.equal(added.filter(Boolean).length, 1);
    assert.equal(await readFile(path, 'utf8'), String(added.indexOf(true) + 1));
    if (process.platform !== 'win32') assert.equal(await modeOf(path), 0o640);
    assert.deepEqual(await readdir(folder), ['a'], 'no draft is left');
  }));

test('what fails halfway leaves what was there, and no draft', () =>
  inFolder(async (folder) => {
    const path = join(folder, 'a');
    async function* broken(): AsyncGenerator<string> {
      yield 'half';
      throw new Error('no more');
    }
    await assert.rejects(addFile(path, { text: broken(), mode: 0o600 }), /no more/);
    assert.deepEqual(await readdir(folder), []);
    await writeFile(path, 'before');
    await assert.rejects(replaceFile(path, { text: broken(), mode: 0o600 }), /no more/);
    assert.deepEqual([await readFile(path, 'utf8'), await readdir(folder)], ['before', ['a']]);
  }));

test('what takes the place of a file does so where a link leads, with the mode that is asked for', () =>
  inFolder(async (folder) => {
    await mkdir(join(folder, 'real'));
    await writeFile(join(folder, 'real', 'a'), 'before', { mode: 0o666 });
    await symlink(join(folder, 'real', 'a'), join(folder, 'link'));
    await replaceFile(join(folder, 'link'), { text: 'after', mode: 0o600 });
    assert.equal(await readFile(join(folder, 'real', 'a'), 'utf8'), 'after');
    if (process.platform !== 'win32') assert.equal(await modeOf(join(folder, 'real', 'a')), 0o600);
    assert.equal(await realpath(join(folder, 'link')), join(folder, 'real', 'a'));
    await replaceFile(join(folder, 'new'), { text: 'first', mode: 0o600 });
    assert.equal(await readFile(join(folder, 'new'), 'utf8'), 'first');
  }));

test('folders are made for their owner alone, and one that is there stays as it is', () =>
  inFolder(async (folder) => {
    await mkdir(join(folder, 'open'));
    const before = await modeOf(join(folder, 'open'));
    await makeFolder(join(folder, 'open', 'one', 'two'));
    const modes = await Promise.all(
      [['open'], ['open', 'one'], ['open', 'one', 'two']].map((names) => modeOf(join(folder, ...names))),
    );
    if (process.platform !== 'win32') assert.deepEqual(modes, [before, 0o700, 0o700]);
    await makeFolder(join(folder, 'open', 'one', 'two'));
  }));

test('a small file is read as it is; what is missing is nothing, and what is longer, or no file, is refused', () =>
  inFolder(async (folder) => {
    const path = join(folder, 'a');
    assert.equal(await readSmallFile(path, 4096), undefined);
    await writeFile(path, 'x'.repeat(4096));
    assert.equal((await readSmallFile(path, 4096))?.length, 4096);
    const refused = /^Error: it is no ordinary file of at most 4 KiB$/;
    await writeFile(path, 'x'.repeat(4097));
    await assert.rejects(readSmallFile(path, 4096), refused);
    await assert.rejects(readSmallFile(folder, 4096), refused);
  }));

test('what is in a folder is found there by whatever link, and what only has a name like it is not', () =>
  inFolder(async (folder) => {
    const [data, beside] = [join(folder, 'data'), join(folder, 'data-2')];
    for (const each of [data, beside]) await mkdir(each);
    for (const each of [data, beside]) await writeFile(join(each, 'a'), '');
    await symlink(join(data, 'a'), join(beside, 'to-a'));
    await symlink(data, join(folder, 'to-data'));
    for (const inside of [data, join(data, 'a'), join(beside, 'to-a'), join(folder, 'to-data', 'a')])
      assert.equal(await liesWithin(inside, data), true, inside);
    assert.equal(await liesWithin(join(data, 'a'), join(folder, 'to-data')), true);
    for (const outside of [folder, beside, join(beside, 'a')])
      assert.equal(await liesWithin(outside, data), false, outside);
    assert.equal(await liesWithin(join(data, 'a'), join(folder, 'none')), false);
  }));
