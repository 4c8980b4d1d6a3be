import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
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
      assert.deepEqual(schema, { missing: [], unknown: [] });
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
