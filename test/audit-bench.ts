import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'kysely';
import { type Audit, createAudit } from '../src/audit/audit.ts';
import { type Database, openDatabase } from '../src/database/database.ts';
import { createKeyring, type Keyring } from '../src/seal.ts';

/** An audit log without a service around it. */

export const noon: number = Date.UTC(2026, 10, 22, 12);

/** Runs a story on a database of its own. */
export async function onDatabase(story: (database: Database) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'countersign-audit-'));
  const database = await openDatabase(join(folder, 'test.db'));
  try {
    await story(database);
  } finally {
    await database.close();
    await rm(folder, { recursive: true, force: true });
  }
}

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
    for (const statement of statements) await sql.raw(statement).execute(tx);
  });
}

/** What a verification says, each fault as its kind and its sentence. */
export async function found(database: Database, audit: Audit = auditProcess()): Promise<string[]> {
  return (await audit.verify(database)).faults.map(({ kind, sentence }) => `${kind}: ${sentence}`);
}
