import { sql } from 'kysely';
import type { Db } from '../engine.ts';
import { isPostgres } from '../sql/dialect.ts';
import type { History } from './history.ts';
import { checksumOf, differencesOf, type Schema, tablesOf } from './schema.ts';

/** How the schema of a database stands to what this version knows. */
export interface Standing {
  /** Migrations that this version would run at its next start. */
  missing: string[];
  /** Migrations that a newer version has run. */
  unknown: string[];
  /** What somebody has changed since the last migration, in words. */
  changed: string[];
  /** Triggers, rules and views, of which we have none: one that somebody has planted could undo what we write. */
  foreign: string[];
}

/** `names` are the migrations of this version, in order. */
export async function standingOf(
  db: Db,
  names: readonly string[],
  { history, found }: { history: History; found: Schema },
): Promise<Standing> {
  const done = history.done ?? [];
  return {
    missing: names.filter((name) => !done.includes(name)),
    unknown: done.filter((name) => !names.includes(name)),
    changed: [...skippedAmong(done, names), ...changesOf(history, found)],
    foreign: await foreignParts(db),
  };
}

/** Migrations go forward, one after another: one that later ones have overtaken was taken out of the history. */
function skippedAmong(done: readonly string[], names: readonly string[]): string[] {
  const last = names.findLastIndex((name) => done.includes(name));
  return names.slice(0, last + 1).flatMap((name) => (done.includes(name) ? [] : [`the history lacks ${name}`]));
}

function changesOf({ checksum, schema = {} }: History, found: Schema): string[] {
  if (checksum === undefined || checksum === checksumOf(tablesOf(found, Object.keys(schema)))) return [];
  const differences = differencesOf(schema, found);
  return differences.length > 0 ? differences : ['what is kept of it is not what it was'];
}

/** Why a database may not be used, and what to do; nothing where it may, after the migrations that are missing. */
export function refusalOf({ unknown, foreign, changed }: Standing): string | undefined {
  const [newer] = unknown;
  if (newer !== undefined)
    return `A newer version has changed this database (${newer}): install that version again, or a newer one.`;
  if (foreign[0] !== undefined)
    return `Somebody has put a ${foreign[0]} into this database, which may change what is stored behind our back: look at who could write to it, then drop it or put a backup back.`;
  if (changed.length > 0)
    return `Somebody has changed the schema of this database: ${changed.join('; ')}. Look at who could write to it, then undo that or put a backup back; docs/how-to/upgrading.md says how to keep a change of your own.`;
  return undefined;
}

async function foreignParts(db: Db): Promise<string[]> {
  const { rows } = await (isPostgres(db) ? foreignInPostgres : foreignInSqlite).execute(db);
  return rows.map(({ type, name }) => `${type} (${name.replace(/[^\w-]/g, '?')})`);
}

type Foreign = { type: string; name: string };
const foreignInSqlite = sql<Foreign>`
  select type, name from sqlite_schema where type in ('trigger', 'view') order by name`;
// Views of an extension, such as those that count statements, come with it and change nothing.
const foreignInPostgres = sql<Foreign>`
  select 'trigger' as type, tgname as name from pg_trigger join pg_class on pg_class.oid = tgrelid
  where not tgisinternal and relnamespace = quote_ident(current_schema())::regnamespace
  union select 'rule', rulename from pg_rules where schemaname = current_schema()
  union select 'view', relname from pg_class where relkind = 'v' and relnamespace = quote_ident(current_schema())::regnamespace
    and not exists (select from pg_depend
      where classid = 'pg_class'::regclass and objid = pg_class.oid and deptype = 'e')
  order by name`;
