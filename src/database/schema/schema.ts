import { hash } from 'node:crypto';
import type { Db } from '../engine.ts';
import { describePostgres } from '../postgres/schema.ts';
import { isPostgres } from '../sql/dialect.ts';
import { describeSqlite } from '../sqlite/schema.ts';

/** For each table what it consists of, a line each: its columns, keys and indexes, as the database itself tells them. */
export type Schema = Readonly<Record<string, readonly string[]>>;

/** One line of a schema. */
export interface Part {
  table: string;
  line: string;
}

/** Every table that there is now, also those of others. */
export async function describeSchema(db: Db): Promise<Schema> {
  const parts = await (isPostgres(db) ? describePostgres(db) : describeSqlite(db));
  const tables = Map.groupBy(parts, ({ table }) => table);
  return Object.fromEntries([...tables].map(([table, own]) => [table, own.map(({ line }) => line)]));
}

/** Some tables of a schema, as far as they are there. */
export function tablesOf(schema: Schema, tables: readonly string[]): Schema {
  return Object.fromEntries(Object.entries(schema).filter(([table]) => tables.includes(table)));
}

/** A schema as one text, in which no order matters. */
export function textOf(schema: Schema): string {
  const tables = Object.entries(schema).map(([table, lines]) => [table, [...lines].sort()] as const);
  return JSON.stringify(Object.fromEntries(tables.sort(([one], [other]) => (one < other ? -1 : 1))));
}

/** SHA-256 of the text, in hexadecimal digits. */
export function checksumOf(schema: Schema): string {
  return hash('sha256', textOf(schema));
}

const mostTold = 3;

/** How the tables that are found differ from those that are expected, in words, the first of them; nothing where they do not. */
export function differencesOf(expected: Schema, found: Schema): string[] {
  const all = Object.entries(expected).flatMap(([table, lines]) => {
    const present = found[table];
    if (!present) return [`table ${shown(table)} is missing`];
    return [
      ...lines.filter((line) => !present.includes(line)).map((line) => `table ${shown(table)} lacks ${shown(line)}`),
      ...present.filter((line) => !lines.includes(line)).map((line) => `table ${shown(table)} has ${shown(line)}`),
    ];
  });
  const rest = all.length - mostTold;
  return rest > 0 ? [...all.slice(0, mostTold), `${rest} more`] : all;
}

/** Somebody else may have named it, and it goes to terminals and logs. */
const shown = (text: string): string => text.replace(/[^\x20-\x7e]/g, '?').slice(0, 200);
