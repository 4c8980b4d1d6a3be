import { join } from 'node:path';
import { DatabaseSync, type SQLInputValue } from 'node:sqlite';
import { atOnce } from '../databases/at-once.ts';
import type { World } from '../server.ts';
import { type Dump, dump } from '../tables.ts';

/** A moment of a world to which one can come back: what is stored, and what time it is. */
export interface Moment {
  tables: Dump;
  /** The same, to be compared. */
  told: Record<string, string>;
  now: number;
}

export function remember(world: World): Moment {
  const tables = dump(world, notOurs);
  return { tables, told: tell(tables), now: world.now() };
}

/**
 * Puts back what was stored, and the clock, so that the next case begins where the last one did. Answers the names of
 * the tables that were no longer the same. What the process itself remembers stays: restart the world where that counts.
 */
export function rewind(world: World, { tables, told, now }: Moment): string[] {
  const present = Object.entries(tell(dump(world, notOurs)));
  const changed = present.filter(([name, rows]) => rows !== told[name]).map(([name]) => name);
  if (changed.length > 0) putBack(world, changed, tables);
  world.turn(now - world.now());
  return changed;
}

function putBack(world: World, changed: readonly string[], tables: Dump): void {
  if (world.databaseUrl) putBackInPostgres(world.databaseUrl, changed, tables);
  else putBackInSqlite(join(world.folder, 'data', 'countersign.db'), changed, tables);
}

/** PostgreSQL puts rows wherever there is room, so that those of one moment come in another order when they are put back. */
const tell = (tables: Dump): Moment['told'] =>
  Object.fromEntries(Object.entries(tables).map(([name, rows]) => [name, rows.map(asText).sort().join('\n')]));

const asText = (row: Dump[string][number]): string =>
  JSON.stringify(
    Object.values(row).map((value) =>
      value instanceof Uint8Array ? `bytes ${Buffer.from(value).toString('hex')}` : value,
    ),
  );

/** What the process notes by itself, whoever asks for what. */
const notOurs = ['schema_history', 'instances'];

function putBackInSqlite(file: string, changed: readonly string[], tables: Dump): void {
  const database = new DatabaseSync(file, { enableForeignKeyConstraints: false, timeout: 5000 });
  try {
    database.exec('BEGIN IMMEDIATE');
    for (const { sql, values } of statements(changed, tables))
      database.prepare(sql).run(...(values as SQLInputValue[]));
    database.exec('COMMIT');
  } finally {
    database.close();
  }
}

function putBackInPostgres(url: string, changed: readonly string[], tables: Dump): void {
  atOnce(url, 'BEGIN');
  // Foreign keys are kept by triggers, which are silent in this role.
  atOnce(url, 'SET LOCAL session_replication_role = replica');
  for (const { sql, values } of statements(changed, tables)) atOnce(url, sql, values);
  atOnce(url, 'COMMIT');
}

function statements(changed: readonly string[], tables: Dump): { sql: string; values: unknown[] }[] {
  return changed.flatMap((name) => [
    { sql: `DELETE FROM "${name}"`, values: [] },
    ...(tables[name] ?? []).map((row) => {
      const columns = Object.keys(row).map((column) => `"${column}"`);
      return {
        sql: `INSERT INTO "${name}" (${columns}) VALUES (${columns.map(() => '?')})`,
        values: Object.values(row),
      };
    }),
  ]);
}
