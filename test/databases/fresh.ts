import { randomBytes } from 'node:crypto';
import { copyFileSync, existsSync, mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import pg from 'pg';

/** Databases of a test's own: in the PostgreSQL server that all test files share, or a SQLite file. */
export interface FreshDatabase {
  name: string;
  /** Its address, as `COUNTERSIGN_DATABASE_URL` takes it. */
  url: string;
  drop(): Promise<void>;
}

export const serverVariable = 'COUNTERSIGN_TEST_DATABASE_URL';
export const templateVariable = 'COUNTERSIGN_TEST_TEMPLATE';
export const fileVariable = 'COUNTERSIGN_TEST_FILE';

/** Whether the worlds of this process are on PostgreSQL. */
export const isOnPostgres = (): boolean => process.env['COUNTERSIGN_TEST_ON'] === 'postgres';

/** Makes one: a copy of the migrated one, which takes some 15 ms, or one without any table. */
export async function freshDatabase(kind: 'migrated' | 'empty' = 'migrated'): Promise<FreshDatabase> {
  const server = process.env[serverVariable];
  const template = kind === 'migrated' ? process.env[templateVariable] : 'template0';
  if (!server || !template) throw new Error('run tests by `npm test -- FILE`, which starts PostgreSQL first');
  const name = `countersign_test_${randomBytes(8).toString('hex')}`;
  const url = new URL(server);
  url.pathname = `/${name}`;
  await on(server, `create database ${name} template ${template} strategy file_copy`);
  return { name, url: url.href, drop: () => on(server, `drop database ${name} with (force)`) };
}

/** Databases of this process that were given back: to empty one takes a fraction of what it takes to make one. */
const used: FreshDatabase[] = [];

async function madeToLend(): Promise<FreshDatabase> {
  const database = await freshDatabase();
  await on(database.url, counted);
  return database;
}

/** Lends a migrated database without rows; one whose schema a test has changed is lent to nobody else. */
export async function borrowDatabase(): Promise<{ url: string; giveBack(): Promise<void> }> {
  const database = used.pop() ?? (await madeToLend());
  return {
    url: database.url,
    giveBack: async () => {
      await on(database.url, emptied).then(
        () => used.push(database),
        () => database.drop(),
      );
    },
  };
}

/** How many tables, indexes, views and triggers there are; each database is told of it when it is made. */
const parts = `select (select count(*) from pg_class where relnamespace = current_schema()::regnamespace)
  + (select count(*) from pg_trigger where not tgisinternal)`;
const counted = `do $$ begin execute format('comment on table schema_history is %L', (${parts})); end $$`;

/** Every table but the history, with the one row that a migration makes, and numbers from 1 again. */
const emptied = `do $$
  declare of record;
  begin
    if obj_description('schema_history'::regclass) is distinct from (${parts})::text then
      raise 'the schema was changed';
    end if;
    set local session_replication_role = replica;
    for of in select tablename from pg_tables where schemaname = current_schema() and tablename <> 'schema_history' loop
      execute format('delete from %I', of.tablename);
    end loop;
    insert into audit_register ("only", first, last) values (1, 1, 0);
    perform setval('audit_sequence_seq', 1, false);
  end $$`;

/** Puts a migrated SQLite file in place, where this run has one to copy: the service makes it otherwise. */
export function copyTemplate(file: string): void {
  const template = process.env[fileVariable];
  if (!template || existsSync(file)) return;
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  copyFileSync(template, file);
}

async function on(url: string, statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}
