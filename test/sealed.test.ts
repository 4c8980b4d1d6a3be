import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sealHeader } from '../src/seal.ts';
import { reseal } from '../src/upkeep/upkeep.ts';
import { live } from './attacks/living.ts';
import { fault, faults } from './doctor.ts';
import { inStory, keysOf, rotated } from './key-steps.ts';
import type { World } from './server.ts';
import { alter, dump } from './tables.ts';

/** Whatever is sealed, wherever that is stored: found by what a sealed value begins with, not by a list. */

function sealedWith(world: World, keyId: string): string[] {
  const header = sealHeader(keyId);
  const isSealed = (value: unknown): boolean =>
    value instanceof Uint8Array && header.equals(Buffer.from(value).subarray(0, header.length));
  const columns = Object.entries(dump(world)).flatMap(([table, rows]) =>
    rows.flatMap((row) => Object.keys(row).flatMap((name) => (isSealed(row[name]) ? [`${table}.${name}`] : []))),
  );
  return [...new Set(columns)].sort();
}

const all = ['authenticators.secret', 'passwords.hash', 'pending_authenticators.secret', 'service_secrets.sealed'];

test('all that a key has sealed is sealed anew, in every column', () =>
  inStory(async (world) => {
    await live(world);
    const [old = ''] = keysOf(world, 'active');
    assert.deepEqual(sealedWith(world, old), all, 'add what is sealed too to src/upkeep/sealed-columns.ts');
    const fresh = await rotated(world);
    await reseal(world.server.service, world.now());
    assert.deepEqual([sealedWith(world, old), sealedWith(world, fresh)], [[], all]);
  }));

test('the doctor opens every column that is sealed', () =>
  inStory(async (world) => {
    await live(world);
    const [key = ''] = keysOf(world, 'active');
    for (const column of sealedWith(world, key)) {
      const [table, name] = column.split('.');
      alter(world, `UPDATE ${table} SET ${name} = CAST(x'00' || ${name} AS BLOB)`);
      const { found } = await fault(world, 'secrets');
      assert.match(found, /cannot be opened/, column);
      alter(world, `UPDATE ${table} SET ${name} = substr(${name}, 2)`);
    }
    assert.deepEqual(await faults(world), ['mark warning'], 'this one keeps no mark');
  }));
