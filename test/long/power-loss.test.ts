import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { folderInMemory } from '../../scripts/memory.mjs';
import { findFfi } from '../faults/native.ts';
import { failPower, type Life, type Plan, recordLife, type Unheard } from '../faults/power.ts';
import { seedOf } from '../fuzz/seed.ts';

/**
 * A loss of power, on SQLite. It cannot be had by killing a process: what has been written is kept then, synced or not. So a
 * service lives on a file while each write and each sync of its SQLite is written down, between SQLite and the system. Then
 * the power fails in that life, over and over: between two steps, and of what was not synced some is lost, or torn.
 *
 * It shows that the service waits for the right syncs, in the right order, before it answers. It does not show that a disk
 * keeps what it says that it has kept, nor a file system: those are for whoever runs the machine. Node can listen to its
 * own SQLite on Linux; elsewhere these tests have nothing to say.
 */
const ffi = findFfi();
const skip = ffi ? false : 'this Node cannot listen to its own SQLite: it can on Linux, from Node 26 on';
const failures = Number(process.env['COUNTERSIGN_TEST_ROUNDS'] ?? 120);

describe('a life of a service on a SQLite file, in which the power fails', { skip }, () => {
  const folder = mkdtempSync(join(folderInMemory() ?? tmpdir(), 'countersign-power-'));
  const life = Promise.withResolvers<Life>();
  const plan: Plan = { failures, doorEvery: 10, seed: 0 };
  before(async () => {
    if (ffi) life.resolve(await recordLife(ffi, folder, { seed: 1, deeds: 240 }));
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  test('has in it all that SQLite does with a file', async (t) => {
    const { moments, tally } = await life.promise;
    const steps = new Map<string, number>();
    for (const { step } of moments) {
      const what = `${step.kind} ${step.file.replace('countersign.', '')}`;
      steps.set(what, (steps.get(what) ?? 0) + 1);
    }
    t.diagnostic([...steps, ...tally].map(([what, times]) => `${what}: ${times}`).join(', '));
    // A checkpoint takes what is in the WAL into the file; behind it the WAL is written from its beginning again.
    const begun = moments.filter(({ step }) => step.kind === 'write' && step.file.endsWith('-wal') && step.at === 0);
    assert.ok(begun.length > 2, 'the WAL was begun anew in the midst of it');
    for (const what of ['write db', 'sync db', 'truncate db', 'delete db-wal', 'sync db-journal'])
      assert.ok((steps.get(what) ?? 0) > 0, what);
    assert.ok((steps.get('sync db-wal') ?? 0) > 200, 'as many syncs as there were commits');
  });

  test('loses nothing that was acknowledged and revives nothing, whatever becomes of what was not synced', async (t) => {
    const tally = await failPower(await life.promise, folder, { ...plan, seed: seedOf(t) });
    t.diagnostic([...tally].map(([what, times]) => `${what}: ${times}`).join(', '));
    assert.ok((tally.get('failures') ?? 0) >= failures / 2);
    assert.ok((tally.get('not done') ?? 0) > 0, 'something was under way');
  });

  // Were SQLite told to be content with less, it would be seen: that these fail says that the one above can.
  const isWal = (file: string): boolean => file.endsWith('-wal');
  const less: Record<string, Unheard> = {
    'without any sync (synchronous=OFF)': ({ kind }) => kind === 'sync',
    'without the sync of each commit (synchronous=NORMAL)': ({ kind, file }, before, next) => {
      const ofNewWal = before?.kind === 'write' && before.at === 0;
      const ofCheckpoint = next !== undefined && !isWal(next.file);
      return kind === 'sync' && isWal(file) && !ofNewWal && !ofCheckpoint;
    },
    'without the sync that ends a checkpoint': ({ kind, file }, before) =>
      kind === 'sync' && file.endsWith('.db') && before?.kind !== 'write',
  };
  for (const [name, unheard] of Object.entries(less))
    test(`would lose something ${name}`, async (t) => {
      const failed = failPower(await life.promise, folder, { ...plan, seed: 1, unheard });
      await assert.rejects(failed, (error: Error) => {
        t.diagnostic(error.message);
        return /^the power failed/.test(error.message);
      });
    });
});
