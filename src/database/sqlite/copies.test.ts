import assert from 'node:assert/strict';
import { copyFileSync, mkdirSync, readdirSync, rmdirSync, statSync, writeFileSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import { sql } from 'kysely';
import { makeOlder, onEachKind, onPostgres, onSqlite } from '../../../test/databases/places.ts';
import { inspectDatabase, openDatabase, type Tx } from '../database.ts';
import { openEngine } from '../open.ts';
import { migrate, migrationNames, upgradeSentence } from '../schema/migrate.ts';
import { createCopies } from './copies.ts';

const [older = '', last = ''] = migrationNames.slice(-2);
const alice = "insert into users values ('1', 'alice', 0, 0, 1, 1)";
const addAlice = (tx: Tx) => sql.raw(alice).execute(tx);

/** The names of the people in a database as it is, and the migrations that it lacks. */
async function inside(file: string): Promise<{ names: string[]; missing: string[] }> {
  return inspectDatabase({ file }, async ({ read, schema, faults }) => {
    assert.deepEqual(await faults(), []);
    const { rows } = await sql<{ name: string }>`select name from users order by name`.execute(read);
    return { names: rows.map(({ name }) => name), missing: schema.missing };
  });
}

test('before a SQLite file is brought up to date, all that was committed is copied beside it, for its owner alone', () =>
  onSqlite(async ({ file, place }) => {
    await makeOlder(place, older, addAlice);
    const another = new DatabaseSync(file);
    another.exec("insert into users values ('2', 'bob', 0, 0, 1, 1)");

    const database = await openDatabase(place);
    another.exec("insert into users values ('3', 'carol', 0, 0, 1, 1)");
    const copy = `${file}.before-${last}`;
    assert.deepEqual(database.upgrade, { ran: [last], copy });
    const sentence = `The database was brought up to date (${last}). As it was before, it is in ${copy}: delete that once all is well.`;
    assert.equal(upgradeSentence(database.upgrade), sentence);
    await database.close();
    another.close();
    assert.equal(statSync(copy).mode & 0o777, 0o600);
    assert.deepEqual(await inside(copy), { names: ['alice', 'bob'], missing: [last] });
    assert.deepEqual(await inside(file), { names: ['alice', 'bob', 'carol'], missing: [] });

    const again = await openDatabase(place);
    assert.deepEqual(again.upgrade, { ran: [] });
    assert.equal(upgradeSentence(again.upgrade), undefined);
    await again.close();

    copyFileSync(copy, file);
    assert.deepEqual(await inside(file), { names: ['alice', 'bob'], missing: [last] });
    const afresh = await openDatabase(place);
    assert.deepEqual(afresh.upgrade, { ran: [last], copy });
    await afresh.close();
  }));

test('only the newest copy is kept, drafts of before are taken away, and nothing else is', () =>
  onSqlite(async ({ file, place }) => {
    await makeOlder(place, older);
    const others = ['.before-the-move', '.before-9000-of-the-future', '-journal', '.before-0001-first.gz'];
    const old = ['.before-0001-first', '.before-0002-portal', `.before-${last}.draft`, `.before-${last}`];
    for (const end of [...others, ...old]) writeFileSync(`${file}${end}`, '');
    await (await openDatabase(place)).close();
    const name = basename(file);
    const kept = [name, ...[...others, `.before-${last}`].map((end) => `${name}${end}`)];
    assert.deepEqual(readdirSync(dirname(file)).sort(), kept.sort());
    assert.deepEqual((await inside(`${file}.before-${last}`)).missing, [last]);
  }));

test('a new database is not copied, and one on a server never is', async () => {
  await onEachKind(async ({ place }) => {
    const database = await openDatabase(place);
    assert.deepEqual(database.upgrade, { ran: migrationNames });
    assert.equal(upgradeSentence(database.upgrade), undefined);
    await database.close();
    if ('file' in place) assert.deepEqual(readdirSync(dirname(place.file)), [basename(place.file)]);
  });
  await onPostgres(async ({ place }) => {
    await makeOlder(place, older);
    const database = await openDatabase(place);
    assert.deepEqual(database.upgrade, { ran: [last] });
    assert.equal(upgradeSentence(database.upgrade), `The database was brought up to date (${last}).`);
    await database.close();
  });
});

test('where no copy can be made, nothing is changed, the sentence says why, and later all is well', () =>
  onSqlite(async ({ file, place }) => {
    await makeOlder(place, older, addAlice);
    const inTheWay = `${file}.before-${last}.draft`;
    mkdirSync(inTheWay);
    const told = new RegExp(`a copy of it is kept in \\S+${last}, and that could not be made: .*Nothing was changed`);
    await assert.rejects(openDatabase(place), told);
    assert.deepEqual(await inside(file), { names: ['alice'], missing: [last] });
    rmdirSync(inTheWay);
    await (await openDatabase(place)).close();
    assert.deepEqual(await inside(`${file}.before-${last}`), { names: ['alice'], missing: [last] });
  }));

test('nobody writes between the copy and the change', () =>
  onSqlite(async ({ file, place, run }) => {
    await makeOlder(place, older);
    const engine = await openEngine(place);
    const { keep } = createCopies(file, engine.read);
    const keepCopy = async (next: string): Promise<string> => {
      const copy = await keep(next);
      assert.throws(() => run(alice), /locked/);
      return copy;
    };
    await engine.writeLong((tx) => migrate(tx, { keepCopy }), { mayRest: false });
    run(alice);
    await engine.close();
  }));
