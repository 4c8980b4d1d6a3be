import assert from 'node:assert/strict';
import { test } from 'node:test';
import { endless } from '../endless.ts';
import { quickHash } from '../quick-hash.ts';
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
import { enable, inStep, reauthenticate, recoveryCodeOf, tokenOf, tryToSignIn } from './steps.ts';

const inWideWorld = (story: (world: World) => Promise<void>): Promise<void> =>
  inWorld(story, { hashQueue: 1000 }, { argon2: quickHash, limits: endless });

/** A sign-in with a code writes four times: two charges, a settlement, and the session. */
const fifty = (world: World, request: () => Promise<Answer>): Promise<Answer[]> =>
  inStep(world, 4, Array<() => Promise<Answer>>(50).fill(request));

function assertOneOf(answers: Answer[]): void {
  const tally = Object.groupBy(answers, ({ status, body }) => `${status} ${body.status ?? body.code}`);
  const counts = Object.entries(tally).map(([what, all]) => [what, all?.length]);
  assert.deepEqual(Object.fromEntries(counts), { '200 0': 1, '401 2': 49 });
  assert.equal(answers.filter(({ body }) => body.token).length, 1);
}

test('fifty sign-ins at once with one code make one session', () =>
  inWideWorld(async (world) => {
    const bob = await makePersonWithCode(world);
    const otp = freshCode(world, bob.secret ?? Buffer.alloc(0));
    assertOneOf(await fifty(world, () => tryToSignIn(world, bob, { otp })));
    const token = await signIn(world, bob);
    assert.equal((await world.call('GET', '/auth/sessions', { token })).body.sessions.length, 2);
  }));

test('fifty sign-ins at once with one recovery code make one session', () =>
  inWideWorld(async (world) => {
    const bob = await makePersonWithCode(world);
    assertOneOf(await fifty(world, () => tryToSignIn(world, bob, recoveryCodeOf(bob))));
    const token = await tokenOf(world, bob, recoveryCodeOf(bob, 1));
    assert.equal((await world.call('GET', '/auth/recovery-codes', { token })).body.left, 8);
  }));

test('a code used for a sign-in, a reauthentication and an enrolment at once is good for one of them', () =>
  inWideWorld(async (world) => {
    const alice = await makePerson(world);
    const first = await signIn(world, alice);
    await enable(world, first);
    const secret = await secretOf(world, first);
    const other = await tokenOf(world, alice, { otp: codeAt(secret, world.now()) });
    const otp = freshCode(world, secret);
    const answers = await inStep(world, 4, [
      () => tryToSignIn(world, alice, { otp }),
      () => reauthenticate(world, other, { password: alice.password, otp }),
      () => tryToSignIn(world, alice, { otp }),
      () => reauthenticate(world, other, { password: alice.password, otp }),
    ]);
    assert.equal(answers.filter(({ status }) => status === 200).length, 1);
  }));

test('ten confirmations at once with one code make one set of recovery codes', () =>
  inWideWorld(async (world) => {
    const alice = await makePerson(world);
    const token = await signIn(world, alice);
    const otp = codeAt(await secretOf(world, token), world.now());
    const request = () => enable(world, token, { enabled: true, otp });
    const answers = await inStep(world, 2, Array<typeof request>(10).fill(request));
    assert.equal(answers.filter(({ status }) => status === 200).length, 1);
    const [right] = answers.filter(({ status }) => status === 200);
    await tokenOf(world, alice, recoveryCodeOf({ ...alice, recoveryCodes: right?.body.recovery_codes ?? [] }));
  }));

test('six right passwords at once are six sign-ins', () =>
  inWorld(async (world) => {
    const alice = await makePerson(world);
    const answers = await Promise.all(Array.from({ length: 6 }, () => tryToSignIn(world, alice)));
    assert.deepEqual(
      answers.map(({ status }) => status),
      [200, 200, 200, 200, 200, 200],
    );
  }));
