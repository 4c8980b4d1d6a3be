import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { examine, type Finding } from '../src/upkeep/upkeep.ts';
import { quickHash } from './quick-hash.ts';
import { inWorld, type World } from './server.ts';

/** What the doctor finds in a world of a test, which keeps a mark as it should. */
export async function inQuickWorld(story: (world: World) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'countersign-mark-'));
  try {
    await inWorld(story, { markFile: join(folder, 'mark') }, { argon2: quickHash });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

export const keyFile = (world: World): string => join(world.folder, 'keys', 'countersign.keys');
export const databaseFile = (world: World): string => join(world.folder, 'data', 'countersign.db');

export const findings = (world: World, options: object = {}): Promise<Finding[]> =>
  examine({ ...world.server.service.options, ...options }, world.now);

/** All that is not in order, as check and state. */
export async function faults(world: World, options: object = {}): Promise<string[]> {
  return (await findings(world, options))
    .filter(({ state }) => state !== 'ok')
    .map((one) => `${one.check} ${one.state}`);
}

/** The one finding of a check that is not in order. */
export async function fault(world: World, check: Finding['check'], options: object = {}): Promise<Finding> {
  const [found, ...more] = (await findings(world, options)).filter((one) => one.check === check && one.state !== 'ok');
  assert.ok(found, `nothing is wrong with ${check}`);
  assert.deepEqual(more, []);
  return found;
}
