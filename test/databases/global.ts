import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openDatabase } from '../../src/database/database.ts';
import { type Cluster, makeCluster } from './cluster.ts';
import { type FreshDatabase, fileVariable, freshDatabase, serverVariable, templateVariable } from './fresh.ts';

/**
 * Runs before and after all test files: starts one PostgreSQL server for them, unless `COUNTERSIGN_TEST_DATABASE_URL`
 * names one that is there, and makes a migrated database of either kind that those of the tests are copies of.
 */
let cluster: Cluster | undefined;
let template: FreshDatabase | undefined;
let folder = '';

export async function globalSetup(): Promise<void> {
  // A run within another one has its databases.
  if (process.env[templateVariable]) return;
  if (!process.env[serverVariable]) {
    cluster = await makeCluster();
    await cluster.start();
    process.env[serverVariable] = cluster.url('postgres');
  }
  template = await freshDatabase('empty');
  const database = await openDatabase({ url: template.url });
  await database.close();
  process.env[templateVariable] = template.name;
  folder = await mkdtemp(join(tmpdir(), 'countersign-template-'));
  const file = join(folder, 'template.db');
  await (await openDatabase({ file })).close();
  process.env[fileVariable] = file;
}

export async function globalTeardown(): Promise<void> {
  // Where somebody has stopped the run, the server may be gone already; the runner would begin this again for ever.
  await template?.drop().catch(() => undefined);
  await cluster?.remove().catch(() => undefined);
  if (folder) await rm(folder, { recursive: true, force: true });
}
