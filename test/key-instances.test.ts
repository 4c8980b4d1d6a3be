import assert from 'node:assert/strict';
import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { setImmediate as turnOfLoop } from 'node:timers/promises';
import { openDatabase } from '../src/database/database.ts';
import { databaseOf } from '../src/options.ts';
import { createKeyring, newKeyLine, parseKeys } from '../src/seal.ts';
import { createServer, type OwnServer } from '../src/server.ts';
import { addKey, KeyError, listInstances, readKeyFile, reseal } from '../src/upkeep/upkeep.ts';
import { activate, at, dropKey, inStory, keysOf, parts, place } from './key-steps.ts';
import { makePersonWithCode, signIn, type World } from './server.ts';
import { dump } from './tables.ts';

/** Every process that serves says which keys it holds, so that none is put to use that somebody lacks. */

const minute = 60_000;

test('a key that a live instance lacks is not activated, whoever else has it, until it does or is gone', () =>
  inStory(async (world) => {
    const { service, instance } = world.server;
    const elsewhere = join(world.folder, 'keys', 'copy.keys');
    await writeFile(elsewhere, await readFile(place(world).keyFile), { mode: 0o600 });
    const other = await startOther(world, elsewhere);
    const fresh = await addKey(service.database, place(world), world.now());
    await instance.report();
    const refused = async (): Promise<void> => {
      const stored = dump(world);
      await assert.rejects(activate(world, fresh), (error) => {
        assert.ok(error instanceof KeyError);
        assert.match(
          error.message,
          new RegExp(`^Instance .+:${process.pid} .+ does not hold key "${fresh}" yet\\. Copy`),
        );
        return true;
      });
      assert.deepEqual(dump(world), stored, 'a refusal changes nothing');
    };
    await refused();

    world.turn(2 * minute - 1);
    await instance.report();
    await refused();
    world.turn(1);
    await instance.report();
    assert.ok((await activate(world, fresh)).changed, 'one that is silent for two minutes is gone');

    assert.match(
      (await other.instance.report()) ?? '',
      new RegExp(`^Key "${fresh}" seals now, and .* does not hold it`),
    );
    const ready = await other.inject({ method: 'GET', url: '/readyz' });
    assert.equal(ready.statusCode, 503, 'one that comes back without the key wants no requests');
    await writeFile(elsewhere, await readFile(place(world).keyFile));
    assert.equal(await other.instance.report(), undefined);
    assert.equal((await other.inject({ method: 'GET', url: '/readyz' })).statusCode, 200);
    await other.close();
  }));

test('an instance that is closed holds nothing up', () =>
  inStory(async (world) => {
    const elsewhere = join(world.folder, 'keys', 'copy.keys');
    await writeFile(elsewhere, await readFile(place(world).keyFile), { mode: 0o600 });
    const other = await startOther(world, elsewhere);
    assert.equal(dump(world)['instances']?.length, 2);
    const fresh = await addKey(world.server.service.database, place(world), world.now());
    await world.server.instance.report();
    await assert.rejects(activate(world, fresh), KeyError);
    await other.close();
    assert.equal(dump(world)['instances']?.length, 1);
    assert.ok((await activate(world, fresh)).changed);
  }));

test('nothing is sealed anew while an instance still seals with the old key', () =>
  inStory(async (world) => {
    const { service, instance } = world.server;
    await makePersonWithCode(world);
    const fresh = await addKey(service.database, place(world), world.now());
    await instance.report();
    await activate(world, fresh);
    const stored = dump(world);
    const ahead = createKeyring(await readKeyFile(place(world)), fresh);
    const resealing = (): Promise<unknown> => reseal({ database: service.database, sealer: ahead }, world.now());
    await assert.rejects(resealing(), /^KeyError: Instance .* still seals with key "k.*within 30 seconds/);
    assert.deepEqual(dump(world), stored);
    await instance.report();
    assert.deepEqual(await resealing(), { resealed: 2, unopened: 0 });
  }));

test('what is wrong with the file of a running instance is said, and takes nothing from it', () =>
  inStory(async (world) => {
    const bob = await makePersonWithCode(world);
    const { instance } = world.server;
    const { keyFile } = place(world);
    const right = await readFile(keyFile, 'utf8');
    const [id = ''] = right.split(' ');
    for (const [content, sentence] of [
      ['', /cannot be used: it holds no key/],
      [newKeyLine(), new RegExp(`^Key "${id}" seals now, and .* does not hold it`)],
      [newKeyLine().replace(/^\w+/, id), new RegExp(`^Key "${id}" in .* is not the one`)],
    ] as const) {
      await writeFile(keyFile, content);
      world.turn(minute);
      assert.match((await instance.report()) ?? '', sentence);
      const [live] = await listInstances(world.server.service.database.read, world.now());
      assert.equal(live?.seenAt, world.now(), 'it is there all the same');
      assert.ok(await signIn(world, bob));
      assert.equal((await world.call('GET', '/readyz')).status, 200);
    }
    await writeFile(keyFile, right);
    assert.equal(await instance.report(), undefined);
  }));

test('a file that lacks a key activates none, and two who add one at once both have theirs', () =>
  inStory(async (world) => {
    const { database } = world.server.service;
    const { keyFile } = place(world);
    await writeFile(keyFile, `# ours\n${(await readFile(keyFile, 'utf8')).trimEnd()}`);
    const other = await openDatabase(databaseOf(place(world)));
    const added = await Promise.all([database, other].map((each) => addKey(each, place(world), world.now())));
    await other.close();
    const text = await readFile(keyFile, 'utf8');
    assert.match(text, /^# ours\n/);
    assert.deepEqual(
      parseKeys(text)
        .map((key) => key.id)
        .slice(1)
        .sort(),
      added.sort(),
    );
    assert.equal((await stat(keyFile)).mode & 0o777, 0o600);
    await assert.rejects(activate(world, 'k9'), /holds no key "k9", but k/);
    await world.server.instance.report();
    const [old = ''] = keysOf(world, 'active');
    await dropKey(world, old);
    await assert.rejects(activate(world, at(added, 0)), new RegExp(`does not hold key "${old}"`));
  }));

test('a running instance follows by itself within 30 seconds, and logs what is wrong with its file', (t) => {
  t.mock.timers.enable({ apis: ['setInterval'] });
  return inStory(async (world) => {
    const { keyFile } = place(world);
    const right = await readFile(keyFile, 'utf8');
    const fresh = await addKey(world.server.service.database, place(world), world.now());
    const held = (): string => String(dump(world)['instances']?.[0]?.['key_ids']);
    assert.doesNotMatch(held(), new RegExp(fresh));
    t.mock.timers.tick(30_000);
    await until(() => held().endsWith(` ${fresh}`));
    await activate(world, fresh);
    t.mock.timers.tick(30_000);
    await until(() => dump(world)['instances']?.[0]?.['seals_with'] === fresh);
    assert.doesNotMatch(world.log(), /"msg":"keys"/);
    await writeFile(keyFile, right);
    t.mock.timers.tick(30_000);
    await until(() => world.log().includes(`Key \\"${fresh}\\" seals now`));
  });
});

/** Waits for what goes on by itself; the test's own limit ends it. */
async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await turnOfLoop();
}

const startOther = (world: World, keyFile: string): Promise<OwnServer> =>
  createServer({ ...place(world), keyFile, logLevel: 'silent' }, { ...parts, clock: world.now });
