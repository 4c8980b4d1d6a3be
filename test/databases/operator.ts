import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createServer, type OwnServer } from '../../src/server.ts';
import { createKeyFile } from '../../src/upkeep/upkeep.ts';
import { command, type Outcome } from '../command.ts';
import { quickHash } from '../quick-hash.ts';
import { borrowDatabase, freshDatabase } from './fresh.ts';

/** An operator at a command line of the service on PostgreSQL, in this process. */
export interface Operator {
  /** The address of the database, with a password. */
  url: string;
  /** A folder for files; what commands make by themselves goes there too. */
  folder: string;
  keyFile: string;
  /** Runs one command line; a variable that is undefined is not set. */
  run(args: string, given?: { env?: Record<string, string | undefined>; stdin?: string }): Promise<Outcome>;
}

/** Stands in the address of the database, and must never be seen; the servers of our tests ask for none. */
export const secret = 'hunter2hunter2';

/** Gives a story an operator whose database is new, or has our tables; with a key file unless it is to have `no key file`. */
export async function withOperator(
  kind: 'migrated' | 'empty',
  story: (operator: Operator) => Promise<void>,
  keys: 'a key file' | 'no key file' = 'a key file',
): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'countersign-operator-'));
  const database = await databaseOf(kind);
  const keyFile = join(folder, 'keys', 'k');
  if (keys === 'a key file') await createKeyFile(keyFile, 'or fail');
  const url = new URL(database.url);
  url.password = secret;
  const usual = {
    COUNTERSIGN_DATABASE_URL: url.href,
    COUNTERSIGN_KEY_FILE: keyFile,
    COUNTERSIGN_DATA: join(folder, 'data'),
  };
  try {
    await story({
      url: url.href,
      folder,
      keyFile,
      run: (args, { env = {}, stdin } = {}) => command(args.split(' '), { ...usual, ...env }, stdin),
    });
  } finally {
    await database.end();
    await rm(folder, { recursive: true, force: true });
  }
}

/** Starts an instance for each of these key files at the same moment, and closes those that did start after the story. */
export async function withInstances(
  { url, keyFiles, clock }: { url: string; keyFiles: readonly string[]; clock?: () => number },
  story: (instances: OwnServer[], refused: unknown[]) => Promise<void>,
): Promise<void> {
  const parts = { argon2: quickHash, ...(clock ? { clock } : {}) };
  const started = await Promise.allSettled(
    keyFiles.map((keyFile) => createServer({ databaseUrl: url, keyFile, logLevel: 'silent' }, parts)),
  );
  const instances = started.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
  try {
    await story(
      instances,
      started.flatMap((one) => (one.status === 'rejected' ? [one.reason] : [])),
    );
  } finally {
    for (const instance of instances) await instance.close();
  }
}

async function databaseOf(kind: 'migrated' | 'empty'): Promise<{ url: string; end(): Promise<void> }> {
  if (kind === 'empty') {
    const { url, drop } = await freshDatabase('empty');
    return { url, end: drop };
  }
  const { url, giveBack } = await borrowDatabase();
  return { url, end: giveBack };
}
