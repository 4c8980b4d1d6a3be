import assert from 'node:assert/strict';
import { test } from 'node:test';
import { stepAt } from '../src/totp/code.ts';
import { endless } from './endless.ts';
import { quickHash } from './quick-hash.ts';
import { freshCode, inWorld, makePerson, makePersonWithCode, secretOf, signIn, type World } from './server.ts';
import { alter } from './tables.ts';

/** Guards that no single request can reach: what stands behind them must hold even where what stands before has not. */
const parts = {
  argon2: quickHash,
  limits: endless,
};

/** From now on nobody who has judged a code goes on before `count` have. */
function judgeTogether(world: World, count: number): void {
  const { totp } = world.server.service;
  const { judge } = totp;
  let judged = 0;
  let all = (): void => {};
  const together = new Promise<void>((resolve) => {
    all = resolve;
  });
  totp.judge = async (...given) => {
    const match = await judge(...given);
    judged += 1;
    if (judged === count) all();
    await together;
    return match;
  };
}

test('of many who have found one code good at the same moment, one spends it', () =>
  inWorld(
    async (world) => {
      const bob = await makePersonWithCode(world);
      const token = await signIn(world, bob);
      const otp = freshCode(world, bob.secret ?? Buffer.alloc(0));
      judgeTogether(world, 20);
      const answers = await Promise.all([
        ...Array.from({ length: 10 }, () =>
          world.call('POST', '/auth/credentials', { basic: bob.basic, body: { otp } }),
        ),
        ...Array.from({ length: 10 }, () =>
          world.call('POST', '/auth/reauthenticate', { token, body: { password: bob.password, otp } }),
        ),
      ]);
      assert.equal(
        answers.filter(({ status }) => status === 200).length,
        1,
        answers.map(({ text }) => text).join('\n'),
      );
      const codes = new Set(answers.filter(({ status }) => status !== 200).map(({ body }) => body.code ?? body.status));
      assert.deepEqual(codes, new Set([2, 'wrong_otp']));
    },
    {},
    parts,
  ));

test('of many who have found the code of one pending secret good, one binds it', () =>
  inWorld(
    async (world) => {
      const alice = await makePerson(world);
      const token = await signIn(world, alice);
      const otp = freshCode(world, await secretOf(world, token));
      judgeTogether(world, 10);
      const confirm = () => world.call('PUT', '/auth/otp/enable', { token, body: { enabled: true, otp } });
      const answers = await Promise.all(Array.from({ length: 10 }, confirm));
      const sets = answers.filter(({ body }) => body.recovery_codes);
      assert.deepEqual([sets.length, answers.filter(({ status }) => status === 200).length], [1, 1]);
    },
    {},
    parts,
  ));

test('a pending secret is confirmed by a code of its own and of no other', () =>
  inWorld(
    async (world) => {
      const alice = await makePerson(world);
      const token = await signIn(world, alice);
      await secretOf(world, token);
      const { session } = (await world.call('GET', '/me', { token })).body;
      const { database, totp } = world.server.service;
      const { pending } = await totp.enrolment(database.read, alice.id, session.id, world.now());
      assert.ok(pending);
      const bind = (id: string) =>
        database.transaction((tx) =>
          totp.bindPending(tx, alice.id, session.id, { id, step: stepAt(world.now()) }, world.now()),
        );
      assert.equal(await bind('another'), undefined);
      assert.equal((await bind(pending.id))?.id, pending.id);
    },
    {},
    parts,
  ));

test('a session that has not proved the second factor in force is none, however it came to be', () =>
  inWorld(
    async (world) => {
      const alice = await makePerson(world);
      const token = await signIn(world, alice);
      await world.call('PUT', '/auth/otp/enable', { token, body: { enabled: true } });
      assert.equal((await world.call('GET', '/whoami', { token })).status, 200, 'this session has switched it on');
      alter(world, "UPDATE authenticators SET bound_by = 'another'");
      for (const url of ['/whoami', '/me', '/auth/otp/generate'])
        assert.equal((await world.call('GET', url, { token })).status, 401, url);
    },
    {},
    parts,
  ));
