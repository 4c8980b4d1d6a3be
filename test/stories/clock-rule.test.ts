import assert from 'node:assert/strict';
import { test } from 'node:test';
import { day, hour, minute, second } from '../../src/clock.ts';
import { period } from '../../src/totp/totp.ts';
import { inQuickWorld } from '../quick-world.ts';
import {
  codeAt,
  freshCode,
  makePerson,
  makePersonWithCode,
  type Person,
  secretOf,
  signIn,
  type World,
  wrongCode,
} from '../server.ts';
import { alter, dump } from '../tables.ts';
import { halfWay, secretIn } from './in-a-browser.ts';
import { assertProblem, assertRefused, enable, isAlive, reauthenticate, tokenOf, tryToSignIn } from './steps.ts';

/** A clock that runs behind what is stored already is no clock to judge codes by. */

const codeNow = (world: World, person: Person): { otp: string } => ({ otp: codeAt(secretIn(person), world.now()) });

test('while the clock is behind, no code is accepted anywhere; passwords and recovery codes go on', () =>
  inQuickWorld(async (world) => {
    const [alice, bob] = [await makePerson(world), await makePersonWithCode(world)];
    const enrolling = await signIn(world, alice);
    const secret = await secretOf(world, enrolling);
    const session = await signIn(world, bob);
    const half = await halfWay(world, bob);
    world.turn(-5 * second - 1);

    const { password } = bob;
    assertProblem(await tryToSignIn(world, bob, codeNow(world, bob)), 503, 'unavailable');
    assertProblem(await reauthenticate(world, session, { password, ...codeNow(world, bob) }), 503, 'unavailable');
    const proof = { enabled: true, otp: codeAt(secret, world.now()) };
    assertProblem(await enable(world, enrolling, proof), 503, 'unavailable');
    await half.submit(codeNow(world, bob));
    assert.equal(half.status, 503);
    assert.match(half.text, /no code can be checked\. A recovery code works/);

    assertRefused(await tryToSignIn(world, bob), 401, 1);
    assertRefused(await tryToSignIn(world, { basic: 'bob:wrong' }, codeNow(world, bob)), 401, 3);
    await tokenOf(world, alice);
    const [first = '', next = ''] = bob.recoveryCodes ?? [];
    await tokenOf(world, bob, { recovery_code: first });
    assert.equal((await reauthenticate(world, session, { password, recovery_code: next })).status, 200);
  }));

test('a session that is over stays over when the clock goes back', () =>
  inQuickWorld(async (world) => {
    const limits = [
      [await makePerson(world), day],
      [await makePersonWithCode(world), hour],
    ] as const;
    for (const [person, limit] of limits) {
      const token = await signIn(world, person);
      world.turn(limit);
      assert.equal(await isAlive(world, token), false);
      world.turn(-limit);
      assert.equal(await isAlive(world, token), false, `${person.name}, after ${limit} ms`);
      assert.deepEqual(dump(world)['sessions'], []);
    }
  }));

test('a refused code costs no try and is not spent: it is good again when the clock is', () =>
  inQuickWorld(async (world) => {
    const bob = await makePersonWithCode(world);
    const body = { otp: freshCode(world, secretIn(bob)) };
    await tokenOf(world, bob, { recovery_code: bob.recoveryCodes?.[0] ?? '' });
    const counted = () => [dump(world)['authenticators'], dump(world)['budgets']?.filter(({ kept }) => kept === 1)];
    const before = counted();
    world.turn(-minute);
    for (let index = 0; index < 7; index += 1) assertProblem(await tryToSignIn(world, bob, body), 503, 'unavailable');
    assert.deepEqual(counted(), before);
    world.turn(minute);
    await tokenOf(world, bob, body);
  }));

test('five seconds are forgiven, and it is events that count, not when something will expire', () =>
  inQuickWorld(async (world) => {
    const bob = await makePersonWithCode(world);
    await signIn(world, bob);
    world.turn(-5 * second);
    assert.equal((await world.call('GET', '/readyz')).status, 200);
    assertRefused(await tryToSignIn(world, bob, codeNow(world, bob)), 401, 2);
    world.turn(-1);
    assertProblem(await tryToSignIn(world, bob, codeNow(world, bob)), 503, 'unavailable');
  }));

test('readiness says that the clock is behind, and the log at a start how far and behind which event, once', () =>
  inQuickWorld(async (world) => {
    const bob = await makePersonWithCode(world);
    await signIn(world, bob);
    const { sequence } = dump(world)['audit']?.at(-1) ?? {};
    const at = new Date(world.now()).toISOString();
    world.turn(-hour);
    const sentence = `The clock is 3600 seconds behind the newest event: row ${sequence} of the audit log, sign_in.succeeded, at ${at}.`;
    const answer = await world.call('GET', '/readyz');
    assertProblem(answer, 503, 'unavailable');
    const told = 'The clock is behind what is stored: `countersign doctor` says how far.';
    assert.equal(answer.body.detail, told, 'whoever asks from outside learns of no event');
    assert.equal((await world.call('GET', '/healthz')).status, 200);
    await world.restart();
    const warned = world
      .log()
      .split('\n')
      .filter((line) => line.includes(`${sentence} Codes are refused`));
    assert.deepEqual(
      warned.map((line) => JSON.parse(line).level),
      [40],
    );
    world.turn(hour);
    assert.equal((await world.call('GET', '/readyz')).status, 200);
    const before = world.log();
    await world.restart();
    assert.doesNotMatch(world.log().slice(before.length), /behind the newest event/);
  }));

test('accepting the clock ends every session, lets codes in again, and is written down', () =>
  inQuickWorld(async (world) => {
    const [alice, bob] = [await makePerson(world), await makePersonWithCode(world)];
    world.turn(hour); // The clock was an hour fast.
    const tokens = [await signIn(world, alice), await signIn(world, bob)];
    const known = await halfWay(world, bob);
    await known.submit({ otp: freshCode(world, secretIn(bob)) });
    const half = await halfWay(world, bob);
    world.turn(-hour);

    const accepted = await world.server.service.acceptClock();
    assert.deepEqual(accepted, { now: world.now(), sessions: 3, steps: 1 });
    assert.deepEqual(await Promise.all(tokens.map((token) => isAlive(world, token))), [false, false]);
    await half.submit(codeNow(world, bob));
    assert.equal(half.path, '/sign-in', 'it begins anew');
    const browsers = dump(world)['browsers'] ?? [];
    assert.deepEqual(
      browsers.map(({ expires_at }) => expires_at),
      [world.now()],
      'and no browser is known any more',
    );
    const { event, at, actor_id, detail } = dump(world)['audit']?.at(-1) ?? {};
    assert.deepEqual(
      { event, at, actor_id, detail: JSON.parse(String(detail)) },
      {
        event: 'clock.accepted',
        at: world.now(),
        actor_id: 'operator',
        detail: { seconds: 3600, sessions: 3, steps: 1 },
      },
    );
    assert.equal((await world.call('GET', '/readyz')).status, 200);
    world.turn(2 * period);
    await tokenOf(world, bob, codeNow(world, bob));
    assert.equal(await world.server.service.acceptClock(), undefined, 'and there is nothing more to accept');
    await world.restart();
    await signIn(world, bob);
  }));

test('accepting the clock revives no code of now: those of the steps around it stay spent', () =>
  inQuickWorld(async (world) => {
    const bob = await makePersonWithCode(world);
    world.turn(hour);
    await signIn(world, bob);
    world.turn(-hour);
    await world.server.service.acceptClock();
    for (const step of [-1, 0, 1])
      assertRefused(await tryToSignIn(world, bob, { otp: codeAt(secretIn(bob), world.now() + step * period) }), 401, 2);
    world.turn(period);
    await tokenOf(world, bob, { otp: codeAt(secretIn(bob), world.now() + period) });
  }));

test('a clock that falls behind again after it was accepted is refused again, and a spent step of the past stays', () =>
  inQuickWorld(async (world) => {
    const [bob, carol] = [await makePersonWithCode(world), await makePersonWithCode(world, 'carol')];
    const [before] = dump(world)['authenticators'] ?? [];
    alter(world, 'UPDATE audit SET at = at + 3600000 WHERE sequence = 1');
    assertProblem(await tryToSignIn(world, bob, codeNow(world, bob)), 503, 'unavailable');
    assert.equal((await world.server.service.acceptClock())?.steps, 0);
    assert.deepEqual(dump(world)['authenticators']?.[0]?.['last_step'], before?.['last_step']);
    await signIn(world, carol);
    world.turn(-6 * second);
    assertProblem(await tryToSignIn(world, carol, codeNow(world, carol)), 503, 'unavailable');
  }));

test('where the clock is not behind there is nothing to accept, and nothing changes', () =>
  inQuickWorld(async (world) => {
    const bob = await makePersonWithCode(world);
    const token = await signIn(world, bob);
    const before = dump(world);
    assert.equal(await world.server.service.acceptClock(), undefined);
    assert.deepEqual(dump(world), before);
    assert.ok(await isAlive(world, token));
  }));

test('a delay that was begun while the clock was ahead ends within an hour of accepting the clock', () =>
  inQuickWorld(async (world) => {
    const bob = await makePersonWithCode(world);
    world.turn(365 * day);
    for (let index = 0; index < 5; index += 1) await tryToSignIn(world, bob, { otp: wrongCode(world, secretIn(bob)) });
    world.turn(-365 * day);
    await world.server.service.acceptClock();
    const answer = await tryToSignIn(world, bob, codeNow(world, bob));
    assertRefused(answer, 429, 4);
    assert.equal(answer.headers['retry-after'], '3600');
    world.turn(hour);
    await tokenOf(world, bob, codeNow(world, bob));
  }));
