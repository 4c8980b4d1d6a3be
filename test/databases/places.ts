import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { DatabasePlace, Tx } from '../../src/database/database.ts';
import { openEngine } from '../../src/database/open.ts';
import { migrate } from '../../src/database/schema/migrate.ts';
import { atOnce, type Rows } from './at-once.ts';
import { freshDatabase } from './fresh.ts';

/** A place in which no database of ours is yet, and what another program that has its address may do there. */
export interface Place {
  kind: 'SQLite' | 'PostgreSQL';
  place: DatabasePlace;
  /** Runs one statement, and answers its rows. */
  run(sql: string): Rows;
}

/** Runs a story on a place of each kind, one after the other. */
export async function onEachKind(story: (place: Place) => Promise<void>): Promise<void> {
  await onSqlite(story);
  await onPostgres(story);
}

export async function onSqlite(story: (place: Place & { file: string }) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'countersign-place-'));
  const file = join(folder, 'countersign.db');
  const run = (sql: string): Rows => {
    const database = new DatabaseSync(file, { enableForeignKeyConstraints: false });
    try {
      return database.prepare(sql).all();
    } finally {
      database.close();
    }
  };
  try {
    await story({ kind: 'SQLite', file, place: { file }, run });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

export async function onPostgres(story: (place: Place & { url: string }) => Promise<void>): Promise<void> {
  const { url, drop } = await freshDatabase('empty');
  try {
    await story({ kind: 'PostgreSQL', url, place: { url }, run: (sql) => atOnce(url, sql).rows });
  } finally {
    await drop();
  }
}

/** Makes a database of an older version there: with the schema up to a migration, and what `fill` puts into it. */
export async function makeOlder(
  place: DatabasePlace,
  upTo: string,
  fill: (tx: Tx) => Promise<unknown> = async () => undefined,
): Promise<void> {
  const engine = await openEngine(place);
  try {
    await engine.writeLong(
      async (tx) => {
        await migrate(tx, { upTo });
        await fill(tx);
      },
      { mayRest: false },
    );
  } finally {
    await engine.close();
  }
}
