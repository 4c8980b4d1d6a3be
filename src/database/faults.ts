import { sql } from 'kysely';
import type { Db } from './engine.ts';
import { isPostgres } from './sql/dialect.ts';

/**
 * What a database finds wrong with itself, in words. SQLite reads all of the file. A server of PostgreSQL is asked for
 * what it knows: it reads its files when they are needed.
 */
export async function faultsOf(db: Db): Promise<string[]> {
  return isPostgres(db) ? faultsOfPostgres(db) : faultsOfSqlite(db);
}

const most = 20;

async function faultsOfSqlite(db: Db): Promise<string[]> {
  const { rows } = await sql<{ quick_check: string }>`pragma quick_check(${sql.lit(most)})`.execute(db);
  const faults = rows.map(({ quick_check }) => quick_check).filter((line) => line !== 'ok');
  if (faults.length > 0) return faults;
  const orphans = await sql<{ line: string }>`
    select 'table ' || "table" || ' has rows that belong to no row of ' || parent as line
    from pragma_foreign_key_check group by "table", parent`.execute(db);
  return orphans.rows.map(({ line }) => line);
}

async function faultsOfPostgres(db: Db): Promise<string[]> {
  const { rows } = await sql<{ line: string }>`
    with ours as (select * from pg_class where relnamespace = quote_ident(current_schema())::regnamespace)
    select 'index ' || relname || ' is not whole' as line
    from ours join pg_index on indexrelid = ours.oid where not indisvalid or not indisready
    union all select 'table ' || relname || ' is not held to ' || conname
    from ours join pg_constraint on conrelid = ours.oid where not convalidated
    union all select 'the server has found ' || checksum_failures || ' damaged pages'
    from pg_stat_database where datname = current_database() and checksum_failures > 0
    limit ${sql.lit(most)}`.execute(db);
  return rows.map(({ line }) => line);
}
