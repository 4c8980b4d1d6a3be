import { join } from 'node:path';
import { DatabaseSync, type SQLInputValue } from 'node:sqlite';
import { isDeepStrictEqual } from 'node:util';
import type { World } from '../server.ts';
import { type Dump, dump } from '../tables.ts';

/** A moment of a world to which one can come back: what is stored, and what time it is. */
export interface Moment {
  tables: Dump;
  now: number;
}

export function remember(world: World): Moment {
  return { tables: dump(world, notOurs), now: world.now() };
}

/**
 * Puts back what was stored, and the clock, so that the next case begins where the last one did. Answers the names of
 * the tables that were no longer the same. What the process itself remembers stays: restart the world where that counts.
 */
export function rewind(world: World, { tables, now }: Moment): string[] {
  const present = dump(world, notOurs);
  const changed = Object.keys(present).filter((name) => !isDeepStrictEqual(present[name], tables[name]));
  const database = new DatabaseSync(join(world.folder, 'data', 'countersign.db'), {
    enableForeignKeyConstraints: false,
    timeout: 5000,
  });
  try {
    database.exec('BEGIN IMMEDIATE');
    for (const name of changed) {
      database.exec(`DELETE FROM "${name}"`);
      for (const row of tables[name] ?? []) {
        const columns = Object.keys(row).map((column) => `"${column}"`);
        const insert = `INSERT INTO "${name}" (${columns}) VALUES (${columns.map(() => '?')})`;
        database.prepare(insert).run(...(Object.values(row) as SQLInputValue[]));
      }
    }
    database.exec('COMMIT');
  } finally {
    database.close();
  }
  world.turn(now - world.now());
  return changed;
}

/** What the process notes by itself, whoever asks for what. */
const notOurs = ['kysely_migration', 'kysely_migration_lock', 'instances'];
