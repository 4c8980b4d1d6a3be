import assert from 'node:assert/strict';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import pg from 'pg';
import { leftOut, tables } from '../../src/upkeep/backup/tables.ts';
import { inWorld } from '../server.ts';
import { freshDatabase } from './fresh.ts';

/** What a backup holds is all there is: its list of tables is held against the schema of either database. */
const sorted = (names: readonly string[]): string[] => [...names].sort();
const early = ['kysely_migration', 'kysely_migration_lock'];
const listed = sorted([...tables.map(({ name }) => name), ...leftOut.filter((name) => !early.includes(name))]);

test('every table of SQLite is in a backup, or said to be left out, by its primary key and its counter', () =>
  inWorld(
    async (world) => {
      const database = new DatabaseSync(join(world.folder, 'data', 'countersign.db'));
      const all = database.prepare("SELECT name, sql FROM sqlite_schema WHERE type = 'table'").all();
      const own = all.filter(({ name }) => !String(name).startsWith('sqlite_'));
      const seen: string[] = [];
      for (const { name, key, counter } of tables) {
        const columns = database.prepare('SELECT name, pk FROM pragma_table_info(?)').all(name);
        const primary = columns
          .filter(({ pk }) => pk !== 0)
          .sort((one, next) => Number(one['pk']) - Number(next['pk']));
        assert.deepEqual(
          primary.map((column) => column['name']),
          key,
          name,
        );
        const { sql } = own.find((each) => each['name'] === name) ?? {};
        assert.equal(/autoincrement/i.test(String(sql)), counter !== undefined, `${name} is numbered by SQLite`);
        for (const { table } of database.prepare('SELECT "table" FROM pragma_foreign_key_list(?)').all(name))
          assert.ok(seen.includes(String(table)), `${name} comes behind ${table}, to which its rows belong`);
        seen.push(name);
      }
      database.close();
      assert.deepEqual(sorted(own.map(({ name }) => String(name))), listed);
    },
    { databaseUrl: '' },
  ));

test('every table of PostgreSQL is in a backup, or said to be left out, and so is everything that numbers rows', async () => {
  const { url, drop } = await freshDatabase();
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    const names = async (query: string): Promise<string[]> =>
      (await client.query<{ name: string }>(query)).rows.map(({ name }) => name);
    const own = await names('select tablename as name from pg_tables where schemaname = current_schema()');
    assert.deepEqual(sorted(own), listed);
    const counters = tables.flatMap(({ name, counter }) => (counter ? [`${name}_${counter}_seq`] : []));
    assert.deepEqual(await names('select sequencename as name from pg_sequences'), counters);
  } finally {
    await client.end();
    await drop();
  }
});
