import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Options } from '../../src/options.ts';
import {
  codeAt,
  freshCode,
  inWorld,
  makePerson,
  makePersonWithCode,
  type Person,
  secretOf,
  signIn,
  type World,
} from '../server.ts';
import { dump } from '../tables.ts';
import {
  assertRefused,
  changePassword,
  enable,
  isAlive,
  meanwhile,
  recoveryCodeOf,
  tryToSignIn,
  type WatchedArgon2,
  watchArgon2,
} from './steps.ts';

const inWatchedWorld = (
  story: (world: World, watched: WatchedArgon2) => Promise<void>,
  options: Partial<Options> = {},
): Promise<void> => {
  const watched = watchArgon2();
  return inWorld((world) => story(world, watched), options, { argon2: watched.argon2 });
};

const sessionsOf = (world: World, person: Person): number =>
  (dump(world)['sessions'] ?? []).filter((row) => row['user_id'] === person.id).length;

const asAdministrator = async (world: World): Promise<string> =>
  signIn(world, await makePersonWithCode(world, 'root', true));

test('a password changed while it was hashed gives no session', () =>
  inWatchedWorld(async (world, watched) => {
    const alice = await makePerson(world);
    const token = await signIn(world, alice);
    const answer = await meanwhile(
      watched,
      () => tryToSignIn(world, alice),
      () => changePassword(world, token, alice.password, 'quite another long password'),
    );
    assertRefused(answer, 401, 3);
    assert.equal(sessionsOf(world, alice), 1);
  }));

test('a user disabled, or deleted, while the password was hashed gets no session', async () => {
  for (const change of ['PATCH', 'DELETE'] as const) {
    await inWatchedWorld(async (world, watched) => {
      const token = await asAdministrator(world);
      const alice = await makePerson(world);
      const answer = await meanwhile(
        watched,
        () => tryToSignIn(world, alice),
        () =>
          world.call(change, `/users/${alice.id}`, {
            token,
            ...(change === 'PATCH' ? { body: { disabled: true } } : {}),
          }),
      );
      assertRefused(answer, 401, 3);
      assert.equal(sessionsOf(world, alice), 0);
    });
  }
});

test('a user disabled and enabled again while the password was hashed signs in', () =>
  inWatchedWorld(async (world, watched) => {
    const token = await asAdministrator(world);
    const alice = await makePerson(world);
    const set = (disabled: boolean) => world.call('PATCH', `/users/${alice.id}`, { token, body: { disabled } });
    const answer = await meanwhile(
      watched,
      () => tryToSignIn(world, alice),
      async () => {
        await set(true);
        await set(false);
      },
    );
    assert.equal(answer.status, 200);
  }));

test('a second factor switched on while the password was hashed is demanded', () =>
  inWatchedWorld(async (world, watched) => {
    const alice = await makePerson(world);
    const token = await signIn(world, alice);
    const answer = await meanwhile(
      watched,
      () => tryToSignIn(world, alice),
      () => enable(world, token),
    );
    assertRefused(answer, 401, 1);
    assert.equal(sessionsOf(world, alice), 1);
  }));

test('a second factor switched on meanwhile is judged anew with the code that was sent', () =>
  inWatchedWorld(async (world, watched) => {
    const alice = await makePerson(world);
    const token = await signIn(world, alice);
    const secret = await secretOf(world, token);
    const otp = codeAt(secret, world.now());
    const answer = await meanwhile(
      watched,
      () => tryToSignIn(world, alice, { otp }),
      () => enable(world, token),
    );
    assert.equal(answer.status, 200);
    assert.equal((await tryToSignIn(world, alice, { otp })).body.status, 2);
  }));

test('an authenticator replaced while the password was hashed makes the old code wrong', () =>
  inWatchedWorld(async (world, watched) => {
    const bob = await makePersonWithCode(world);
    const token = await signIn(world, bob);
    await world.call('POST', '/auth/otp/replace', { token });
    const secret = await secretOf(world, token);
    const otp = freshCode(world, bob.secret ?? Buffer.alloc(0));
    const answer = await meanwhile(
      watched,
      () => tryToSignIn(world, bob, { otp }),
      () => enable(world, token, { enabled: true, otp: codeAt(secret, world.now()) }),
    );
    assertRefused(answer, 401, 2);
    assert.equal(sessionsOf(world, bob), 1);
  }));

test('a user made administrator while the password was hashed gets an enrolling session', () =>
  inWatchedWorld(async (world, watched) => {
    const token = await asAdministrator(world);
    const alice = await makePerson(world);
    const answer = await meanwhile(
      watched,
      () => tryToSignIn(world, alice),
      () => world.call('PATCH', `/users/${alice.id}`, { token, body: { roles: ['administrator'] } }),
    );
    assert.deepEqual([answer.status, answer.body.enrolling], [200, true]);
  }));

test('an account that keeps changing is judged anew once, and then answers as wrong credentials', () =>
  inWatchedWorld(async (world, watched) => {
    const token = await asAdministrator(world);
    const alice = await makePerson(world);
    const promote = (roles: string[]) => world.call('PATCH', `/users/${alice.id}`, { token, body: { roles } });
    const first = watched.holdNext();
    const answer = tryToSignIn(world, alice);
    await first.begun;
    await promote(['administrator']);
    const second = watched.holdNext();
    first.release();
    await second.begun;
    await promote([]);
    second.release();
    assertRefused(await answer, 401, 3);
    assert.equal(sessionsOf(world, alice), 0);
  }));

test('a rename, a rehash and a proved authenticator are no change', () =>
  inWatchedWorld(async (world, watched) => {
    const token = await asAdministrator(world);
    const alice = await makePerson(world);
    const renamed = await meanwhile(
      watched,
      () => tryToSignIn(world, alice),
      () => world.call('PATCH', `/users/${alice.id}`, { token, body: { name: 'liddell' } }),
    );
    assert.equal(renamed.status, 200);

    await world.restart({ argon2Passes: 3 });
    const liddell = { ...alice, basic: `liddell:${alice.password}` };
    const before = { ...watched.done };
    const rehashed = await meanwhile(
      watched,
      () => tryToSignIn(world, liddell),
      () => signIn(world, liddell),
    );
    assert.equal(rehashed.status, 200);
    assert.ok(watched.done.hashes > before.hashes, 'nothing was hashed anew');
    // The administrator still has a hash of before, so that each judgement takes one of each kind.
    assert.equal(watched.done.verifies, before.verifies + 2 * 2, 'something was judged twice');

    const { body: on } = await enable(world, rehashed.body.token);
    const secret = await secretOf(world, rehashed.body.token);
    const code = recoveryCodeOf({ ...alice, recoveryCodes: on.recovery_codes });
    const proved = await meanwhile(
      watched,
      () => tryToSignIn(world, liddell, code),
      () => tryToSignIn(world, liddell, { otp: codeAt(secret, world.now()) }),
    );
    assert.equal(proved.status, 200);
    assert.equal(watched.done.verifies, before.verifies + 4 * 2, 'something was judged twice');
    assert.equal(await isAlive(world, rehashed.body.token), true);
  }));
