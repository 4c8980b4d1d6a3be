import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Database, type DatabasePlace, openDatabase } from '../../src/database/database.ts';
import { borrowDatabase, copyTemplate, isOnPostgres } from './fresh.ts';

/** Runs a story on a migrated database of its own, of the kind that this process is told to test. */
export async function onDatabase<T>(story: (database: Database, place: DatabasePlace) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'countersign-database-'));
  const borrowed = isOnPostgres() ? await borrowDatabase() : undefined;
  const file = join(folder, 'test.db');
  if (!borrowed) copyTemplate(file);
  const place = borrowed ?? { file };
  const database = await openDatabase(place);
  try {
    return await story(database, place);
  } finally {
    await database.close();
    await borrowed?.giveBack();
    await rm(folder, { recursive: true, force: true });
  }
}
