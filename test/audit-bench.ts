import { sql } from 'kysely';
import { type Audit, createAudit } from '../src/audit/audit.ts';
import type { Database } from '../src/database/database.ts';
import { createKeyring, type Keyring } from '../src/seal.ts';
import { inWordsOfPostgres } from './databases/at-once.ts';
import { isOnPostgres } from './databases/fresh.ts';

export { onDatabase } from './databases/on-database.ts';

/** An audit log without a service around it. */

export const noon: number = Date.UTC(2026, 10, 22, 12);

/** A key file with these keys, of which the first is active. */
export function keyFileWith(...ids: string[]): Keyring {
  const keys = ids.map((id) => ({ id, secret: Buffer.alloc(32, id) }));
  return createKeyring(keys, ids[0] ?? '');
}

/** A process that writes the log; each writes a chain of its own. */
export function auditProcess(sealer: Keyring = keyFileWith('k1'), retention = 0): Audit {
  return createAudit({ sealer, retention });
}

/** Writes so many rows, a millisecond apart. */
export async function write(database: Database, audit: Audit, count: number, from: number = noon): Promise<void> {
  await database.transaction(async (tx) => {
    for (let index = 0; index < count; index += 1)
      await audit.record(tx, from + index, { event: 'sign_in.refused', detail: { reason: `${index}` } });
  });
}

/** Does to the tables what the service would not do. */
export async function tamper(database: Database, ...statements: string[]): Promise<void> {
  await database.transaction(async (tx) => {
    for (const statement of statements)
      await sql.raw(isOnPostgres() ? inWordsOfPostgres(statement) : statement).execute(tx);
  });
}

/** The same with a value that PostgreSQL may refuse, since it knows what a column can hold; answers whether it is there. */
export async function tamperOddly(database: Database, statement: string): Promise<boolean> {
  try {
    await tamper(database, statement);
    return true;
  } catch (error) {
    const refusals = ['22P02', '22003', '42804', '42883', '2200H'];
    if (isOnPostgres() && error instanceof Error && 'code' in error && refusals.includes(String(error.code)))
      return false;
    throw error;
  }
}

/** Sets the count from which the database numbers the rows of the log; 0 is that of an empty one. */
export async function setCount(database: Database, count: string): Promise<boolean> {
  const statement = isOnPostgres()
    ? `select setval('audit_sequence_seq', ${count === '0' ? '1, false' : count})`
    : `update sqlite_sequence set seq = ${count} where name = 'audit'`;
  return tamperOddly(database, statement);
}

/** Lets the database drop in silence what is written; answers how that is ended. */
export async function dropInSilence(
  database: Database,
  when: { event: 'insert' | 'update of mac'; table: string },
): Promise<() => Promise<void>> {
  const { event, table } = when;
  if (!isOnPostgres()) {
    await tamper(database, `create trigger planted before ${event} on ${table} begin select raise(ignore); end`);
    return () => tamper(database, 'drop trigger planted');
  }
  await tamper(
    database,
    'create function planted() returns trigger language plpgsql as $$ begin return null; end $$',
    `create trigger planted before ${event} on ${table} for each row execute function planted()`,
  );
  return () => tamper(database, `drop trigger planted on ${table}`, 'drop function planted');
}

/** What a verification says, each fault as its kind and its sentence. */
export async function found(database: Database, audit: Audit = auditProcess()): Promise<string[]> {
  return (await audit.verify(database)).faults.map(({ kind, sentence }) => `${kind}: ${sentence}`);
}
