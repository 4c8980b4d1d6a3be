import assert from 'node:assert/strict';
import { test } from 'node:test';
import { day, hour, minute } from '../../src/clock.ts';
import { inQuickWorld } from '../quick-world.ts';
import { makePerson, type Person, type World } from '../server.ts';

/** What a sweep takes away is many rows on a bad day, and others write meanwhile. */

interface Row {
  id: string;
  token_hash: Buffer;
  user_id: string;
  created_at: number;
  expires_at: number;
  last_seen_at: number;
  password_at: number;
  second_factor: string | null;
  second_factor_at: number | null;
  address: string;
  user_agent: string;
}

/** Puts many sessions of somebody where they are stored, a millisecond apart. */
async function makeSessions(
  world: World,
  { id: userId }: Person,
  { count, two, expiresAt, seenAt }: { count: number; two: boolean; expiresAt: number; seenAt(index: number): number },
): Promise<void> {
  const rowOf = (index: number): Row => ({
    id: `${two ? 'two' : 'one'} ${index}`,
    token_hash: Buffer.from(`${two} ${index}`),
    user_id: userId,
    created_at: world.now() - 2 * hour,
    expires_at: expiresAt + index,
    last_seen_at: seenAt(index),
    password_at: world.now() - 2 * hour,
    second_factor: two ? 'otp' : null,
    second_factor_at: two ? world.now() - 2 * hour : null,
    address: '192.0.2.1',
    user_agent: '',
  });
  await world.server.service.database.transaction(async (tx) => {
    for (let from = 0; from < count; from += 500) {
      const rows = Array.from({ length: Math.min(500, count - from) }, (_, index) => rowOf(from + index));
      await tx.$extendTables<{ sessions: Row }>().insertInto('sessions').values(rows).execute();
    }
  });
}

/** Sweeps, and answers how many sessions others saw meanwhile, each in a transaction of his own. */
async function countsWhileSweeping(world: World): Promise<number[]> {
  const { service } = world.server;
  const counts: number[] = [];
  let isSwept = false;
  const sweeping = service.sweep().finally(() => {
    isSwept = true;
  });
  while (!isSwept) counts.push(await service.database.transaction(async (tx) => (await idsIn(tx)).length));
  await sweeping;
  return counts;
}

type Reads = World['server']['service']['database']['read'];

async function idsIn(db: Reads): Promise<string[]> {
  const rows = await db.$extendTables<{ sessions: Row }>().selectFrom('sessions').select('id').execute();
  return rows.map(({ id }) => id).sort();
}

test('sessions that are over go a few at a time, all of them in one sweep, and others write meanwhile', () =>
  inQuickWorld(async (world) => {
    const alice = await makePerson(world);
    const seenAt = (): number => world.now() - minute;
    await makeSessions(world, alice, { count: 1100, two: false, expiresAt: world.now() - day, seenAt });
    await makeSessions(world, alice, { count: 3, two: true, expiresAt: world.now() + 1, seenAt });
    const counts = await countsWhileSweeping(world);
    assert.ok(new Set(counts.filter((count) => count > 3 && count < 1103)).size > 2, `others saw ${counts}`);
    assert.deepEqual(await idsIn(world.server.service.database.read), ['two 0', 'two 1', 'two 2']);
  }));

test('those of two factors that have rested too long are found among many that have not, wherever they stand', () =>
  inQuickWorld(async (world) => {
    const bob = await makePerson(world, 'bob');
    const every = 10;
    const seenAt = (index: number): number => world.now() - (index % every === 0 ? hour : hour - 1);
    await makeSessions(world, bob, { count: 5100, two: true, expiresAt: world.now() + hour, seenAt });
    await makeSessions(world, bob, { count: 2, two: false, expiresAt: world.now() + hour, seenAt: () => 0 });
    const counts = await countsWhileSweeping(world);
    assert.ok(new Set(counts.filter((count) => count > 4592 && count < 5102)).size > 1, `others saw ${counts}`);
    const left = await idsIn(world.server.service.database.read);
    const rested = Array.from({ length: 5100 }, (_, index) => index).filter((index) => index % every === 0);
    assert.equal(left.length, 5100 - rested.length + 2);
    for (const index of rested) assert.ok(!left.includes(`two ${index}`), `session ${index} is left`);
  }));
