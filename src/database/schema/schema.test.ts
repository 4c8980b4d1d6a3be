import assert from 'node:assert/strict';
import { test } from 'node:test';
import { onEachKind, onPostgres, onSqlite, type Place } from '../../../test/databases/places.ts';
import { type DatabasePlace, openDatabase } from '../database.ts';
import { openEngine } from '../open.ts';
import { examineSchema } from './migrate.ts';
import { refusalOf } from './standing.ts';

/** Starts and stops. */
async function start(place: DatabasePlace): Promise<void> {
  await (await openDatabase(place)).close();
}

/** What somebody does, how it is undone, and what a start says of it meanwhile. */
type Change = [change: string, undo: string, said: RegExp];

async function noticed({ place, run }: Place, changes: Change[]): Promise<void> {
  await start(place);
  const engine = await openEngine(place);
  try {
    const refusal = async () => refusalOf((await examineSchema(engine.read)).standing);
    for (const [change, undo, said] of changes) {
      run(change);
      assert.match((await refusal()) ?? 'nothing is noticed', said, change);
      run(undo);
      assert.equal(await refusal(), undefined, undo);
    }
  } finally {
    await engine.close();
  }
  const [[change, undo, said] = assert.fail()] = changes;
  run(change);
  await assert.rejects(start(place), { message: said });
  run(undo);
  await start(place);
}

test('a SQLite file whose tables somebody has changed is not used, and the sentence says what was changed', () =>
  onSqlite((place) =>
    noticed(place, [
      [
        'drop index audit_by_time',
        'create index "audit_by_time" on "audit" ("at")',
        /^Somebody has changed the schema of this database: table audit lacks CREATE INDEX "audit_by_time" on "audit" \("at"\)\. Look at who could write to it, then undo that or put a backup back/,
      ],
      [
        'alter table users add column "v\nip" text',
        'alter table users drop column "v\nip"',
        /: table users has "v\?ip" text\./,
      ],
      [
        'alter table users rename column disabled to off',
        'alter table users rename column off to "disabled"',
        /: table users lacks "disabled" smallint not null; table users has "off" smallint not null\./,
      ],
      [
        'alter table sessions rename to "s\nessions"',
        'alter table "s\nessions" rename to "sessions"',
        /: table pending_authenticators lacks [^;]*; [^;]*; table sessions is missing\./,
      ],
      ['create unique index one on users (disabled)', 'drop index one', /: table users has CREATE UNIQUE INDEX one/],
    ]),
  ));

test('tables of PostgreSQL that somebody has changed are not used, and the sentence says what was changed', () =>
  onPostgres((place) =>
    noticed(place, [
      [
        'drop index audit_by_time',
        'create index audit_by_time on audit (at)',
        /: table audit lacks CREATE INDEX audit_by_time ON audit USING btree \(at\)\./,
      ],
      [
        'alter table users alter name drop not null',
        'alter table users alter name set not null',
        /: table users lacks name text collate C not null; table users has name text collate C\./,
      ],
      [
        'alter table users alter disabled set default 0',
        'alter table users alter disabled drop default',
        /has disabled smallint not null default 0\./,
      ],
      [
        'alter table sessions drop constraint sessions_user_id_fkey',
        'alter table sessions add constraint sessions_user_id_fkey foreign key (user_id) references users on delete cascade',
        /: table sessions lacks sessions_user_id_fkey FOREIGN KEY \(user_id\) REFERENCES users\(id\) ON DELETE CASCADE\./,
      ],
      [
        'alter table recovery_codes disable trigger all',
        'alter table recovery_codes enable trigger all',
        /: table recovery_codes has a foreign key that is switched off\./,
      ],
      ['alter table budgets set unlogged', 'alter table budgets set logged', /has table that a crash empties\./],
      [
        'alter table users enable row level security',
        'alter table users disable row level security',
        /has table with row security\./,
      ],
      ['create table more () inherits (audit)', 'drop table more', /: table audit has shared with table more\./],
      [
        'alter sequence audit_sequence_seq increment 2',
        'alter sequence audit_sequence_seq increment 1',
        /has sequence bigint not null numbered by 2 up to/,
      ],
      [
        'alter table setup_links rename to links',
        'alter table links rename to setup_links',
        /: table setup_links is missing\./,
      ],
      [
        'create rule nothing as on insert to audit do instead nothing',
        'drop rule nothing on audit',
        /^Somebody has put a rule \(nothing\) into this database/,
      ],
    ]),
  ));

test('what others have in the same database, and what an operator tunes, is no change', () =>
  onEachKind(async ({ kind, place, run }) => {
    run('create table others (one text)');
    await start(place);
    const theirs = ['alter table others add column two text', 'create table _lock (id integer)', 'drop table _lock'];
    const tuned =
      kind === 'SQLite'
        ? ['analyze', 'vacuum', 'reindex']
        : [
            'alter table sessions set (fillfactor = 70)',
            "comment on table users is 'people'",
            'grant select on users to public',
            'reindex table concurrently audit',
            'create extension if not exists plpgsql',
          ];
    for (const statement of [...theirs, ...tuned]) run(statement);
    await start(place);
    run('drop table others');
    await start(place);
  }));

test('a change that an operator wants to keep is kept, and every other one noticed as before', () =>
  onEachKind(async ({ kind, place, run }) => {
    await start(place);
    run('create index mine on users (created_at)');
    await assert.rejects(start(place), /Somebody has changed the schema/);
    run('update schema_history set checksum = null');
    await start(place);
    run('drop index mine');
    await assert.rejects(start(place), /: table users lacks CREATE INDEX mine/, kind);
  }));
