import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as turnOfLoop } from 'node:timers/promises';
import { Problem } from '../http/http.ts';
import { type Argon2, argon2, createHasher, parametersOf } from './hasher.ts';

const parameters = { memory: 19456, passes: 2, concurrency: 2, queue: 3 };
const present = 'm=19456,t=2,p=1';
const asker = { network: '192.0.2.1', known: false };
const phcOf = (set: string) => new RegExp(`^\\$argon2id\\$v=19\\$${set}\\$[A-Za-z0-9+/]{22}\\$[A-Za-z0-9+/]{43}$`);

/** Argon2 that takes no time: a hash of `x` with any parameters is that of the password `x`. */
function quick() {
  const verified: string[] = [];
  const hashed: string[] = [];
  const fake: Argon2 = {
    hash: async (password, { memoryCost, timeCost }) => {
      hashed.push(password);
      return `$argon2id$v=19$m=${memoryCost},t=${timeCost},p=1$${password}`;
    },
    verify: async (phc, password) => {
      verified.push(phc);
      return phc.endsWith(`$${password}`);
    },
  };
  return { fake, verified, hashed };
}

test('a hash is Argon2id with the parameters in it, and only the right password fits', async () => {
  const hasher = createHasher(parameters, argon2);
  const phc = await hasher.hash('correct horse', asker);
  assert.match(phc, phcOf(present));
  assert.equal(parametersOf(phc), hasher.present);
  assert.deepEqual(await hasher.verify(phc, 'correct horse', [present], asker), { right: true });
  assert.deepEqual(await hasher.verify(phc, 'Correct horse', [present], asker), { right: false });
  assert.notEqual(await hasher.hash('correct horse', asker), phc);
});

test('without a hash a dummy of the same parameters is verified, and the answer is no whatever fits', async () => {
  const asked: string[] = [];
  const yes: Argon2 = {
    hash: argon2.hash,
    verify: async (phc) => {
      asked.push(phc);
      return true;
    },
  };
  assert.deepEqual(await createHasher(parameters, yes).verify(undefined, 'x', [present], asker), { right: false });
  assert.match(asked[0] ?? '', phcOf(present));
  assert.equal(await argon2.verify(asked[0] ?? '', 'x'), false);
  assert.deepEqual(await createHasher(parameters, argon2).verify(undefined, '', [present], asker), { right: false });
});

test('one hash is run for each set of parameters in use, in the same order for everybody', async () => {
  const { fake, verified } = quick();
  const hasher = createHasher({ ...parameters, passes: 3 }, fake);
  const sets = [present, 'm=19456,t=3,p=1', 'm=65536,t=2,p=1'];
  const hashes = sets.map((set) => `$argon2id$v=19$${set}$x`);
  for (const phc of [undefined, ...hashes]) {
    verified.length = 0;
    const { right } = await hasher.verify(phc, 'x', sets, asker);
    assert.equal(right, phc !== undefined);
    assert.deepEqual(verified.map(parametersOf), sets);
    for (const [index, each] of verified.entries()) {
      if (hashes[index] === phc) assert.equal(each, phc);
      else assert.match(each, phcOf(sets[index] ?? ''));
    }
  }
});

test('a password that fits only a dummy is wrong', async () => {
  const other = 'm=65536,t=2,p=1';
  const fitsDummies: Argon2 = { hash: argon2.hash, verify: async (phc) => parametersOf(phc) === other };
  const hasher = createHasher(parameters, fitsDummies);
  const phc = `$argon2id$v=19$${present}$c2FsdA$aGFzaA`;
  assert.deepEqual(await hasher.verify(phc, 'x', [present, other], asker), { right: false });
});

test('the hash of a right password is made anew when its memory or passes were lower, and not otherwise', async () => {
  const { fake, hashed } = quick();
  const raised = createHasher({ ...parameters, memory: 20000, passes: 3 }, fake);
  for (const [set, outdated] of [
    ['m=19456,t=3,p=1', true],
    ['m=20000,t=2,p=1', true],
    ['m=20000,t=3,p=1', false],
    ['m=65536,t=4,p=1', false],
  ] as const) {
    const phc = `$argon2id$v=19$${set}$x`;
    const fresh = '$argon2id$v=19$m=20000,t=3,p=1$x';
    assert.deepEqual(await raised.verify(phc, 'x', [set], asker), outdated ? { right: true, fresh } : { right: true });
    assert.deepEqual(await raised.verify(phc, 'y', [set], asker), { right: false });
  }
  assert.deepEqual(hashed, ['x', 'x']);
});

test('while anybody waits no hash is made anew, and with nobody waiting it takes no second place', async () => {
  const { fake, hashed } = quick();
  const gate = Promise.withResolvers<void>();
  const held: Argon2 = { ...fake, verify: (...given) => gate.promise.then(() => fake.verify(...given)) };
  const hasher = createHasher({ ...parameters, passes: 3, concurrency: 1 }, held);
  const sign = () => hasher.verify(`$argon2id$v=19$${present}$x`, 'x', [present], asker);
  const both = [sign(), sign()];
  await turnOfLoop();
  assert.deepEqual(hasher.load(), { running: 1, waiting: 1 });
  gate.resolve();
  assert.deepEqual(
    (await Promise.all(both)).map(({ fresh }) => fresh !== undefined),
    [false, true],
  );
  assert.deepEqual(hashed, ['x']);
});

test('beyond the queue the answer is busy, for new passwords as for sign-ins', async () => {
  const hasher = createHasher({ ...parameters, concurrency: 1, queue: 1 }, argon2);
  const all = [hasher.hash('a', asker), hasher.hash('b', asker)];
  for (const work of [hasher.hash('c', asker), hasher.verify(undefined, 'c', [present], asker)])
    await assert.rejects(work, (error) => error instanceof Problem && error.code === 'busy');
  await Promise.all(all);
});
