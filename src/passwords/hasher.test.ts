import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as turnOfLoop } from 'node:timers/promises';
import { Problem } from '../http/http.ts';
import { type Argon2, argon2, createHasher } from './hasher.ts';

const parameters = { memory: 19456, passes: 2, concurrency: 2, queue: 3 };

/** Argon2 whose every hash waits to be let go. */
function heldArgon2() {
  const held: (() => void)[] = [];
  const asked: string[] = [];
  let running = 0;
  let most = 0;
  const wait = async (what: string): Promise<void> => {
    asked.push(what);
    running += 1;
    most = Math.max(most, running);
    await new Promise<void>((go) => held.push(go));
    running -= 1;
  };
  const fake: Argon2 = {
    hash: async (password) => {
      await wait(password);
      if (password === 'broken') throw new Error('out of memory');
      return `hash of ${password}`;
    },
    verify: async (phc, password) => {
      await wait(phc);
      return phc === `hash of ${password}`;
    },
  };
  return { fake, asked, most: () => most, letGo: (): void => held.shift()?.() };
}

test('a hash is Argon2id with the parameters in it, and only the right password fits', async () => {
  const hasher = createHasher(parameters, argon2);
  const phc = await hasher.hash('correct horse');
  assert.match(phc, /^\$argon2id\$v=19\$m=19456,t=2,p=1\$[A-Za-z0-9+/]{22,}\$[A-Za-z0-9+/]{43}$/);
  assert.equal(await hasher.verify(phc, 'correct horse'), true);
  assert.equal(await hasher.verify(phc, 'Correct horse'), false);
  assert.notEqual(await hasher.hash('correct horse'), phc);
});

test('a hash of other parameters is outdated, one of these is not', async () => {
  const hasher = createHasher(parameters, argon2);
  const phc = await hasher.hash('x');
  assert.equal(hasher.isOutdated(phc), false);
  for (const other of [{ memory: 20000 }, { passes: 3 }]) {
    const raised = createHasher({ ...parameters, ...other }, argon2);
    assert.equal(raised.isOutdated(phc), true);
    assert.equal(await raised.verify(phc, 'x'), true);
  }
});

test('without a hash a dummy of the present parameters is verified, and the answer is no', async () => {
  const asked: string[] = [];
  const yes: Argon2 = {
    hash: argon2.hash,
    verify: async (phc) => {
      asked.push(phc);
      return true;
    },
  };
  assert.equal(await createHasher(parameters, yes).verify(undefined, 'x'), false);
  assert.match(asked[0] ?? '', /^\$argon2id\$v=19\$m=19456,t=2,p=1\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$/);
  assert.equal(await argon2.verify(asked[0] ?? '', 'x'), false);
  assert.equal(await createHasher(parameters, argon2).verify(undefined, ''), false);
});

test('no more hashes run than the pool has room for, the next ones wait in line', async () => {
  const { fake, asked, most, letGo } = heldArgon2();
  const hasher = createHasher(parameters, fake);
  const all = ['a', 'b', 'c', 'd', 'e'].map((password) => hasher.hash(password));
  await turnOfLoop();
  assert.deepEqual([asked, hasher.load()], [['a', 'b'], { running: 2, waiting: 3 }]);
  for (let index = 0; index < 5; index += 1) {
    letGo();
    await turnOfLoop();
  }
  assert.deepEqual(
    await Promise.all(all),
    ['a', 'b', 'c', 'd', 'e'].map((password) => `hash of ${password}`),
  );
  assert.deepEqual([asked, most(), hasher.load()], [['a', 'b', 'c', 'd', 'e'], 2, { running: 0, waiting: 0 }]);
});

test('beyond the queue the answer is busy, at once, and with a time to come again', async () => {
  const { fake, asked, letGo } = heldArgon2();
  const hasher = createHasher(parameters, fake);
  const all = ['a', 'b', 'c', 'd', 'e'].map((password) => hasher.hash(password));
  for (const work of [() => hasher.hash('f'), () => hasher.verify(undefined, 'f')]) {
    await assert.rejects(work, (error) => {
      assert.ok(error instanceof Problem);
      assert.deepEqual([error.code, error.particulars.retryAfter], ['busy', 2]);
      return true;
    });
  }
  for (let index = 0; index < 5; index += 1) {
    letGo();
    await turnOfLoop();
  }
  await Promise.all(all);
  assert.equal(asked.includes('f'), false);
  const again = hasher.hash('f');
  letGo();
  assert.equal(await again, 'hash of f');
});

test('a hash that fails gives its place to the next', async () => {
  const { fake, letGo } = heldArgon2();
  const hasher = createHasher({ ...parameters, concurrency: 1 }, fake);
  const broken = hasher.hash('broken');
  const next = hasher.hash('next');
  letGo();
  await assert.rejects(broken, /out of memory/);
  await turnOfLoop();
  letGo();
  assert.equal(await next, 'hash of next');
  assert.deepEqual(hasher.load(), { running: 0, waiting: 0 });
});
