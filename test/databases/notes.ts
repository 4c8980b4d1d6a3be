import { sql } from 'kysely';
import pg from 'pg';
import { type Database, type Db, openDatabase } from '../../src/database/database.ts';
import { freshDatabase } from './fresh.ts';

/** A database with a table of notes, and another program that is connected to it. */
export async function withNotes(
  story: (database: Database, other: pg.Client, name: string) => Promise<void>,
): Promise<void> {
  const fresh = await freshDatabase();
  const database = await openDatabase(fresh);
  const other = new pg.Client({ connectionString: fresh.url });
  await other.connect();
  try {
    await other.query("create table notes (text text, unique (text)); insert into notes values ('a'), ('b')");
    await story(database, other, fresh.name);
  } finally {
    await other.end();
    await database.close();
    await fresh.drop();
  }
}

export const note = async (db: Db, text: string): Promise<void> => {
  await sql`insert into notes values (${text})`.execute(db);
};
export const notes = async (db: Db): Promise<string[]> =>
  (await sql<{ text: string }>`select text from notes order by text`.execute(db)).rows.map(({ text }) => text);
export const pidOf = async (db: Db): Promise<number> =>
  (await sql<{ pid: number }>`select pg_backend_pid() as pid`.execute(db)).rows[0]?.pid ?? 0;
export const end = (other: pg.Client, pid: number) => other.query('select pg_terminate_backend($1, 5000)', [pid]);
export const unavailable = { name: 'DatabaseUnavailable', statusCode: 503 };
