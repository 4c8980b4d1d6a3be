import assert from 'node:assert/strict';
import { test } from 'node:test';
import { day, minute, second } from '../../src/clock.ts';
import {
  codeAt,
  freshCode,
  inWorld,
  makePerson,
  makePersonWithCode,
  type Person,
  secretOf,
  type World,
  wrongCode,
} from '../server.ts';
import { formsOf } from '../spellings.ts';
import { dump } from '../tables.ts';
import { type Visitor, visit } from '../visitor.ts';
import { enter, next, onPages, proveAgain } from './account-steps.ts';
import { cookiesIn, givePassword, halfWay, kept, secretIn } from './in-a-browser.ts';
import { assertRefused, enable, recoveryCodeOf, tokenOf, tryToSignIn, visible } from './steps.ts';

/** A browser that has signed in completely before has tries of its own: its owner stays in, whoever fails elsewhere. */

const wrongly = (world: World, name: string, from?: string) =>
  tryToSignIn(world, { basic: `${name}:wrong` }, undefined, from);

/** Wrong passwords on a name until no more are judged. */
async function exhaustPassword(world: World, name: string): Promise<void> {
  for (let tries = 0; tries < 5; tries += 1) assertRefused(await wrongly(world, name), 401, 3);
  assertRefused(await wrongly(world, name), 429, 4);
}

/** Wrong codes of both kinds with the right password until no more are judged, for a minute. */
async function exhaustCodes(world: World, person: Person): Promise<void> {
  const otp = () => tryToSignIn(world, person, { otp: wrongCode(world, secretIn(person)) });
  const recoveryCode = () => tryToSignIn(world, person, { recovery_code: 'AAAA-BBBB' });
  for (const guess of [recoveryCode, otp]) {
    for (let tries = 0; tries < 6; tries += 1) {
      assertRefused(await guess(), 401, 2);
      if (tries === 4) world.turn(30 * second);
    }
    assertRefused(await guess(), 429, 4);
  }
}

const browsersOf = (world: World, { id }: Person): Record<string, unknown>[] =>
  (dump(world)['browsers'] ?? []).filter((row) => row['user_id'] === id);

const cookieOf = (visitor: Visitor): string => kept(visitor, 'countersign-browser') ?? '';

/** Posts the sign-in form with a browser cookie of these words. */
const signInWith = (world: World, { name: username, password }: Pick<Person, 'name' | 'password'>, value: string) =>
  world.call('POST', '/sign-in', {
    form: { username, password },
    headers: { cookie: `countersign-browser=${value}` },
  });

test('while somebody fails on a name from the same network, its owner signs in from a known browser at once', () =>
  onPages(async (world) => {
    const bob = await makePersonWithCode(world);
    const known = await enter(world, bob);
    await exhaustCodes(world, bob);
    await exhaustPassword(world, bob.name);
    assert.equal((await givePassword(visit(world), bob)).status, 429, 'a strange browser waits');
    await givePassword(known, bob);
    assert.equal(known.path, '/sign-in/code', 'the code is asked for as everywhere');
    await known.open('/sign-in/recovery-code');
    await known.submit(recoveryCodeOf(bob));
    assert.deepEqual([known.status, known.path], [200, '/account']);
    await givePassword(known, bob);
    await known.submit({ otp: freshCode(world, secretIn(bob)) });
    assert.deepEqual([known.status, known.path], [200, '/account']);
  }));

test('in a known browser one proves again, and changes the password, while somebody fails elsewhere', () =>
  onPages(async (world) => {
    const bob = await makePersonWithCode(world);
    const known = await enter(world, bob);
    world.turn(10 * minute);
    await exhaustCodes(world, bob);
    await exhaustPassword(world, bob.name);
    await known.open('/account/password');
    await proveAgain(world, known, bob);
    assert.equal(known.path, '/account/password');
    await known.submit({ current: bob.password, new: next });
    assert.equal(known.url, '/account?done=password');
  }));

test('in a known browser one confirms an authenticator while somebody fails elsewhere', () =>
  onPages(async (world) => {
    const alice = await makePerson(world);
    const token = await tokenOf(world, alice);
    const { body } = await enable(world, token);
    const secret = await secretOf(world, token);
    const known = await halfWay(world, alice);
    await known.open('/sign-in/recovery-code');
    await known.submit({ recovery_code: body.recovery_codes[0] ?? '' });
    await exhaustCodes(world, { ...alice, secret });
    await known.open('/account/authenticator');
    assert.equal(known.page.h1, 'Confirm your authenticator app');
    await known.submit({ otp: codeAt(secret, world.now()) });
    assert.equal(known.url, '/account?done=authenticator');
  }));

test('mistakes in one known browser delay that one, and no other', () =>
  onPages(async (world) => {
    const bob = await makePersonWithCode(world);
    const [clumsy, other] = [await enter(world, bob), await enter(world, bob)];
    const wrong = { name: bob.name, password: 'wrong' };
    for (let tries = 0; tries < 5; tries += 1) assert.equal((await givePassword(clumsy, wrong)).status, 422);
    assert.equal((await givePassword(clumsy, bob)).status, 429);
    assert.equal((await givePassword(other, bob)).path, '/sign-in/code');
    const otp = () => wrongCode(world, secretIn(bob));
    for (let tries = 0; tries < 5; tries += 1) assert.equal((await other.submit({ otp: otp() })).status, 422);
    assert.equal((await other.submit({ otp: otp() })).status, 429);
    const strange = await halfWay(world, bob);
    await strange.submit({ otp: freshCode(world, secretIn(bob)) });
    assert.equal(strange.path, '/account', 'nor does it delay a strange one');
  }));

test('a browser is known to the accounts that have signed in there, and is strange to every other name', () =>
  onPages(async (world) => {
    const [alice, zoe] = [await makePerson(world), await makePerson(world, 'zoe')];
    const visitor = await enter(world, alice);
    await exhaustPassword(world, zoe.name);
    await exhaustPassword(world, 'nob');
    const answers = [];
    for (const name of [zoe.name, 'nob'])
      answers.push(await signInWith(world, { name, password: zoe.password }, cookieOf(visitor)));
    assert.deepEqual(
      answers.map(({ status }) => status),
      [429, 429],
    );
    const [one, other] = answers.map((answer) => JSON.stringify(visible(answer)).replaceAll(/zoe|nob/g, 'NAME'));
    assert.equal(one, other);
  }));

test('a new name changes nothing: the browser is known under it', () =>
  onPages(async (world) => {
    const alice = await makePerson(world);
    const known = await enter(world, alice);
    await world.server.service.admin.change('operator', alice.id, { name: 'alicia' });
    await exhaustPassword(world, 'alicia');
    assert.equal((await givePassword(known, { ...alice, name: 'alicia' })).path, '/account');
  }));

test('it is known for ninety days from the last full sign-in in it, by the same token', () =>
  onPages(async (world) => {
    const alice = await makePerson(world);
    const visitor = await enter(world, alice);
    const token = cookieOf(visitor);
    for (let times = 0; times < 2; times += 1) {
      world.turn(89 * day);
      await exhaustPassword(world, alice.name);
      await givePassword(visitor, alice);
      assert.deepEqual([visitor.path, cookieOf(visitor)], ['/account', token]);
    }
    const [row, ...more] = browsersOf(world, alice);
    assert.deepEqual([row?.['last_used_at'], more], [world.now(), []]);
    world.turn(90 * day);
    await exhaustPassword(world, alice.name);
    assert.equal((await signInWith(world, alice, token)).status, 429, 'not even when the browser kept it for longer');
    world.turn(day);
    await world.server.service.sweep();
    assert.deepEqual(browsersOf(world, alice), []);
  }));

test('a token that somebody else has planted is of no account of the victim, who gets a new one', () =>
  onPages(async (world) => {
    const [alice, mallory] = [await makePerson(world), await makePerson(world, 'mallory')];
    const planted = cookieOf(await enter(world, mallory));
    const answer = await signInWith(world, alice, planted);
    const [, value = ''] = /countersign-browser=([^;]+)/.exec(cookiesIn(answer).join()) ?? [];
    const [first = '', second] = value.split('.');
    assert.deepEqual([first === planted, second], [false, planted]);
    await exhaustPassword(world, alice.name);
    assert.equal((await signInWith(world, alice, planted)).status, 429);
    assert.equal((await signInWith(world, alice, first)).status, 303);
  }));

test('four people stay known in one browser, and a fifth takes the place of who signed in longest ago', () =>
  onPages(async (world) => {
    const people = [];
    for (const name of ['ann', 'ben', 'cyd', 'dan', 'eve']) people.push(await makePerson(world, name));
    const visitor = visit(world);
    for (const person of people) await givePassword(visitor, person);
    assert.equal(cookieOf(visitor).split('.').length, 4);
    for (const { name } of people) for (let tries = 0; tries < 6; tries += 1) await wrongly(world, name);
    const seen = [];
    for (const person of people) seen.push((await signInWith(world, person, cookieOf(visitor))).status);
    assert.deepEqual(seen, [429, 303, 303, 303, 303]);
  }));

test('a cookie that we have not made, or that came twice, says nothing, and the next sign-in mends it', () =>
  inWorld(async (world) => {
    const alice = await makePerson(world);
    const token = cookieOf(await enter(world, alice));
    await exhaustPassword(world, alice.name);
    const broken = [
      token.slice(0, -1),
      `${token}.`,
      `${token}.x`,
      token.replace('csb_', 'csn_'),
      Array(5).fill(token).join('.'),
      `${token}; countersign-browser=${token}`,
      `csb_${'A'.repeat(43)}`,
      '%00',
    ];
    for (const value of broken) assert.equal((await signInWith(world, alice, value)).status, 429, value);
    assert.equal((await signInWith(world, alice, token)).status, 303);
    world.turn(minute);
    for (const value of broken) {
      const answer = await signInWith(world, alice, value);
      assert.match(cookiesIn(answer).join(), /countersign-browser=csb_[\w-]{43};/, value);
    }
  }));

test('no program is known, and nothing that is not a full sign-in makes a browser known', () =>
  onPages(async (world) => {
    const bob = await makePersonWithCode(world);
    const answer = await tryToSignIn(world, bob, { otp: freshCode(world, secretIn(bob)) });
    assert.deepEqual([answer.status, cookiesIn(answer)], [200, []]);
    assert.equal(cookieOf(await halfWay(world, bob)), '');
    const root = await makePerson(world, 'root', true);
    const enrolling = await enter(world, root);
    assert.deepEqual([enrolling.path, cookieOf(enrolling)], ['/account/authenticator', '']);
    assert.deepEqual(dump(world)['browsers'], []);
  }));

test('what is stored of a browser is no token, and the log tells the first time alone', () =>
  onPages(async (world) => {
    const alice = await makePerson(world);
    const visitor = await enter(world, alice, { from: '192.0.2.7', userAgent: 'one/1' });
    await givePassword(visitor, alice);
    const [row, ...more] = browsersOf(world, alice);
    assert.deepEqual([row?.['address'], row?.['user_agent'], more], ['192.0.2.7', 'one/1', []]);
    const token = cookieOf(visitor);
    for (const value of Object.values(row ?? {})) {
      const stored = Buffer.from(value instanceof Uint8Array ? value : String(value));
      for (const form of formsOf(token)) assert.ok(!stored.includes(form), String(form));
    }
    const told = (dump(world)['audit'] ?? []).filter(({ event }) => event === 'browser.remembered');
    assert.deepEqual(
      told.map((entry) => [entry['user_id'], entry['address']]),
      [[alice.id, '192.0.2.7']],
    );
  }));
