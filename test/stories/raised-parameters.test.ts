import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Argon2 } from '../../src/passwords/passwords.ts';
import { createServer } from '../../src/server.ts';
import { quickHash } from '../quick-hash.ts';
import { inWorld, makePerson, type World } from '../server.ts';
import { alter, dump } from '../tables.ts';
import { assertRefused, tokenOf, tryToSignIn } from './steps.ts';

const low = 'm=19456,t=2,p=1';
const high = 'm=19456,t=3,p=1';

/** Argon2 that says with which parameters it was asked. */
function heard() {
  const asked: string[] = [];
  const argon2: Argon2 = {
    hash(password, parameters) {
      asked.push(`hash t=${parameters.timeCost}`);
      return quickHash.hash(password, parameters);
    },
    verify(phc, password) {
      asked.push(phc.split('$')[3] ?? '');
      return quickHash.verify(phc, password);
    },
  };
  return { argon2, take: (): string[] => asked.splice(0) };
}

type Heard = ReturnType<typeof heard>;

const inWorldWithEars = (story: (world: World, ears: Heard) => Promise<void>): Promise<void> => {
  const ears = heard();
  return inWorld((world) => story(world, ears), {}, { argon2: ears.argon2 });
};

const parametersOf = (world: World): string[] =>
  (dump(world)['passwords'] ?? []).map(({ parameters }) => String(parameters)).toSorted();

test('while hashes of several parameters are stored, everybody costs one of each, rehashed or not', () =>
  inWorldWithEars(async (world, ears) => {
    const alice = await makePerson(world, 'alice');
    const bob = await makePerson(world, 'bob');
    const dora = await makePerson(world, 'dora');
    await world.server.service.admin.change('operator', dora.id, { disabled: true });
    await world.restart({ argon2Passes: 3 });
    ears.take();
    await tokenOf(world, alice);
    assert.deepEqual(ears.take(), [low, high, 'hash t=3'], 'a right password is hashed anew, once');
    await tokenOf(world, alice);
    assert.deepEqual(ears.take(), [low, high]);
    const refused = {
      'hashed anew': 'alice:wrong',
      'not hashed anew yet': 'bob:wrong',
      unknown: 'nobody:wrong',
      'disabled, right password': dora.basic,
      'too long': `bob:${'x'.repeat(300)}`,
    };
    for (const [who, basic] of Object.entries(refused)) {
      assertRefused(await tryToSignIn(world, { basic }), 401, 3);
      assert.deepEqual(ears.take(), [low, high], who);
    }
    await tokenOf(world, bob);
    assert.deepEqual(parametersOf(world), [low, high, high], 'a disabled account is not touched');
  }));

test('once nobody has a hash of the old parameters, the next sweep ends their cost', () =>
  inWorldWithEars(async (world, ears) => {
    const alice = await makePerson(world);
    await world.restart({ argon2Passes: 3 });
    await tokenOf(world, alice);
    await world.server.service.sweep();
    ears.take();
    assertRefused(await tryToSignIn(world, { basic: 'alice:wrong' }), 401, 3);
    assertRefused(await tryToSignIn(world, { basic: 'nobody:wrong' }), 401, 3);
    assert.deepEqual(ears.take(), [high, high]);
  }));

test('parameters that are lowered again are met by everybody while somebody has the higher ones', () =>
  inWorldWithEars(async (world, ears) => {
    const alice = await makePerson(world);
    await world.restart({ argon2Passes: 3 });
    await tokenOf(world, alice);
    await world.restart({ argon2Passes: 2 });
    ears.take();
    await tokenOf(world, alice);
    assert.deepEqual(ears.take(), [low, high], 'and nobody gets a cheaper hash');
    assertRefused(await tryToSignIn(world, { basic: 'nobody:wrong' }), 401, 3);
    assert.deepEqual(ears.take(), [low, high]);
  }));

test('what another instance stores with other parameters is met from the first try on', () =>
  inWorldWithEars(async (world, ears) => {
    await makePerson(world);
    const { data, databaseUrl, keyFile } = world.server.service.options;
    const place = { data, databaseUrl, keyFile };
    const other = await createServer({ ...place, argon2Passes: 3, logLevel: 'silent' }, { argon2: quickHash });
    await other.users.create({ name: 'bob', password: 'correct horse battery staple' });
    await other.close();
    ears.take();
    for (const name of ['bob', 'alice', 'nobody', 'bob']) {
      assertRefused(await tryToSignIn(world, { basic: `${name}:wrong` }), 401, 3);
      assert.deepEqual(ears.take(), [low, high], name);
    }
  }));

test('hashes stored before parameters were written down are opened for it at the start', () =>
  inWorldWithEars(async (world, ears) => {
    const names = Array.from({ length: 401 }, (_, index) => `user${index}`);
    for (const name of names) await makePerson(world, name);
    // One that cannot be opened: it stays unknown, and answers as a wrong password does.
    alter(world, "UPDATE passwords SET hash = x'00' WHERE user_id = (SELECT min(user_id) FROM passwords)");
    alter(world, "UPDATE passwords SET parameters = ''");
    await world.restart({ argon2Passes: 3 });
    assert.deepEqual(parametersOf(world), ['', ...Array.from({ length: 400 }, () => low)]);
    ears.take();
    assertRefused(await tryToSignIn(world, { basic: 'nobody:wrong' }), 401, 3);
    assert.deepEqual(ears.take(), [low, high]);
  }));
