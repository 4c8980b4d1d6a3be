import assert from 'node:assert/strict';
import { test } from 'node:test';
import { minute, second } from '../../src/clock.ts';
import { endless } from '../endless.ts';
import { quickHash } from '../quick-hash.ts';
import {
  type Answer,
  codeAt,
  freshCode,
  inWorld,
  makePersonWithCode,
  type Person,
  secretOf,
  signIn,
  type World,
} from '../server.ts';
import { dump } from '../tables.ts';
import { begin, cookiesIn, finish, halfWay, secretIn, sessionsOf } from './in-a-browser.ts';
import { changePassword, enable, inStep, recoveryCodeOf, tokenOf } from './steps.ts';

/** How a half sign-in ends: by one session at most, by anything that changes what it rests on, by time. */
const quick = { argon2: quickHash };
const expired = '/sign-in?done=expired';

test('one half sign-in finished by fifty right codes at once makes one session, and spends no try', () =>
  inWorld(
    async (world) => {
      const bob = await makePersonWithCode(world);
      const half = await begin(world, bob);
      const otp = freshCode(world, secretIn(bob));
      const answers = await inStep(
        world,
        2,
        Array(50).fill(() => finish(world, half, { otp })),
      );
      const locations = Object.groupBy(answers, ({ headers }) => String(headers['location']));
      const tally = Object.entries(locations).map(([where, all]) => [where, all?.length]);
      assert.deepEqual(Object.fromEntries(tally), { '/account': 1, [expired]: 49 });
      assert.equal(answers.flatMap(cookiesIn).filter((line) => line.startsWith('countersign=csn_')).length, 1);
      assert.equal(sessionsOf(world, bob), 1);
      await tokenOf(world, bob, { otp: freshCode(world, secretIn(bob)) });
    },
    {},
    { ...quick, limits: endless },
  ));

test('of two half sign-ins with one code, one becomes a session and the other is told that it was used', () =>
  inWorld(
    async (world) => {
      const bob = await makePersonWithCode(world);
      const halves = [await begin(world, bob), await begin(world, bob)];
      const otp = freshCode(world, secretIn(bob));
      const answers = await inStep(
        world,
        2,
        halves.map((half) => () => finish(world, half, { otp })),
      );
      assert.deepEqual(answers.map(({ status }) => status).sort(), [303, 422]);
      const loser = answers.find(({ status }) => status === 422);
      assert.match(loser?.text ?? '', /That code was used already\. Wait for the next one\./);
      assert.equal(sessionsOf(world, bob), 1);
      const later = await finish(world, await begin(world, bob), { otp });
      assert.match(later.text, /That code was used already/);
      assert.equal(dump(world)['half_sign_ins']?.length, 2, 'what was not finished waits on');
    },
    {},
    { ...quick, limits: endless },
  ));

test('an account has at most five at a time from one network, the oldest makes room, and what has expired is swept away', () =>
  inWorld(
    async (world) => {
      const bob = await makePersonWithCode(world);
      const zoe = await makePersonWithCode(world, 'zoe');
      const other = await begin(world, zoe);
      const halves: string[] = [];
      for (let index = 0; index < 6; index += 1) {
        world.turn(second);
        halves.push(await begin(world, bob));
      }
      world.turn(30 * second);
      const stored = () => (dump(world)['half_sign_ins'] ?? []).filter((row) => row['user_id'] === bob.id).length;
      assert.equal(stored(), 5);
      const otp = codeAt(secretIn(bob), world.now() + 30 * second);
      assert.equal((await finish(world, halves[0] ?? '', { otp })).headers['location'], expired);
      const third = await finish(world, other, { otp: codeAt(secretIn(zoe), world.now()) });
      assert.equal(third.headers['location'], '/account', "other people's are not counted");
      assert.equal((await finish(world, halves[1] ?? '', { otp })).headers['location'], '/account');
      world.turn(4 * minute + 30 * second - 1);
      await world.server.service.sweep();
      assert.equal(stored(), 1, 'the newest has a moment left');
      world.turn(1);
      await world.server.service.sweep();
      assert.equal(stored(), 0);
    },
    {},
    quick,
  ));

/** What takes a half sign-in its ground, done by bob in another session or by the operator. */
const changes: Record<string, (world: World, bob: Person, token: string) => Promise<unknown>> = {
  'the password was changed': (world, bob, token) =>
    changePassword(world, token, bob.password, 'quite another long password'),
  'a new password was demanded': (world, bob) => world.server.service.admin.newPasswordLink('operator', bob.id),
  'the account was disabled': (world, bob) => world.server.service.admin.change('operator', bob.id, { disabled: true }),
  'the account was disabled and enabled again': async (world, bob) => {
    for (const disabled of [true, false]) await world.server.service.admin.change('operator', bob.id, { disabled });
  },
  'all sessions were ended': (world, bob) => world.server.service.admin.endSessions('operator', bob.id),
  'its owner signed out everywhere else': (world, _bob, token) => world.call('DELETE', '/auth/sessions', { token }),
  'the account was deleted': (world, bob) => world.server.service.admin.remove('operator', bob.id),
  'the second factor was taken away': (world, _bob, token) => enable(world, token, { enabled: false }),
  'the second factors were reset': (world, bob) => world.server.service.admin.resetSecondFactors('operator', bob.id),
  'the authenticator was replaced': async (world, _bob, token) => {
    await world.call('POST', '/auth/otp/replace', { token });
    const otp = codeAt(await secretOf(world, token), world.now());
    return enable(world, token, { enabled: true, otp });
  },
  'a second factor came to be required': (world, bob) =>
    world.server.service.admin.change('operator', bob.id, { administrator: true }),
};

for (const [what, change] of Object.entries(changes)) {
  test(`a half sign-in is void when ${what}: before the code is sent, and while it is judged`, async () => {
    for (const when of ['before', 'while', 'while, with a recovery code'] as const) {
      await inWorld(
        async (world) => {
          const bob = await makePersonWithCode(world);
          const token = await signIn(world, bob);
          const { body } = await world.call('GET', '/me', { token });
          const half = await begin(world, bob);
          const code = when.endsWith('recovery code') ? recoveryCodeOf(bob) : { otp: freshCode(world, secretIn(bob)) };
          const send = () => finish(world, half, code);
          if (when === 'before') await change(world, bob, token);
          const answer =
            when === 'before' ? await send() : await meanwhile(world, send, () => change(world, bob, token));
          assert.deepEqual([answer.status, answer.headers['location']], [303, expired], when);
          assert.ok(!cookiesIn(answer).some((line) => line.includes('csn_')));
          const others = (dump(world)['sessions'] ?? []).filter(({ id }) => id !== body.session.id);
          assert.deepEqual(others, [], when);
          const headers = { cookie: `countersign-sign-in=${half}` };
          const opened = await world.call('GET', '/sign-in/code', { headers });
          assert.deepEqual([opened.status, opened.headers['location']], [303, expired], 'and it stays void');
        },
        {},
        quick,
      );
    }
  });
}

test('a new name and one session ended elsewhere are no such change', () =>
  inWorld(
    async (world) => {
      const bob = await makePersonWithCode(world);
      const { admin } = world.server.service;
      const token = await signIn(world, bob);
      const visitor = await halfWay(world, bob);
      await admin.change('operator', bob.id, { name: 'robert' });
      assert.equal((await world.call('DELETE', '/auth/sessions/current', { token })).status, 204);
      await visitor.open('/sign-in/code');
      assert.match(visitor.page.text, /under Countersign: robert/);
      await visitor.submit({ otp: freshCode(world, secretIn(bob)) });
      assert.equal(visitor.path, '/account');
    },
    {},
    quick,
  ));

test('signing out takes a half sign-in away, and its cookie', () =>
  inWorld(
    async (world) => {
      const bob = await makePersonWithCode(world);
      const half = await begin(world, bob);
      const headers = { cookie: `countersign-sign-in=${half}` };
      const answer = await world.call('POST', '/sign-out', { form: {}, headers });
      assert.match(cookiesIn(answer).join(), /^countersign-sign-in=; Max-Age=0;/);
      assert.deepEqual(dump(world)['half_sign_ins'], []);
      const { headers: answered } = await finish(world, half, { otp: freshCode(world, secretIn(bob)) });
      assert.deepEqual([answered['location'], sessionsOf(world, bob)], [expired, 0]);
    },
    {},
    quick,
  ));

/** Sends a code, and lets something happen once it has been judged, just before the session would be made. */
async function meanwhile(world: World, send: () => Promise<Answer>, happens: () => Promise<unknown>): Promise<Answer> {
  const { database } = world.server.service;
  const { transaction } = database;
  let begun = 0;
  database.transaction = async (work) => {
    begun += 1;
    if (begun === 2) {
      database.transaction = transaction;
      await happens();
    }
    return transaction(work);
  };
  const answer = await send();
  assert.equal(begun, 2, 'the charge, and what follows the verdict');
  return answer;
}
