import { sql } from 'kysely';
import type { Db } from '../engine.ts';
import type { Part } from '../schema/schema.ts';

/** Tables and indexes of SQLite, which keeps the words that each was made with: those of a table one by one. */
export async function describeSqlite(db: Db): Promise<Part[]> {
  const { rows } = await sql<{ table: string; type: string; text: string }>`
    select tbl_name as "table", type, sql as text from sqlite_schema
    where type in ('table', 'index') and sql is not null and substr(name, 1, 7) <> 'sqlite_'`.execute(db);
  return rows.flatMap(({ table, type, text }) =>
    (type === 'table' ? wordsOf(text) : [text]).map((line) => ({ table, line })),
  );
}

const tokens = /'(?:[^']|'')*'|"(?:[^"]|"")*"|[^'"(),]+|./gs;

/** Cuts `CREATE TABLE "users" ("id" text, …)` at its outermost brackets and the commas between them. */
function wordsOf(statement: string): string[] {
  const words = [''];
  let depth = 0;
  for (const [token] of statement.matchAll(tokens)) {
    if (token === ')') depth -= 1;
    const isCut = (depth === 0 && (token === '(' || token === ')')) || (depth === 1 && token === ',');
    if (token === '(') depth += 1;
    if (isCut) words.push('');
    else words.push(`${words.pop()}${token}`);
  }
  return words.map((word) => word.trim()).filter((word) => word !== '');
}
