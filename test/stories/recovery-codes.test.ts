import assert from 'node:assert/strict';
import { test } from 'node:test';
import { minute } from '../../src/clock.ts';
import { inWorld, makePerson, makePersonWithCode, signIn, type World } from '../server.ts';
import { copyOf, dump } from '../tables.ts';
import { assertProblem, assertRefused, enable, recoveryCodeOf, tokenOf, tryToSignIn } from './steps.ts';

const renew = (world: World, token: string) => world.call('POST', '/auth/recovery-codes', { token });
const left = async (world: World, token: string): Promise<number> =>
  (await world.call('GET', '/auth/recovery-codes', { token })).body.left;

test('ten different codes of 120 bits come with the first factor, in six groups of four', () =>
  inWorld(async (world) => {
    const token = await signIn(world, await makePerson(world));
    const { body } = await enable(world, token);
    assert.equal(new Set(body.recovery_codes).size, 10);
    for (const code of body.recovery_codes) assert.match(code, /^[A-Z2-7]{4}(-[A-Z2-7]{4}){5}$/);
    assert.equal(await left(world, token), 10);
  }));

test('a recovery code signs in once, instead of the authenticator', () =>
  inWorld(async (world) => {
    const bob = await makePersonWithCode(world);
    const token = await tokenOf(world, bob, recoveryCodeOf(bob));
    const { body } = await world.call('GET', '/me', { token });
    assert.deepEqual(body.session.proved, ['password', 'recovery_code']);
    assert.equal(body.recovery_codes_left, 9);
    assertRefused(await tryToSignIn(world, bob, recoveryCodeOf(bob)), 401, 2);
    await tokenOf(world, bob, recoveryCodeOf(bob, 1));
    assert.equal(await left(world, token), 8);
    await signIn(world, bob);
  }));

test('case, spaces and hyphens of a recovery code do not matter', () =>
  inWorld(async (world) => {
    const bob = await makePersonWithCode(world);
    const forms = [
      (code: string) => code.toLowerCase(),
      (code: string) => code.replaceAll('-', ''),
      (code: string) => ` ${code.replaceAll('-', '  ')}\t`,
      (code: string) => code.replaceAll('-', '\u2013'),
      (code: string) => code.toLowerCase().replace(/(..)/g, '$1 '),
    ];
    for (const [index, form] of forms.entries()) {
      const { recovery_code: code } = recoveryCodeOf(bob, index);
      await tokenOf(world, bob, { recovery_code: form(code) });
    }
  }));

test('a recovery code replaces the second factor, never the password', () =>
  inWorld(async (world) => {
    const bob = await makePersonWithCode(world);
    assertRefused(await tryToSignIn(world, { basic: 'bob:wrong' }, recoveryCodeOf(bob)), 401, 3);
    const asPassword = { basic: `bob:${recoveryCodeOf(bob).recovery_code}` };
    assertRefused(await tryToSignIn(world, asPassword), 401, 3);
    await tokenOf(world, bob, recoveryCodeOf(bob));
  }));

test('a recovery code is taken in the body only, and as such', () =>
  inWorld(async (world) => {
    const bob = await makePersonWithCode(world);
    const { recovery_code: code } = recoveryCodeOf(bob);
    const inQuery = await world.call('POST', `/auth/credentials?recovery_code=${code}`, { basic: bob.basic });
    assertProblem(inQuery, 422, 'invalid');
    assertRefused(await tryToSignIn(world, bob, { otp: code }), 401, 2);
    const both = await world.call('POST', '/auth/credentials', {
      basic: bob.basic,
      body: { otp: '123456', recovery_code: code },
    });
    assertProblem(both, 422, 'invalid');
    const form = await world.call('POST', '/auth/credentials', { basic: bob.basic, form: { recovery_code: code } });
    assert.equal(form.status, 200);
    assert.equal(world.log().includes(code), false);
  }));

test("one person's recovery codes are nothing to another", () =>
  inWorld(async (world) => {
    const bob = await makePersonWithCode(world);
    const eve = await makePersonWithCode(world, 'eve');
    assertRefused(await tryToSignIn(world, eve, recoveryCodeOf(bob)), 401, 2);
    await tokenOf(world, bob, recoveryCodeOf(bob));
  }));

test('a new set voids the old one, and takes a fresh session', () =>
  inWorld(async (world) => {
    const bob = await makePersonWithCode(world);
    const token = await tokenOf(world, bob, recoveryCodeOf(bob));
    const { status, body } = await renew(world, token);
    assert.deepEqual([status, body.recovery_codes.length, await left(world, token)], [200, 10, 10]);
    assertRefused(await tryToSignIn(world, bob, recoveryCodeOf(bob, 1)), 401, 2);
    await tokenOf(world, bob, recoveryCodeOf({ ...bob, recoveryCodes: body.recovery_codes }));
    world.turn(10 * minute);
    assertProblem(await renew(world, token), 403, 'reauthentication_required');
    assert.equal(await left(world, token), 9);
  }));

test('without a second factor there is nothing to recover', () =>
  inWorld(async (world) => {
    const token = await signIn(world, await makePerson(world));
    assertProblem(await renew(world, token), 409, 'second_factor_required');
    assert.equal(await left(world, token), 0);
  }));

test('no recovery code is stored in clear, in any spelling', () =>
  inWorld(async (world) => {
    const bob = await makePersonWithCode(world);
    assert.equal(dump(world)['recovery_codes']?.length, 10);
    const stored = copyOf(world).toString('latin1');
    assert.ok(stored.includes('recovery_codes'), 'the test reads the wrong files');
    for (const code of bob.recoveryCodes ?? []) {
      for (const spelling of [code, code.replaceAll('-', ''), code.toLowerCase()])
        assert.equal(stored.includes(spelling), false);
    }
  }));
