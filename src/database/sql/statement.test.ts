import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as turnOfLoop } from 'node:timers/promises';
import { sql } from 'kysely';
import { onDatabase } from '../../../test/databases/on-database.ts';
import { type Database, type Db, isPostgres, statement, type Tx } from '../database.ts';
import { typesOf } from './dialect.ts';

interface Note {
  number: number;
  text: string | null;
  bytes: Buffer | null;
}

type Tables = { notes: Note };

const onNotes = (story: (database: Database) => Promise<void>): Promise<void> =>
  onDatabase(async (database) => {
    await database.transaction(async (tx) => {
      const { text, bytes, integer } = typesOf(tx);
      await sql`create table notes (number ${integer} primary key, text ${text} unique, bytes ${bytes})`.execute(tx);
    });
    await story(database);
  });

const insert = statement((db, row: Note) => db.$extendTables<Tables>().insertInto('notes').values(row));
const insertAll = statement((db, given: { rows: readonly Note[] }) =>
  db.$extendTables<Tables>().insertInto('notes').values(given.rows),
);
const between = statement((db, given: { least: number; most: number; limit: number }) =>
  db
    .$extendTables<Tables>()
    .selectFrom('notes')
    .selectAll()
    .where('number', '<=', given.most)
    .where('number', '>=', given.least)
    .where('number', '<', 1000)
    .orderBy('number')
    .limit(given.limit),
);
const among = statement((db, given: { numbers: readonly number[]; but: string }) =>
  db
    .$extendTables<Tables>()
    .selectFrom('notes')
    .select('number')
    .where('text', '!=', given.but)
    .where('number', 'in', given.numbers)
    .orderBy('number'),
);
const amongBoth = statement((db, given: { numbers: readonly number[]; texts: readonly string[] }) =>
  db
    .$extendTables<Tables>()
    .selectFrom('notes')
    .select('number')
    .where('number', 'in', given.numbers)
    .where('text', 'in', given.texts),
);
const remove = statement((db, given: { least: number }) =>
  db.$extendTables<Tables>().deleteFrom('notes').where('number', '>=', given.least),
);

const viaKysely = (db: Db): Promise<Note[]> =>
  db.$extendTables<Tables>().selectFrom('notes').selectAll().orderBy('number').execute();

const some: readonly Note[] = [
  { number: 1, text: 'one', bytes: Buffer.from('bytes') },
  { number: 2, text: null, bytes: null },
  { number: 3, text: '', bytes: Buffer.alloc(0) },
];

test('each value goes where its member stands, in whatever order they are given, and comes back as through Kysely', () =>
  onNotes(async (database) => {
    await database.transaction(async (tx) => {
      for (const { number, text, bytes } of some) assert.equal(await insert.run(tx, { bytes, text, number }), 1);
    });
    const found = await between.all(database.read, { limit: 10, most: 3, least: 1 });
    assert.deepEqual(found, await viaKysely(database.read));
    assert.deepEqual(
      found.map(({ number, text, bytes }) => ({ number, text, bytes: bytes && Buffer.from(bytes) })),
      some,
    );
    assert.deepEqual(await between.all(database.read, { least: 2, most: 2, limit: 10 }), found.slice(1, 2));
    assert.deepEqual(await between.first(database.read, { least: 2, most: 3, limit: 1 }), found[1]);
    assert.equal(await between.first(database.read, { least: 3, most: 2, limit: 1 }), undefined);
    assert.equal(await database.transaction((tx) => remove.run(tx, { least: 2 })), 2);
  }));

test('a list of values, or of rows, may come in any length', () =>
  onNotes(async (database) => {
    const row = (number: number): Note => ({ number, text: `text ${number}`, bytes: null });
    await database.transaction(async (tx) => {
      assert.equal(await insertAll.run(tx, { rows: [row(1)] }), 1);
      assert.equal(await insertAll.run(tx, { rows: [row(3), row(2), row(4)] }), 3);
      assert.equal(await insertAll.run(tx, { rows: [row(5)] }), 1);
    });
    const numbers = async (given: { numbers: number[]; but: string }): Promise<number[]> =>
      (await among.all(database.read, given)).map(({ number }) => number);
    assert.deepEqual(await numbers({ numbers: [4], but: '' }), [4]);
    assert.deepEqual(await numbers({ numbers: [1, 5, 9], but: 'text 5' }), [1]);
    assert.deepEqual(await numbers({ but: 'text 2', numbers: [5, 2, 4] }), [4, 5]);
    assert.deepEqual(await numbers({ numbers: [2], but: '' }), [2]);
  }));

test('two lists may come in any lengths, and in whatever order they are given', () =>
  onNotes(async (database) => {
    const rows = [1, 2].map((number) => ({ number, text: `text ${number}`, bytes: null }));
    await database.transaction((tx) => insertAll.run(tx, { rows }));
    const numbers = async (given: { numbers: number[]; texts: string[] }): Promise<number[]> =>
      (await amongBoth.all(database.read, given)).map(({ number }) => number);
    assert.deepEqual(await numbers({ numbers: [2, 1], texts: ['text 1'] }), [1]);
    assert.deepEqual(await numbers({ texts: ['text 2', 'text 1'], numbers: [1] }), [1]);
    assert.deepEqual(await numbers({ texts: ['text 2'], numbers: [1, 2] }), [2]);
  }));

test('in a transaction a statement sees what was written in it, and nobody outside does before it is kept', () =>
  onNotes(async (database) => {
    const all = { least: 0, most: 9, limit: 10 };
    await assert.rejects(
      database.transaction(async (tx) => {
        await insertAll.run(tx, { rows: some });
        assert.equal((await between.all(tx, all)).length, 3);
        assert.equal((await between.all(database.read, all)).length, 0);
        throw new Error('undone');
      }),
      /undone/,
    );
    assert.equal((await between.all(database.read, all)).length, 0);
    await database.transaction((tx) => insertAll.run(tx, { rows: some }));
    assert.equal((await between.all(database.read, all)).length, 3);
  }));

test('while somebody holds one state of the database, a statement does not read that past', () =>
  onNotes(async (database) => {
    const all = { least: 0, most: 9, limit: 10 };
    const read = Promise.withResolvers<void>();
    const gate = Promise.withResolvers<void>();
    const snapshot = database.snapshot(async (db) => {
      assert.equal((await between.all(db, all)).length, 0);
      read.resolve();
      await gate.promise;
      return (await between.all(db, all)).length;
    });
    await read.promise;
    await database.transaction((tx) => insertAll.run(tx, { rows: some }));
    const reading = between.all(database.read, all);
    for (let turns = 0; turns < 5; turns += 1) await turnOfLoop();
    gate.resolve();
    assert.equal(await snapshot, 0);
    assert.equal((await reading).length, 3);
  }));

test('a transaction that is over is refused', () =>
  onNotes(async (database) => {
    let over: Tx | undefined;
    await database.transaction(async (tx) => {
      over = tx;
    });
    await assert.rejects(insertAll.run(over ?? assert.fail(), { rows: some }), /committed/);
    await assert.rejects(
      database.transaction(async (tx) => {
        over = tx;
        throw new Error('undone');
      }),
      /undone/,
    );
    await assert.rejects(insertAll.run(over ?? assert.fail(), { rows: some }), /rolled back/);
    assert.deepEqual(await viaKysely(database.read), []);
  }));

test('what fails fails with the same words as through Kysely', () =>
  onNotes(async (database) => {
    const [row = assert.fail()] = some;
    await database.transaction((tx) => insert.run(tx, row));
    const why = async (ask: (tx: Tx) => Promise<unknown>): Promise<unknown> =>
      database.transaction(ask).catch((error: Error) => [error.name, error.message, error.cause]);
    const again = { ...row, number: 9 };
    const said = await why((tx) => insert.run(tx, again));
    assert.match(String(said), /unique/i);
    assert.deepEqual(said, await why((tx) => tx.$extendTables<Tables>().insertInto('notes').values(again).execute()));
    if (isPostgres(database.read)) return;
    // What somebody has to mend comes in the words for him.
    const { read } = database;
    const kysely = read.$extendTables<Tables>().insertInto('notes').values(again);
    const refused = await insert.run(read, again).catch((error: Error) => [error.name, error.message]);
    assert.match(String(refused), /DatabaseUnavailable,The database cannot be written to/);
    assert.deepEqual(refused, await kysely.execute().catch((error: Error) => [error.name, error.message]));
  }));
