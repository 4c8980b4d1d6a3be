import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hour, minute } from '../../src/clock.ts';
import { inQuickWorld } from '../quick-world.ts';
import { codeAt, freshCode, makePerson, makePersonWithCode, type World, wrongCode } from '../server.ts';
import { type Visitor, visit } from '../visitor.ts';
import { assertShownAgain, filledIn, givePassword, halfWay, kept, secretIn, sessionsOf } from './in-a-browser.ts';
import { enable, isAlive, recoveryCodeOf } from './steps.ts';

/** Proving on a page that it is still oneself. */

const wanted = '/account/password';

/** Opens a page that asks for a fresh session, ten minutes after signing in. */
async function askedAgain(world: World, visitor: Visitor): Promise<string> {
  world.turn(10 * minute);
  await visitor.open(wanted);
  assert.deepEqual([visitor.status, visitor.path], [200, '/reauthenticate'], visitor.text);
  return kept(visitor, 'countersign') ?? '';
}

const asked = (visitor: Visitor): string[] => {
  const form = visitor.page.forms.find(({ action }) => action === '/reauthenticate');
  return (form?.fields ?? []).filter(({ fixed }) => !fixed).map(({ name }) => name);
};

const idOf = async (world: World, token: string): Promise<string> =>
  (await world.call('GET', '/me', { token })).body.session.id;

test('who has a password alone is asked for that, and comes back with a new token of the same session', () =>
  inQuickWorld(async (world) => {
    const alice = await makePerson(world);
    const visitor = await givePassword(visit(world), alice);
    const ends = () => visitor.cookies.find(({ name }) => name === 'countersign')?.expiresAt;
    const end = ends();
    const before = await askedAgain(world, visitor);
    assert.deepEqual(asked(visitor), ['password']);
    assert.match(visitor.page.text, /\balice\b/);
    const id = await idOf(world, before);
    await visitor.submit({ password: 'wrong' });
    assertShownAgain(visitor, 422, /password/, ['password']);
    assert.equal(filledIn(visitor, 'password'), '');
    assert.equal(await isAlive(world, before), true);
    await visitor.submit({ password: alice.password });
    assert.deepEqual([visitor.status, visitor.url], [200, wanted]);
    assert.deepEqual(
      visitor.hops.map(({ status }) => status),
      [303],
    );
    const after = kept(visitor, 'countersign') ?? '';
    assert.deepEqual([await isAlive(world, before), await idOf(world, after)], [false, id]);
    assert.equal(ends(), end, 'its end stays where it was');
    assert.equal(sessionsOf(world, alice), 1);
  }));

test('who has an authenticator is asked for both, and each mistake is told at its own field', () =>
  inQuickWorld(async (world) => {
    const bob = await makePersonWithCode(world);
    const visitor = await halfWay(world, bob);
    await visitor.submit({ otp: freshCode(world, secretIn(bob)) });
    const before = await askedAgain(world, visitor);
    assert.deepEqual(asked(visitor), ['password', 'otp']);
    assert.match(visitor.page.text, /under Countersign: bob/);
    const { password } = bob;
    await visitor.submit({ password: 'wrong', otp: codeAt(secretIn(bob), world.now()) });
    assertShownAgain(visitor, 422, /password/, ['password']);
    for (const otp of [wrongCode(world, secretIn(bob)), '']) {
      await visitor.submit({ password, otp });
      assertShownAgain(visitor, 422, /code/, ['otp']);
      assert.equal(filledIn(visitor, 'return_to'), wanted);
    }
    const otp = codeAt(secretIn(bob), world.now());
    await visitor.submit({ password, otp });
    assert.deepEqual([visitor.url, await isAlive(world, before)], [wanted, false]);
    await askedAgain(world, visitor);
    world.turn(-10 * minute); // A clock set back makes no spent code good.
    await visitor.submit({ password, otp });
    assertShownAgain(visitor, 422, /code/, ['otp']);
  }));

test('a recovery code does in place of the code, and leads back all the same', () =>
  inQuickWorld(async (world) => {
    const bob = await makePersonWithCode(world);
    const visitor = await halfWay(world, bob);
    await visitor.submit({ otp: freshCode(world, secretIn(bob)) });
    await askedAgain(world, visitor);
    await visitor.follow('Use a recovery code');
    assert.deepEqual(asked(visitor), ['password', 'recovery_code']);
    await visitor.submit({ password: bob.password, recovery_code: 'AAAA' });
    assertShownAgain(visitor, 422, /code/, ['recovery_code']);
    await visitor.submit({ password: bob.password, ...recoveryCodeOf(bob) });
    assert.equal(visitor.url, wanted);
    await askedAgain(world, visitor);
    await visitor.follow('Use a recovery code');
    await visitor.submit({ password: bob.password, ...recoveryCodeOf(bob) });
    assertShownAgain(visitor, 422, /code/, ['recovery_code']);
    await visitor.follow('Use a code of the app');
    assert.deepEqual(asked(visitor), ['password', 'otp']);
  }));

test('an authenticator that was never proved is not asked for', () =>
  inQuickWorld(async (world) => {
    const alice = await makePerson(world);
    const visitor = await givePassword(visit(world), alice);
    await enable(world, kept(visitor, 'countersign') ?? '');
    await askedAgain(world, visitor);
    assert.deepEqual(asked(visitor), ['password']);
    await visitor.submit({ password: alice.password });
    assert.equal(visitor.url, wanted);
  }));

test('after too many wrong passwords the page says how long to wait, and the session stays', () =>
  inQuickWorld(async (world) => {
    const alice = await makePerson(world);
    const visitor = await givePassword(visit(world), alice);
    const token = await askedAgain(world, visitor);
    for (let index = 0; index < 5; index += 1) await visitor.submit({ password: 'wrong' });
    await visitor.submit({ password: alice.password });
    assertShownAgain(visitor, 429, 'Too many tries: try again in 30 seconds.', []);
    assert.equal(visitor.headers['retry-after'], '30');
    assert.equal(await isAlive(world, token), true);
  }));

test('only a session can be proved again: strangers and half sign-ins are led to sign in', () =>
  inQuickWorld(async (world) => {
    const bob = await makePersonWithCode(world);
    const stranger = await visit(world).open('/reauthenticate');
    assert.equal(stranger.url, '/sign-in', 'and not back to a page that only leads on');
    const half = await halfWay(world, bob);
    const fields = { password: bob.password, otp: freshCode(world, secretIn(bob)) };
    await half.post('/reauthenticate', fields);
    assert.equal(half.path, '/sign-in/code');
    assert.equal(sessionsOf(world, bob), 0);
    await half.submit({ otp: fields.otp });
    assert.equal(half.path, '/account', 'and the code was not spent');
    world.turn(hour);
    await half.post('/reauthenticate', fields);
    assert.equal(half.path, '/sign-in', 'nor can one that is over');
  }));
