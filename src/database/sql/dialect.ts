import { PostgresAdapter, sql } from 'kysely';
import type { Db } from '../engine.ts';

/** Which SQL a database speaks, where the two differ. */
export function isPostgres(db: Db): boolean {
  return db.getExecutor().adapter instanceof PostgresAdapter;
}

/**
 * Types of columns that the two databases name differently. Text is compared byte by byte on both: no order of rows,
 * and no index, depends on the locale of a machine.
 */
export function typesOf(db: Db) {
  return isPostgres(db)
    ? { text: sql`text collate "C"`, bytes: sql`bytea`, integer: sql`bigint` }
    : { text: sql`text`, bytes: sql`blob`, integer: sql`integer` };
}
