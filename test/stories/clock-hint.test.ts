import assert from 'node:assert/strict';
import { test } from 'node:test';
import { period } from '../../src/totp/totp.ts';
import { quickHash } from '../quick-hash.ts';
import { codeAt, inWorld, makePersonWithCode, type Person, type World } from '../server.ts';
import { type Visitor, visit } from '../visitor.ts';
import { givePassword, halfWay, secretIn, sessionsOf } from './in-a-browser.ts';
import { assertRefused, tokenOf, tryToSignIn } from './steps.ts';

/**
 * An authenticator whose clock runs behind is told so: to somebody who has given the password, after two codes of
 * different steps that were late by the same time. One that runs ahead never is: an attacker would only have to wait.
 */
const inBobsWorld = (story: (world: World, bob: Person) => Promise<void>): Promise<void> =>
  inWorld(
    async (world) => {
      const bob = await makePersonWithCode(world);
      world.turn(40 * period);
      await story(world, bob);
    },
    {},
    { argon2: quickHash },
  );

const hint = /^That code is not right: the clock of your authenticator is about (.+) behind\. Let its device/;

/** Sends the code of a clock that is so many steps off, and answers how far behind the page says it is. */
async function sendLate(world: World, visitor: Visitor, bob: Person, steps: number): Promise<string | undefined> {
  await visitor.submit({ otp: codeAt(secretIn(bob), world.now() + steps * period) });
  assert.equal(visitor.status, 422, visitor.text);
  assert.match(visitor.page.alert, /^That code is not right/);
  return hint.exec(visitor.page.alert)?.[1];
}

test('two codes of different steps, late by the same time, show by how much the clock is behind', () =>
  inBobsWorld(async (world, bob) => {
    for (const [steps, words] of [
      [-2, '60 seconds'],
      [-4, '2 minutes'],
      [-5, '3 minutes'],
      [-20, '10 minutes'],
    ] as const) {
      const visitor = await halfWay(world, bob);
      assert.equal(await sendLate(world, visitor, bob, steps), undefined, 'one is not enough');
      world.turn(period);
      assert.equal(await sendLate(world, visitor, bob, steps), words);
      world.turn(period);
      await visitor.submit({ otp: codeAt(secretIn(bob), world.now()) });
      assert.equal(visitor.path, '/account');
      world.turn(40 * period);
    }
    assert.equal(sessionsOf(world, bob), 4, 'and no late code has made a session');
  }));

test('a clock within the window is none that is behind, and one farther off than ten minutes is not looked for', () =>
  inBobsWorld(async (world, bob) => {
    const visitor = await halfWay(world, bob);
    for (let index = 0; index < 2; index += 1) {
      assert.equal(await sendLate(world, visitor, bob, -21), undefined);
      world.turn(period);
    }
    await visitor.submit({ otp: codeAt(secretIn(bob), world.now() - period) });
    assert.equal(visitor.path, '/account');
  }));

test('the same step twice is no clock, nor are two steps that were late by different times', () =>
  inBobsWorld(async (world, bob) => {
    const visitor = await halfWay(world, bob);
    for (const steps of [-4, -4, -3, -5]) assert.equal(await sendLate(world, visitor, bob, steps), undefined);
    const other = await halfWay(world, bob);
    world.turn(period);
    assert.equal(await sendLate(world, other, bob, -4), undefined, 'a new half sign-in begins anew');
  }));

test('codes of the future tell nothing, however many', () =>
  inBobsWorld(async (world, bob) => {
    const visitor = await halfWay(world, bob);
    for (let index = 0; index < 4; index += 1) {
      assert.equal(await sendLate(world, visitor, bob, 3), undefined);
      world.turn(period);
    }
  }));

test('codes that were used tell nothing', () =>
  inBobsWorld(async (world, bob) => {
    const secret = secretIn(bob);
    const seen: string[] = [];
    for (let index = 0; index < 2; index += 1) {
      world.turn(period);
      seen.push(codeAt(secret, world.now()));
      await tokenOf(world, bob, { otp: seen[index] ?? '' });
    }
    const visitor = await halfWay(world, bob);
    world.turn(3 * period);
    for (const otp of seen) {
      await visitor.submit({ otp });
      assert.equal(visitor.page.alert, 'That code is not right. Take the one that is shown now.');
      world.turn(period);
    }
  }));

test('whoever has not given the password hears nothing of clocks, and neither does a program', () =>
  inBobsWorld(async (world, bob) => {
    const late = () => ({ otp: codeAt(secretIn(bob), world.now() - 4 * period) });
    const visitor = visit(world);
    for (let index = 0; index < 2; index += 1) {
      await visitor.post('/sign-in/code', late());
      assert.equal(visitor.url, '/sign-in?done=expired');
      await givePassword(visitor, { name: 'bob', password: 'wrong' });
      assert.equal(visitor.page.alert, 'Name and password do not match.');
      assertRefused(await tryToSignIn(world, bob, late()), 401, 2);
      world.turn(period);
    }
  }));
