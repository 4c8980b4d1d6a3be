import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hour, minute, second } from '../../src/clock.ts';
import { inQuickWorld } from '../quick-world.ts';
import { codeAt, freshCode, makePerson, makePersonWithCode, wrongCode } from '../server.ts';
import { type Visitor, visit } from '../visitor.ts';
import {
  assertShownAgain,
  filledIn,
  givePassword,
  halfWay,
  kept,
  keptNames,
  secretIn,
  sessionsOf,
} from './in-a-browser.ts';
import { assertRefused, recoveryCodeOf, tokenOf, tryToSignIn } from './steps.ts';

const notRight = 'That code is not right. Take the one that is shown now.';
const used = 'That code was used already. Wait for the next one.';
const notOne = 'That is not one of your recovery codes, or it was used already. Take another.';
const expired =
  'Please sign in again: more than five minutes have passed since your password, or it was another browser.';

test('a wrong code is asked for again, without the password', () =>
  inQuickWorld(async (world) => {
    const bob = await makePersonWithCode(world);
    const visitor = await halfWay(world, bob);
    for (const otp of [wrongCode(world, secretIn(bob)), '', '12345', 'abcdef']) {
      await visitor.submit({ otp });
      assertShownAgain(visitor, 422, notRight, ['otp']);
      assert.equal(filledIn(visitor, 'otp'), '');
    }
    await visitor.submit({ otp: freshCode(world, secretIn(bob)) });
    assert.equal(visitor.path, '/account');
  }));

test('a code is taken with spaces, around it too, and in full-width digits', () =>
  inQuickWorld(async (world) => {
    const bob = await makePersonWithCode(world);
    const spellings = [
      (code: string) => `${code.slice(0, 3)} ${code.slice(3)}`,
      (code: string) => `\t ${code}\u00a0 `,
      (code: string) => code.replace(/\d/g, (digit) => String.fromCodePoint(0xff10 + Number(digit))),
    ];
    for (const spell of spellings) {
      const visitor = await halfWay(world, bob);
      await visitor.submit({ otp: spell(freshCode(world, secretIn(bob))) });
      assert.equal(visitor.path, '/account', visitor.text);
    }
  }));

test('a used code gets words of its own, from whoever has given the password and from nobody else', () =>
  inQuickWorld(async (world) => {
    const bob = await makePersonWithCode(world);
    const otp = freshCode(world, secretIn(bob));
    await tokenOf(world, bob, { otp });
    const visitor = await halfWay(world, bob);
    await visitor.submit({ otp });
    assertShownAgain(visitor, 422, used, ['otp']);
    assertRefused(await tryToSignIn(world, { basic: 'bob:wrong' }, { otp }), 401, 3);
    assertRefused(await tryToSignIn(world, bob, { otp }), 401, 2);
    await visitor.follow('/sign-in/recovery-code');
    const { recovery_code } = recoveryCodeOf(bob);
    await visitor.submit({ recovery_code: 'AAAA-AAAA-AAAA-AAAA-AAAA-AAAA' });
    assertShownAgain(visitor, 422, notOne, ['recovery_code']);
    await visitor.submit({ recovery_code });
    assert.equal(visitor.url, '/account?done=recovery-code');
    const again = await halfWay(world, bob);
    await again.open('/sign-in/recovery-code');
    await again.submit({ recovery_code });
    assertShownAgain(again, 422, notOne, ['recovery_code']);
  }));

test('after too many wrong codes the page says how long to wait, and the form stays', () =>
  inQuickWorld(async (world) => {
    const bob = await makePersonWithCode(world);
    const visitor = await halfWay(world, bob);
    for (let index = 0; index < 5; index += 1) await visitor.submit({ otp: wrongCode(world, secretIn(bob)) });
    await visitor.submit({ otp: freshCode(world, secretIn(bob)) });
    assert.deepEqual([visitor.status, visitor.path], [200, '/account'], 'thirty seconds are over');
    const other = await halfWay(world, bob);
    for (let index = 0; index < 6; index += 1) await other.submit({ otp: wrongCode(world, secretIn(bob)) });
    assertShownAgain(other, 429, 'Too many tries: try again in 30 seconds.', []);
    assert.equal(other.headers['retry-after'], '30');
    world.turn(29 * second);
    await other.submit({ otp: codeAt(secretIn(bob), world.now()) });
    assertShownAgain(other, 429, 'Too many tries: try again in 1 second.', []);
    world.turn(second);
    await other.submit({ otp: codeAt(secretIn(bob), world.now()) });
    assert.equal(other.path, '/account');
  }));

test('neither a new half sign-in, nor another browser, nor a right password renews the count of wrong codes', () =>
  inQuickWorld(async (world) => {
    const bob = await makePersonWithCode(world);
    const otp = wrongCode(world, secretIn(bob));
    for (let index = 0; index < 5; index += 1) {
      const visitor = await givePassword(visit(world, { from: `203.0.113.${index}` }), bob);
      await visitor.submit({ otp });
      assertShownAgain(visitor, 422, notRight, ['otp']);
    }
    await tryToSignIn(world, bob);
    const visitor = await givePassword(visit(world, { from: '198.51.100.7' }), bob);
    await visitor.submit({ otp });
    assertShownAgain(visitor, 429, 'Too many tries: try again in 30 seconds.', []);
    assertRefused(await tryToSignIn(world, bob, { otp }), 429, 4);
  }));

test('after a hundred wrong codes the page sends people to their recovery codes, and those still work', () =>
  inQuickWorld(async (world) => {
    const bob = await makePersonWithCode(world);
    for (let index = 0; index < 100; index += 1) {
      const visitor = await halfWay(world, bob);
      await visitor.submit({ otp: wrongCode(world, secretIn(bob)) });
      assertShownAgain(visitor, 422, notRight, ['otp']);
      world.turn(hour);
    }
    const visitor = await halfWay(world, bob);
    await visitor.submit({ otp: freshCode(world, secretIn(bob)) });
    assertShownAgain(
      visitor,
      429,
      /^This authenticator is off after too many wrong codes: sign in with a recovery code/,
      [],
    );
    assert.equal(visitor.headers['retry-after'], undefined);
    await visitor.follow('Use a recovery code');
    await visitor.submit(recoveryCodeOf(bob));
    assert.equal(visitor.path, '/account');
  }));

test('without a half sign-in the pages of the second step lead to the first, and say why', () =>
  inQuickWorld(async (world) => {
    const bob = await makePersonWithCode(world);
    const assertExpired = (visitor: Visitor): void => {
      assert.deepEqual([visitor.status, visitor.url, visitor.page.status], [200, '/sign-in?done=expired', expired]);
      assert.equal(visitor.page.h1, 'Sign in');
    };
    for (const [url, field] of [
      ['/sign-in/code', 'otp'],
      ['/sign-in/recovery-code', 'recovery_code'],
    ] as const) {
      assertExpired(await visit(world).open(url));
      assertExpired(await visit(world).post(url, { [field]: '123456' }));
    }
    const late = await halfWay(world, bob);
    world.turn(5 * minute - 1);
    await late.open('/sign-in/code');
    assert.equal(late.path, '/sign-in/code');
    const cookie = kept(late, 'countersign-sign-in');
    const otp = codeAt(secretIn(bob), world.now());
    world.turn(1);
    assertExpired(await late.submit({ otp }));
    const form = { otp: codeAt(secretIn(bob), world.now()) };
    const headers = { cookie: `countersign-sign-in=${cookie}`, 'sec-fetch-site': 'same-origin' };
    const answer = await world.call('POST', '/sign-in/code', { form, headers });
    assert.deepEqual(
      [answer.status, answer.headers['location']],
      [303, '/sign-in?done=expired'],
      'the server forgets too',
    );
    assert.equal(sessionsOf(world, bob), 0);
    await tokenOf(world, bob, { otp });
  }));

test('starting anew takes the place of a half sign-in; a wrong password does not', () =>
  inQuickWorld(async (world) => {
    const bob = await makePersonWithCode(world);
    const alice = await makePerson(world);
    const visitor = await halfWay(world, bob);
    const first = kept(visitor, 'countersign-sign-in');
    await visitor.follow('Start again');
    assert.deepEqual([visitor.path, visitor.page.h1], ['/sign-in', 'Sign in']);
    await visitor.submit({ username: 'bob', password: 'wrong' });
    assert.equal(kept(visitor, 'countersign-sign-in'), first);
    await visitor.submit({ password: bob.password });
    assert.deepEqual([visitor.path, keptNames(visitor)], ['/sign-in/code', ['countersign-sign-in']]);
    assert.notEqual(kept(visitor, 'countersign-sign-in'), first);
    await givePassword(visitor, alice);
    assert.deepEqual([visitor.path, keptNames(visitor)], ['/account', ['countersign', 'countersign-browser']]);
    await visitor.open('/sign-in/code');
    assert.equal(visitor.path, '/account', 'who is signed in has nothing to do there');
  }));

test('a second press of the button does nothing twice, and undoes nothing', () =>
  inQuickWorld(async (world) => {
    const bob = await makePersonWithCode(world);
    const visitor = await halfWay(world, bob);
    const headers = { cookie: `countersign-sign-in=${kept(visitor, 'countersign-sign-in')}` };
    const form = { otp: freshCode(world, secretIn(bob)) };
    const press = () => world.call('POST', '/sign-in/code', { form, headers });
    const answers = [...(await Promise.all([press(), press()])), await press()];
    assert.deepEqual(
      answers.map(({ status }) => status),
      [303, 303, 303],
    );
    const locations = answers.map(({ headers: { location } }) => location).sort();
    assert.deepEqual(locations, ['/account', '/sign-in?done=expired', '/sign-in?done=expired']);
    const forgotten = answers.flatMap((answer) => [answer.headers['set-cookie'] ?? []].flat().map(String));
    assert.equal(forgotten.filter((line) => line.startsWith('countersign=;')).length, 0);
    assert.equal(sessionsOf(world, bob), 1);
  }));

test('a browser whose two cookies are both dead is not led round in circles', () =>
  inQuickWorld(async (world) => {
    const headers = { accept: 'text/html', cookie: 'countersign=csn_dead; countersign-sign-in=csh_dead' };
    const seen: string[] = [];
    for (let path = '/account'; seen.length < 9; path = seen.at(-1) ?? '') {
      const { status, headers: answered } = await world.call('GET', path, { headers });
      if (status === 200) break;
      seen.push(String(answered['location']));
    }
    assert.deepEqual(seen, ['/sign-in/code', '/sign-in?done=expired']);
  }));
