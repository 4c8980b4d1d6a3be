import assert from 'node:assert/strict';
import { test } from 'node:test';
import { addKey, listKeys, readKeyFile, reseal } from '../src/upkeep/upkeep.ts';
import { findUserByName } from '../src/users/users.ts';
import {
  activate,
  at,
  dropKey,
  everybodySignsIn,
  inStory,
  keysOf,
  place,
  rotated,
  sealerOf,
  sealers,
} from './key-steps.ts';
import { makePerson, makePersonWithCode, type Person, signIn } from './server.ts';
import { alter, dump } from './tables.ts';

/** Keys are added, put to use and retired beside whoever is served, and nobody is signed out or left out by it. */

test('a rotation in the midst of sign-ins: each step is followed within one report, and everybody stays in', () =>
  inStory(async (world) => {
    const people = [await makePerson(world, 'alice'), await makePersonWithCode(world, 'bob')];
    const [old = ''] = keysOf(world, 'active');
    const token = await signIn(world, at(people, 0));

    const fresh = await addKey(world.server.service.database, place(world), world.now());
    await world.server.instance.report();
    await everybodySignsIn(world, people);
    assert.deepEqual(sealers(world), new Set([old]), 'an added key does not seal');

    assert.deepEqual(await activate(world, fresh), { changed: true, before: old });
    await everybodySignsIn(world, people);
    assert.deepEqual(keysOf(world, 'active'), [fresh]);
    await world.server.instance.report();
    const { clara, secret } = { clara: await makePersonWithCode(world, 'clara'), secret: sealerOf(world, 'passwords') };
    assert.equal(secret(clara.id), fresh, 'what is new is sealed with it');

    await everybodySignsIn(world, people);
    assert.deepEqual(sealers(world), new Set([fresh]), 'what was used is sealed anew');
    assert.equal((await world.call('GET', '/whoami', { token })).status, 200, 'sessions know nothing of keys');

    await dropKey(world, old);
    await world.restart();
    await everybodySignsIn(world, [...people, clara]);
  }));

test('a full re-seal leaves nothing to the old key, which may then go', () =>
  inStory(async (world) => {
    const people: Person[] = [];
    for (const name of ['bob', 'carol', 'dave']) people.push(await makePersonWithCode(world, name));
    const token = await signIn(world, at(people, 0));
    await world.call('POST', '/auth/otp/replace', { token });
    await world.call('GET', '/auth/otp/generate', { token });
    const [old = ''] = keysOf(world, 'active');
    const { service, instance } = world.server;
    const fresh = await addKey(service.database, place(world), world.now());
    await instance.report();
    await activate(world, fresh);
    await instance.report();

    const counts = async (): Promise<[number | undefined, number | undefined]> => {
      const keys = await listKeys(service.database.read, await readKeyFile(place(world)), world.now());
      const valuesOf = (id: string): number | undefined => keys.find((key) => key.id === id)?.values;
      return [valuesOf(old), valuesOf(fresh)];
    };
    assert.deepEqual(await counts(), [7, 1], 'the secret of the service goes along at once');
    assert.deepEqual(await reseal(service, world.now()), { resealed: 7, unopened: 0 });
    assert.deepEqual(await counts(), [0, 8]);
    assert.deepEqual(
      await reseal(service, world.now()),
      { resealed: 0, unopened: 0 },
      'again, and there is nothing left to do',
    );

    await dropKey(world, old);
    await world.restart();
    await everybodySignsIn(world, people);
  }));

test('a re-seal never overwrites what was changed while it ran, and leaves what it cannot open', () =>
  inStory(async (world) => {
    const alice = await makePerson(world, 'alice');
    const { service } = world.server;
    const mallory = await makePerson(world, 'mallory');
    alter(world, 'UPDATE passwords SET hash = ? WHERE user_id = ?', Buffer.from('no sealed value'), mallory.id);
    const fresh = await rotated(world);
    const { database } = service;
    // Between the reading of a batch and its transaction somebody sets another password.
    const slow = {
      ...database,
      async transaction<T>(work: Parameters<typeof database.transaction<T>>[0]): Promise<T> {
        const user = await findUserByName(database.read, 'alice');
        await service.admin.setPassword(user ?? assert.fail(), 'another long password of hers');
        return database.transaction(work);
      },
    };
    assert.deepEqual(await reseal({ database: slow, sealer: service.sealer }, world.now()), {
      resealed: 0,
      unopened: 1,
    });
    const changed = { ...alice, basic: 'alice:another long password of hers' };
    assert.ok(await signIn(world, changed), 'the new password is the one that holds');
    assert.equal(sealerOf(world, 'passwords')(alice.id), fresh);
    const stored = dump(world)['passwords']?.find((row) => row['user_id'] === mallory.id)?.['hash'];
    assert.equal(Buffer.from(stored as Uint8Array).toString(), 'no sealed value');
  }));

test('counts of wrong tries outlive a rotation and the old key', () =>
  inStory(async (world) => {
    await makePerson(world, 'alice');
    const wrong = () => world.call('POST', '/auth/credentials', { basic: 'alice:wrong' });
    for (let tries = 0; tries < 5; tries += 1) assert.equal((await wrong()).status, 401);
    assert.equal((await wrong()).status, 429);
    const [old = ''] = keysOf(world, 'active');
    await rotated(world);
    await reseal(world.server.service, world.now());
    await dropKey(world, old);
    await world.restart();
    assert.equal((await wrong()).status, 429);
  }));
