import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readdirSync, statSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import { setImmediate as turnOfLoop } from 'node:timers/promises';
import { type RawBuilder, sql } from 'kysely';
import { type Database, type Db, isReady, openDatabase } from './database.ts';

async function inFolder(story: (path: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'countersign-database-'));
  try {
    await story(join(folder, 'data', 'test.db'));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** A database with a table of notes. */
async function withNotes(story: (database: Database, path: string) => Promise<void>): Promise<void> {
  await inFolder(async (path) => {
    const database = await openDatabase({ file: path });
    try {
      await database.transaction((tx) => run(tx, sql`create table notes (text text)`));
      await story(database, path);
    } finally {
      await database.close();
    }
  });
}

async function run(db: Db, statement: RawBuilder<unknown>): Promise<void> {
  await statement.execute(db);
}

const note = (db: Db, text: string): Promise<void> => run(db, sql`insert into notes values (${text})`);
const notes = async (db: Db): Promise<string[]> =>
  (await sql<{ text: string }>`select text from notes order by rowid`.execute(db)).rows.map(({ text }) => text);

test('what a transaction wrote is kept when it ends well, and undone when it throws', () =>
  withNotes(async (database) => {
    assert.equal(await database.transaction(async (tx) => note(tx, 'kept').then(() => 'answer')), 'answer');
    const failing = database.transaction(async (tx) => {
      await note(tx, 'undone');
      throw new Error('for a reason');
    });
    await assert.rejects(failing, /for a reason/);
    assert.deepEqual(await notes(database.read), ['kept']);
  }));

test('a reader never sees what an open transaction has written, and does not wait for it', () =>
  withNotes(async (database) => {
    await database.transaction(async (tx) => {
      await note(tx, 'not yet');
      assert.deepEqual(await notes(tx), ['not yet']);
      assert.deepEqual(await notes(database.read), []);
    });
    assert.deepEqual(await notes(database.read), ['not yet']);
  }));

test('one request’s write is not lost with the rollback of another’s', () =>
  withNotes(async (database) => {
    const gate = Promise.withResolvers<void>();
    const failing = database.transaction(async (tx) => {
      await note(tx, 'undone');
      await gate.promise;
      throw new Error('for a reason');
    });
    const other = database.transaction((tx) => note(tx, 'a try that was charged'));
    for (let turns = 0; turns < 20; turns += 1) await turnOfLoop();
    assert.deepEqual(await notes(database.read), []);
    gate.resolve();
    await assert.rejects(failing, /for a reason/);
    await other;
    assert.deepEqual(await notes(database.read), ['a try that was charged']);
  }));

test('writers go one after another, in the order they came', () =>
  withNotes(async (database) => {
    let inside = 0;
    const write = (text: string) =>
      database.transaction(async (tx) => {
        inside += 1;
        assert.equal(inside, 1);
        await turnOfLoop();
        await note(tx, text);
        inside -= 1;
      });
    await Promise.all(['a', 'b', 'c', 'd'].map(write));
    assert.deepEqual(await notes(database.read), ['a', 'b', 'c', 'd']);
  }));

test('one that goes ahead comes before all that wait, and not into the one that runs', () =>
  withNotes(async (database) => {
    const begun = Promise.withResolvers<void>();
    const gate = Promise.withResolvers<void>();
    const running = database.transaction(async (tx) => {
      begun.resolve();
      await gate.promise;
      await note(tx, 'running');
    });
    await begun.promise;
    const waiting = ['a', 'b'].map((text) => database.transaction((tx) => note(tx, text)));
    const ahead = database.transaction((tx) => note(tx, 'ahead'), { ahead: true });
    gate.resolve();
    await Promise.all([running, ahead, ...waiting]);
    assert.deepEqual(await notes(database.read), ['running', 'ahead', 'a', 'b']);
  }));

test('however many transactions wait, everybody else has a turn after eight of them', () =>
  withNotes(async (database) => {
    let turns = 0;
    let over = false;
    const others = (async () => {
      for (; !over; turns += 1) await turnOfLoop();
    })();
    await Promise.all(Array.from({ length: 81 }, () => database.transaction((tx) => note(tx, 'x'))));
    for (let more = 0; more < 20; more += 1) await database.transaction((tx) => note(tx, 'one after another'));
    over = true;
    await others;
    assert.ok(turns >= 30, `${turns} turns`);
  }));

test('every connection is as durable as promised, and reads only what it should', () =>
  withNotes(async (database) => {
    const pragma = async (db: Db, name: string): Promise<unknown> =>
      (await sql<Record<string, unknown>>`pragma ${sql.raw(name)}`.execute(db)).rows[0]?.[name];
    await database.transaction(async (tx) => {
      for (const db of [tx, database.read]) {
        assert.equal(await pragma(db, 'synchronous'), 2);
        assert.equal(await pragma(db, 'journal_mode'), 'wal');
        assert.equal(await pragma(db, 'foreign_keys'), 1);
        assert.equal(await pragma(db, 'trusted_schema'), 0);
      }
    });
    await assert.rejects(note(database.read, 'by the reader'), /readonly/);
  }));

test('folder and files are for their owner alone', () =>
  withNotes(async (database, path) => {
    await database.transaction((tx) => note(tx, 'so that there is a log'));
    const mode = (file: string): number => statSync(file).mode & 0o777;
    assert.equal(mode(join(path, '..')), 0o700);
    for (const file of [path, `${path}-wal`, `${path}-shm`]) assert.equal(mode(file), 0o600, file);
  }));

test('a transaction waits for another connection that holds the write lock, and runs once', () =>
  withNotes(async (database, path) => {
    const other = new DatabaseSync(path);
    other.exec('begin immediate');
    let runs = 0;
    const waiting = database.transaction(async (tx) => {
      runs += 1;
      await note(tx, 'ours');
    });
    for (let turns = 0; turns < 20; turns += 1) await turnOfLoop();
    assert.deepEqual([runs, await notes(database.read)], [0, []]);
    other.exec("insert into notes values ('theirs'); commit");
    await waiting;
    other.close();
    assert.deepEqual([runs, await notes(database.read)], [1, ['theirs', 'ours']]);
  }));

test('an error inside a transaction is never tried again, not even one that says busy', () =>
  withNotes(async (database) => {
    let runs = 0;
    const failing = database.transaction(async () => {
      runs += 1;
      throw Object.assign(new Error('database is locked'), { errcode: 5 });
    });
    await assert.rejects(failing, { name: 'DatabaseUnavailable' });
    assert.equal(runs, 1);
  }));

test('several that open one database at once all find its schema', () =>
  inFolder(async (path) => {
    const migrations = readdirSync(new URL('schema/migrations/', import.meta.url))
      .map((file) => file.replace('.ts', ''))
      .sort();
    const all = await Promise.all(Array.from({ length: 4 }, () => openDatabase({ file: path })));
    for (const database of all) {
      const { rows } = await sql<{ name: string }>`select name from schema_history order by name`.execute(
        database.read,
      );
      assert.deepEqual(
        rows.map(({ name }) => name),
        migrations,
      );
      assert.equal(await isReady(database), true);
    }
    for (const database of all) await database.close();
    assert.equal(await isReady(all[0] ?? assert.fail()), false);
  }));

test('one with a trigger or a view that somebody has planted is not opened, and the sentence names it', () =>
  inFolder(async (path) => {
    await (await openDatabase({ file: path })).close();
    const plant = (statement: string): void => {
      const other = new DatabaseSync(path);
      other.exec(statement);
      other.close();
    };
    plant('create trigger "log\ne" before insert on audit begin select raise(ignore); end');
    await assert.rejects(openDatabase({ file: path }), /put a trigger \(log\?e\) into this database/);
    plant('drop trigger "log\ne"; create view users2 as select * from users');
    await assert.rejects(openDatabase({ file: path }), /put a view \(users2\) into this database/);
    plant('drop view users2');
    await (await openDatabase({ file: path })).close();
  }));

test('one that is being made by another process is waited for', () =>
  inFolder(async (path) => {
    mkdirSync(dirname(path), { recursive: true });
    const other = new DatabaseSync(path);
    other.exec('create table theirs (text text); begin exclusive');
    const opening = openDatabase({ file: path });
    for (let turns = 0; turns < 20; turns += 1) await turnOfLoop();
    other.exec('commit');
    other.close();
    const database = await opening;
    assert.equal(await isReady(database), true);
    await database.close();
  }));

test('a migration that fails leaves nothing behind', () =>
  inFolder(async (path) => {
    await (await openDatabase({ file: path })).close();
    const broken = new DatabaseSync(path);
    broken.exec('delete from schema_history; drop table users');
    const before = broken.prepare('select name from sqlite_schema order by name').all();
    await assert.rejects(openDatabase({ file: path }), /already exists/);
    assert.deepEqual(broken.prepare('select name from sqlite_schema order by name').all(), before);
    broken.close();
    assert.ok(existsSync(path));
  }));
