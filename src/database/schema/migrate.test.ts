import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { sql } from 'kysely';
import { makeOlder, onEachKind, onSqlite } from '../../../test/databases/places.ts';
import { openDatabase } from '../database.ts';
import type { Db } from '../engine.ts';
import { openEngine } from '../open.ts';
import { connectSqlite } from '../sqlite/sqlite.ts';
import { migrationNames } from './migrate.ts';
import { up as first } from './migrations/0001-first.ts';
import { up as portal } from './migrations/0002-portal.ts';
import { up as auditChain } from './migrations/0004-audit-chain.ts';
import { up as passwordGiven } from './migrations/0008-password-given.ts';
import { describeSchema } from './schema.ts';

/** A database of before, with what `fill` puts into it, brought up to date. */
async function migrated(fill: string[], story: (db: Db) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'countersign-migration-'));
  const db = connectSqlite(join(folder, 'test.db'), 'write');
  try {
    await db.transaction().execute(async (tx) => {
      await first(tx);
      await portal(tx);
      for (const statement of fill) await sql.raw(statement).execute(tx);
      await auditChain(tx);
      await passwordGiven(tx);
    });
    await story(db);
  } finally {
    await db.destroy();
    await rm(folder, { recursive: true, force: true });
  }
}

test('rows of before belong to no chain, and the register is empty', () =>
  migrated(["insert into audit (at, event) values (1, 'user.created')"], async (db) => {
    const rows = await sql`select chain, link, mac from audit`.execute(db);
    assert.deepEqual({ ...(rows.rows[0] as object) }, { chain: null, link: null, mac: null });
    const register = await sql`select * from audit_register`.execute(db);
    const empty = { only: 1, first: 1, last: 0, since: null, key_id: null, mac: null };
    assert.deepEqual(
      register.rows.map((row) => ({ ...(row as object) })),
      [empty],
    );
  }));

test('accounts that have a password, or had one as far as the log goes back, are marked', () => {
  const names = ['has', 'changed', 'forced', 'invited', 'new'];
  const users = names.map((id) => `insert into users values ('${id}', '${id}', 0, 0, 1)`);
  const log = [
    ['changed', 'password.changed', null],
    ['forced', 'password.link_made', '{"forced":true}'],
    ['invited', 'password.link_made', '{"forced":false}'],
    ['new', 'user.created', null],
  ].map(
    ([id, event, detail]) =>
      `insert into audit (at, event, user_id, detail) values (1, '${event}', '${id}', ${detail ? `'${detail}'` : 'null'})`,
  );
  const password = "insert into passwords values ('has', x'00', 0, 'v', 1)";
  return migrated([...users, password, ...log], async (db) => {
    const { rows } = await sql<{ id: string }>`select id from users where password_given = 1 order by id`.execute(db);
    assert.deepEqual(
      rows.map(({ id }) => id),
      ['changed', 'forced', 'has'],
    );
  });
});

test('a migration that fails leaves nothing behind, and the next start tries again', () =>
  onEachKind(async ({ place, run }) => {
    await makeOlder(place, '0009-least-telling');
    run('create table generations (one text)');
    const before = run('select * from schema_history order by name');
    await assert.rejects(openDatabase(place), /already exists/);
    assert.deepEqual(run('select * from schema_history order by name'), before);
    run('drop table generations');
    const database = await openDatabase(place);
    assert.deepEqual(database.upgrade.ran, migrationNames.slice(9));
    await database.close();
  }));

test('a database of a newer version, or with a gap in its history, is refused and stays as it is', () =>
  onEachKind(async ({ place, run }) => {
    await makeOlder(place, '0009-least-telling');
    run("insert into schema_history (name) values ('9999-of-the-future')");
    const before = run('select * from schema_history order by name');
    await assert.rejects(
      openDatabase(place),
      /^Error: A newer version has changed this database \(9999-of-the-future\): install that version again/,
    );
    assert.deepEqual(run('select * from schema_history order by name'), before);
    run("delete from schema_history where name > '9' or name like '0005%'");
    await assert.rejects(openDatabase(place), /changed the schema of this database: the history lacks 0005-keys\./);
  }));

test('whoever runs on a database goes on while a newer version brings it up to date', () =>
  onEachKind(async ({ place, run }) => {
    await makeOlder(place, '0009-least-telling');
    const running = await openEngine(place);
    const write = (id: string) =>
      running.write((tx) => sql`insert into users values (${id}, ${id}, 0, 0, 1, 1)`.execute(tx), 5000);
    const read = async () => (await sql<{ id: string }>`select id from users order by id`.execute(running.read)).rows;
    await write('1');
    assert.equal((await read()).length, 1);
    await (await openDatabase(place)).close();
    await write('2');
    assert.deepEqual(
      (await read()).map(({ id }) => id),
      ['1', '2'],
    );
    await running.close();
    assert.equal(run('select * from users').length, 2);
  }));

test('the history of an early database moves to where it stands now', () =>
  onSqlite(async ({ place, run }) => {
    await makeOlder(place, '0008-password-given');
    run('create table kysely_migration (name text, timestamp text)');
    run('create table kysely_migration_lock (id text)');
    run("insert into kysely_migration select name, '' from schema_history");
    run('drop table schema_history');
    const database = await openDatabase(place);
    assert.deepEqual(database.upgrade.ran, migrationNames.slice(8));
    await database.close();
    const names = run('select name from schema_history order by name').map(({ name }) => name);
    assert.deepEqual(names, migrationNames);
    assert.deepEqual(run("select name from sqlite_schema where name like 'kysely%'"), []);
    run('alter table users drop column disabled');
    await assert.rejects(openDatabase(place), /table users lacks "disabled" smallint not null/);
  }));

test('a database with people in it is given the indexes of many, and keeps every row', () =>
  onEachKind(async ({ place, run }) => {
    const people = Array.from(
      { length: 1000 },
      (_, index) => `('${index}', 'user${index}', ${index % 500 ? 0 : 1}, 0, 1)`,
    );
    await makeOlder(place, '0010-generations', async (tx) => {
      const columns = 'id, name, administrator, disabled, created_at';
      await sql.raw(`insert into users (${columns}) values ${people.join()}`).execute(tx);
      await sql`insert into password_links (user_id, token_hash, expires_at)
        select id, ${Buffer.alloc(32)}, 1 from users where id = '7'`.execute(tx);
    });
    const rows = (): unknown[] => ['users', 'password_links'].map((table) => run(`select * from ${table} order by 1`));
    const before = rows();
    const database = await openDatabase(place);
    assert.ok(database.upgrade.ran.includes('0011-many-users'));
    const { users, password_links: links } = await describeSchema(database.read);
    await database.close();
    assert.deepEqual(rows(), before);
    assert.match(String(users), /administrators.* where .*administrator"? = 1/i);
    assert.match(String(links), /password_links_by_expiry/);
  }));
