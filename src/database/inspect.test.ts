import assert from 'node:assert/strict';
import { readdirSync, utimesSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { type Database, inspectDatabase, isReady, openDatabase } from './database.ts';

async function inFolder(story: (path: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'countersign-inspect-'));
  try {
    await story(join(folder, 'test.db'));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Makes a database that nobody has open. */
async function leave(path: string): Promise<void> {
  const database = await openDatabase(path);
  assert.ok(await isReady(database));
  await database.close();
}

test('a database at rest is read without a journal beside it', () =>
  inFolder(async (path) => {
    await leave(path);
    const files = await inspectDatabase(path, async ({ schema, faults }) => {
      assert.deepEqual(schema, { missing: [], unknown: [], foreign: [] });
      assert.deepEqual(await faults(), []);
      return readdirSync(dirname(path));
    });
    assert.deepEqual(files, ['test.db']);
    assert.deepEqual(readdirSync(dirname(path)), ['test.db']);
  }));

test('what was read while a server started is read again, now beside it', () =>
  inFolder(async (path) => {
    await leave(path);
    let started: Database | undefined;
    let times = 0;
    await inspectDatabase(path, async () => {
      times += 1;
      started ??= await openDatabase(path);
    });
    assert.equal(times, 2);
    await started?.close();
  }));

test('a failure while a server started tells nothing: it is looked again', () =>
  inFolder(async (path) => {
    await leave(path);
    let started: Database | undefined;
    const found = await inspectDatabase(path, async ({ faults }) => {
      if (started) return faults();
      started = await openDatabase(path);
      throw new Error('database disk image is malformed');
    });
    assert.deepEqual(found, []);
    await started?.close();
    await assert.rejects(
      inspectDatabase(path, async () => assert.fail('malformed')),
      /malformed/,
      'and one that nobody has disturbed is said at once',
    );
  }));

test('where it is changed again and again, that is said in the end', () =>
  inFolder(async (path) => {
    await leave(path);
    let times = 0;
    const looking = inspectDatabase(path, async () => {
      times += 1;
      utimesSync(path, times, times);
    });
    await assert.rejects(looking, /changed each time in the midst of reading: look again/);
    assert.equal(times, 5);
  }));
