import assert from 'node:assert/strict';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { minute } from '../../src/clock.ts';
import type { Options } from '../../src/options.ts';
import { countersign } from '../cli/process.ts';
import { quickHash } from '../quick-hash.ts';
import { freshCode, inWorld, makePerson, makePersonWithCode, type Person, signIn, type World } from '../server.ts';
import { assertRefused, isAlive, tokenOf, tryToSignIn } from '../stories/steps.ts';
import { atTwoSites, kinds, otherThan } from './backup-steps.ts';

/** A backup is made of a service that works on, and put back elsewhere: who should gets in there, and nobody else. */
for (const kind of kinds) {
  const other = otherThan(kind);
  test(`a backup of ${kind} made under load is put back into ${other}: everybody who should gets in, and nobody else`, () =>
    atTwoSites(kind, other, async (home, away) => {
      const file = join(home.folder, 'all.backup');
      let later = 0;
      const before = await inTime(home.options, Date.now(), async (world) => {
        const cast = await makeCast(world);
        const load = makeLoad(world);
        await load.until(5);
        const acknowledged = load.names.length;
        const made = await countersign(['db', 'backup', file], { folder: home.folder, env: home.env });
        assert.equal(made.code, 0, made.stderr);
        assert.match(made.stdout, /^Backed up \d+ accounts .* No key is in it/);
        const names = await load.stop();
        assert.ok(names.length > acknowledged, 'people went on signing up meanwhile');
        later = world.now();
        return { cast, names, acknowledged };
      });
      assert.equal(statSync(file).mode & 0o777, 0o600);

      const verified = await away.run(['db', 'verify-backup', file]);
      assert.equal(verified.code, 0, verified.stderr);
      const restored = await away.run(['db', 'restore', file]);
      assert.equal(restored.code, 0, restored.stderr);
      assert.match(restored.stdout, /^Ended: \d+ sessions, .* Void: 20 recovery codes, 1 link\.$/m);
      assert.match(restored.stdout, /who was disabled or deleted, .* may be as before/);
      const log = await away.run(['audit', 'verify']);
      assert.equal(log.code, 0, log.stderr);

      await inTime(away.options, later + 5 * minute, async (world) => {
        await whoGetsIn(world, before.cast);
        for (const name of before.names.slice(0, before.acknowledged))
          assert.ok(await world.server.users.find(name), `${name} was there before the backup was begun`);
      });
    }));
}

/** Runs a story in a world at a site, whose clock begins near that of the command line. */
async function inTime<T>(options: Partial<Options>, at: number, story: (world: World) => Promise<T>): Promise<T> {
  let result: T | undefined;
  await inWorld(
    async (world) => {
      world.turn(at - world.now());
      result = await story(world);
    },
    options,
    { argon2: quickHash },
  );
  return result as T;
}

interface Cast {
  root: Person;
  alice: Person;
  bob: Person;
  dora: Person;
  ed: Person;
  tokens: string[];
  spent: string;
  invitation: string;
}

/** Alice with a password, bob with a code too, dora who is disabled, ed who is gone, zoe who is invited. */
async function makeCast(world: World): Promise<Cast> {
  const root = await makePersonWithCode(world, 'root', true);
  const [alice, dora, ed] = [await makePerson(world), await makePerson(world, 'dora'), await makePerson(world, 'ed')];
  const bob = await makePersonWithCode(world);
  const { admin } = world.server.service;
  await admin.change('operator', dora.id, { disabled: true });
  await admin.remove('operator', ed.id);
  const link = (await world.server.users.create({ name: 'zoe' })).link ?? '';
  const ended = await signIn(world, alice);
  await world.call('DELETE', '/auth/sessions/current', { token: ended });
  const live = await signIn(world, alice);
  const spent = freshCode(world, bob.secret ?? Buffer.alloc(0));
  const withCode = await tokenOf(world, bob, { otp: spent });
  const invitation = new URL(link).searchParams.get('token') ?? '';
  return { root, alice, bob, dora, ed, tokens: [ended, live, withCode], spent, invitation };
}

async function whoGetsIn(world: World, cast: Cast): Promise<void> {
  const { root, alice, bob, dora, ed, tokens, spent, invitation } = cast;
  for (const token of tokens) assert.equal(await isAlive(world, token), false, 'sessions are ended');
  for (const person of [alice, root]) assert.ok(await signIn(world, person));
  assertRefused(await tryToSignIn(world, bob), 401, 1);
  assertRefused(await tryToSignIn(world, bob, { otp: spent }), 401, 2);
  assertRefused(await tryToSignIn(world, bob, { recovery_code: bob.recoveryCodes?.[0] ?? '' }), 401, 2);
  assert.ok(await signIn(world, bob), 'with a fresh code of the same authenticator');
  for (const person of [dora, ed]) assertRefused(await tryToSignIn(world, person), 401, 3);
  const { passwords, database } = world.server.service;
  assert.equal(await passwords.userOfLink(database.read, invitation, world.now()), undefined);
}

/** People who sign up, sign in and out without a pause, until they are told to stop. */
function makeLoad(world: World) {
  const names: string[] = [];
  let going = true;
  const one = async (lane: number): Promise<void> => {
    for (let count = 0; going; count += 1) {
      const person = await makePerson(world, `guest-${lane}-${count}`);
      names.push(person.name);
      const token = await signIn(world, person);
      await world.call('DELETE', '/auth/sessions/current', { token });
    }
  };
  const lanes = Promise.all([1, 2, 3].map(one));
  return {
    /** Those whose account was acknowledged so far. */
    names,
    async until(count: number): Promise<void> {
      while (names.length < count) await Promise.race([lanes, new Promise((next) => setTimeout(next, 5))]);
    },
    async stop(): Promise<string[]> {
      going = false;
      await lanes;
      return names;
    },
  };
}
