import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { World } from './server.ts';

/** What is stored, as another program that opens the file sees it: every table with its rows. */
export type Dump = Record<string, Record<string, unknown>[]>;

/**
 * Reads every table of a world; `without` names those that a request may change though it was refused: `audit` with its
 * chains.
 */
export function dump(world: World, without: readonly string[] = []): Dump {
  return withDatabase(world, (database) => {
    const names = database
      .prepare("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%' ORDER BY name")
      .all();
    const tables = names
      .map(({ name }) => String(name))
      .filter((name) => !without.includes(name.replace(/^audit_.*/, 'audit')));
    const rows = tables.map((name) => [name, database.prepare(`SELECT * FROM "${name}"`).all()]);
    const all: Dump = Object.fromEntries(rows);
    // Each process reports itself every 30 seconds, in the midst of whatever else a test does.
    for (const row of all['instances'] ?? []) delete row['seen_at'];
    return all;
  });
}

/** Changes what is stored behind the service's back. */
export function alter(world: World, sql: string, ...values: (string | Buffer)[]): void {
  withDatabase(world, (database) => void database.prepare(sql).run(...values));
}

function withDatabase<T>(world: World, work: (database: DatabaseSync) => T): T {
  const database = new DatabaseSync(join(world.folder, 'data', 'countersign.db'));
  try {
    return work(database);
  } finally {
    database.close();
  }
}
