import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as turnOfLoop } from 'node:timers/promises';
import {
  type Answer,
  codeAt,
  freshCode,
  inWorld,
  makePerson,
  makePersonWithCode,
  secretOf,
  signIn,
  type World,
} from '../server.ts';
import { alter, dump } from '../tables.ts';
import { secretIn } from './in-a-browser.ts';
import {
  assertProblem,
  changePassword,
  enable,
  generate,
  isAlive,
  meanwhile,
  reauthenticate,
  tryToSignIn,
  type WatchedArgon2,
  watchArgon2,
} from './steps.ts';

/** Sends two requests that are both let in before either can write; the first one writes first. */
async function overtaken(
  world: World,
  first: () => Promise<Answer>,
  second: () => Promise<Answer>,
): Promise<[Answer, Answer]> {
  const gate = Promise.withResolvers<void>();
  const { database } = world.server.service;
  const { transaction } = database;
  const lock = transaction(() => gate.promise);
  let waiting = 0;
  database.transaction = (work) => {
    waiting += 1;
    return transaction(work);
  };
  const answers: Promise<Answer>[] = [];
  for (const send of [first, second]) {
    const before = waiting;
    answers.push(send());
    while (waiting === before) await turnOfLoop();
    for (let turns = 0; turns < 50; turns += 1) await turnOfLoop();
  }
  database.transaction = transaction;
  gate.resolve();
  await lock;
  const [one, two] = await Promise.all(answers);
  assert.ok(one && two);
  return [one, two];
}

const inWatchedWorld = (story: (world: World, watched: WatchedArgon2) => Promise<void>): Promise<void> => {
  const watched = watchArgon2();
  return inWorld((world) => story(world, watched), {}, { argon2: watched.argon2 });
};

test('a request that a sign-out overtakes changes nothing', () =>
  inWorld(async (world) => {
    const bob = await makePersonWithCode(world);
    const alice = await makePerson(world);
    const requests = [
      [alice, 'PUT', '/auth/otp/enable', { enabled: true }],
      [bob, 'PUT', '/auth/otp/enable', { enabled: false }],
      [bob, 'POST', '/auth/recovery-codes', undefined],
      [alice, 'GET', '/auth/otp/generate', undefined],
      [bob, 'POST', '/auth/otp/replace', undefined],
      [alice, 'DELETE', '/auth/sessions', undefined],
    ] as const;
    for (const [person, method, url, body] of requests) {
      const token = await signIn(world, person);
      const before = dump(world, ['audit', 'sessions']);
      const [out, late] = await overtaken(
        world,
        () => world.call('DELETE', '/auth/sessions/current', { token }),
        () => world.call(method, url, { token, ...(body ? { body } : {}) }),
      );
      assert.equal(out.status, 204);
      assertProblem(late, 401, 'unauthenticated');
      assert.equal(late.headers['www-authenticate'], 'Bearer realm="Countersign", error="invalid_token"');
      assert.deepEqual(dump(world, ['audit', 'sessions']), before);
    }
  }));

test('a secret that is read while its session is signed out is shown to nobody', () =>
  inWorld(async (world) => {
    const { totp } = world.server.service;
    const { secret: read } = totp;
    for (const state of ['pending', 'bound']) {
      const token = await signIn(world, await makePerson(world, state));
      if (state === 'bound') await enable(world, token);
      const before = await generate(world, token);
      totp.secret = async (...which) => {
        totp.secret = read;
        const secret = await read(...which);
        assert.equal((await world.call('DELETE', '/auth/sessions/current', { token })).status, 204);
        return secret;
      };
      const late = await generate(world, token);
      assertProblem(late, 401, 'unauthenticated');
      assert.ok(before.body.secret && !late.text.includes(before.body.secret));
    }
  }));

test('a confirmation that a sign-out overtakes binds nothing', () =>
  inWorld(async (world) => {
    const alice = await makePerson(world);
    const token = await signIn(world, alice);
    const otp = codeAt(await secretOf(world, token), world.now());
    const [, late] = await overtaken(
      world,
      () => world.call('DELETE', '/auth/sessions/current', { token }),
      () => enable(world, token, { enabled: true, otp }),
    );
    assert.ok([401, 409, 422].includes(late.status), late.text);
    assert.equal((await tryToSignIn(world, alice)).status, 200);
  }));

test('of two sessions that switch on at once, one does, and the other is ended', () =>
  inWorld(async (world) => {
    const alice = await makePerson(world);
    const [desk, phone] = [await signIn(world, alice), await signIn(world, alice)];
    const [one, two] = await overtaken(
      world,
      () => enable(world, desk),
      () => enable(world, phone),
    );
    assert.equal(one.body.recovery_codes.length, 10);
    assertProblem(two, 401, 'unauthenticated');
    assert.deepEqual([await isAlive(world, desk), await isAlive(world, phone)], [true, false]);
  }));

test('reauthentication makes no new token when the account, or the session, ended meanwhile', () =>
  inWatchedWorld(async (world, watched) => {
    const alice = await makePerson(world);
    const [desk, phone] = [await signIn(world, alice), await signIn(world, alice)];
    const proof = { password: alice.password };
    const changed = await meanwhile(
      watched,
      () => reauthenticate(world, desk, proof),
      () => enable(world, desk),
    );
    assertProblem(changed, 422, 'wrong_password');
    assert.equal(await isAlive(world, desk), true);
    const ended = await meanwhile(
      watched,
      () => reauthenticate(world, desk, proof),
      () => world.call('DELETE', '/auth/sessions/current', { token: desk }),
    );
    assertProblem(ended, 401, 'unauthenticated');
    assert.equal(await isAlive(world, phone), false);
    assert.deepEqual(dump(world)['sessions'], []);
  }));

test('a code that is judged for an account that has changed meanwhile is neither counted nor spent', () =>
  inWatchedWorld(async (world, watched) => {
    const bob = await makePersonWithCode(world);
    const token = await signIn(world, bob);
    const proof = { password: bob.password, otp: freshCode(world, secretIn(bob)) };
    const before = dump(world)['budgets'];
    const changed = await meanwhile(
      watched,
      () => reauthenticate(world, token, proof),
      async () => alter(world, "UPDATE passwords SET version = 'another' WHERE user_id = ?", bob.id),
    );
    assertProblem(changed, 422, 'wrong_password');
    assert.deepEqual(dump(world)['budgets'], before);
    assert.equal((await reauthenticate(world, token, proof)).status, 200);
  }));

test('a session that ends while its passwords are hashed changes none', () =>
  inWatchedWorld(async (world, watched) => {
    const alice = await makePerson(world);
    const [thief, owner] = [await signIn(world, alice), await signIn(world, alice)];
    const answer = await meanwhile(
      watched,
      () => changePassword(world, thief, alice.password, 'quite another long password'),
      () => world.call('DELETE', '/auth/sessions', { token: owner }),
    );
    assertProblem(answer, 401, 'unauthenticated');
    assert.equal((await tryToSignIn(world, alice)).status, 200);
  }));

test('an administrator who is demoted, or signed out, while a password is hashed creates nobody', async () => {
  for (const demoted of [true, false]) {
    await inWatchedWorld(async (world, watched) => {
      const root = await makePersonWithCode(world, 'root', true);
      const [token, other] = [await signIn(world, root), await signIn(world, root)];
      const second = await signIn(world, await makePersonWithCode(world, 'second', true));
      const body = { name: 'mallory', password: 'quite another long password' };
      const answer = await meanwhile(
        watched,
        () => world.call('POST', '/users', { token, body }),
        () =>
          demoted
            ? world.call('PATCH', `/users/${root.id}`, { token: second, body: { roles: [] } })
            : world.call('DELETE', '/auth/sessions', { token: other }),
      );
      assertProblem(answer, demoted ? 403 : 401, demoted ? 'forbidden' : 'unauthenticated');
      assert.equal(await world.server.users.find('mallory'), undefined);
    });
  }
});
