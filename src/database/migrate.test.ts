import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { sql } from 'kysely';
import { up as first } from './migrations/0001-first.ts';
import { up as portal } from './migrations/0002-portal.ts';
import { up as auditChain } from './migrations/0004-audit-chain.ts';
import { up as passwordGiven } from './migrations/0008-password-given.ts';
import { connectSqlite, type Db } from './sqlite.ts';

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
