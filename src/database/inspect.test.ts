import assert from 'node:assert/strict';
import { readdirSync, utimesSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { sql } from 'kysely';
import { makeOlder, onEachKind, onPostgres } from '../../test/databases/places.ts';
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
  const database = await openDatabase({ file: path });
  assert.ok(await isReady(database));
  await database.close();
}

test('a database at rest is read without a journal beside it', () =>
  inFolder(async (path) => {
    await leave(path);
    const files = await inspectDatabase({ file: path }, async ({ schema, faults }) => {
      assert.deepEqual(schema, { missing: [], unknown: [], changed: [], foreign: [] });
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
    await inspectDatabase({ file: path }, async () => {
      times += 1;
      started ??= await openDatabase({ file: path });
    });
    assert.equal(times, 2);
    await started?.close();
  }));

test('a failure while a server started tells nothing: it is looked again', () =>
  inFolder(async (path) => {
    await leave(path);
    let started: Database | undefined;
    const found = await inspectDatabase({ file: path }, async ({ faults }) => {
      if (started) return faults();
      started = await openDatabase({ file: path });
      throw new Error('database disk image is malformed');
    });
    assert.deepEqual(found, []);
    await started?.close();
    await assert.rejects(
      inspectDatabase({ file: path }, async () => assert.fail('malformed')),
      /malformed/,
      'and one that nobody has disturbed is said at once',
    );
  }));

test('where it is changed again and again, that is said in the end', () =>
  inFolder(async (path) => {
    await leave(path);
    let times = 0;
    const looking = inspectDatabase({ file: path }, async () => {
      times += 1;
      utimesSync(path, times, times);
    });
    await assert.rejects(looking, /changed each time in the midst of reading\. Look again/);
    assert.equal(times, 5);
  }));

test('what is looked at is not brought up to date, and cannot be written to', () =>
  onEachKind(async ({ place, run }) => {
    await makeOlder(place, '0009-least-telling');
    const before = run('select * from schema_history order by name');
    await inspectDatabase(place, async ({ read, schema, faults }) => {
      assert.deepEqual(schema.changed, []);
      assert.equal(schema.missing[0], '0010-generations');
      assert.deepEqual(await faults(), []);
      await assert.rejects(sql`delete from schema_history`.execute(read), /read-?only/);
    });
    assert.deepEqual(run('select * from schema_history order by name'), before);
  }));

test('a server on which nothing of ours is, is told from one that cannot be reached', () =>
  onPostgres(async ({ url }) => {
    const look = (where: string) => inspectDatabase({ url: where }, async () => assert.fail('nothing is there'));
    await assert.rejects(look(url), /^Error: This is no database of Countersign\. Name the right one/);
    await assert.rejects(
      look('postgres://nobody@127.0.0.1:1/nothing'),
      (error: Error) => !/nobody/.test(error.message),
    );
  }));

test('rows that belong to nobody, and a rule that PostgreSQL does not hold old rows to, are faults', () =>
  onEachKind(async ({ kind, place, run }) => {
    await (await openDatabase(place)).close();
    const row = "insert into recovery_codes values ('nobody', ";
    const breaks =
      kind === 'SQLite'
        ? [`${row}x'00')`]
        : [
            'alter table recovery_codes drop constraint recovery_codes_user_id_fkey',
            `${row}'x')`,
            'alter table recovery_codes add constraint recovery_codes_user_id_fkey foreign key (user_id) references users on delete cascade not valid',
          ];
    for (const statement of breaks) run(statement);
    const found = await inspectDatabase(place, ({ faults }) => faults());
    const said = {
      SQLite: 'table recovery_codes has rows that belong to no row of users',
      PostgreSQL: 'table recovery_codes is not held to recovery_codes_user_id_fkey',
    };
    assert.deepEqual(found, [said[kind]]);
  }));
