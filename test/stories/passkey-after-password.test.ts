/** A passkey after the password, and to prove again that it is you, request by request. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { minute } from '../../src/clock.ts';
import { softwareAuthenticator } from '../authenticator.ts';
import type { RequestOptions } from '../call.ts';
import { addPasskey, makePersonWithPasskey, type PasskeyPerson, signInWithPasskey } from '../passkeys.ts';
import { inQuickWorld } from '../quick-world.ts';
import { freshCode, makePersonWithCode, type Person, signIn, type World } from '../server.ts';
import { dump } from '../tables.ts';
import { elements, textOf } from '../visitor/markup.ts';
import { type Visitor, visit } from '../visitor.ts';
import { assertShownAgain, givePassword, kept, keptNames, secretIn, sessionsOf } from './in-a-browser.ts';
import { alone, answer, asked, mustAsk, passkeyForm, second } from './passkey-questions.ts';
import { assertProblem, isAlive, reauthenticate, recoveryCodeOf } from './steps.ts';

/** The ways to go on by, below a form. */
function ways(visitor: Visitor): string[] {
  const [list] = elements(visitor.page.document, ({ attributes }) => attributes['class'] === 'ways');
  return list ? elements(list, ({ name }) => name === 'a').map(textOf) : [];
}

/** Somebody with an authenticator and a passkey. */
async function personWithBoth(world: World): Promise<PasskeyPerson> {
  const bob = await makePersonWithCode(world);
  const device = softwareAuthenticator();
  const token = await signIn(world, bob);
  const { body } = await addPasskey(world, token, device);
  await world.call('DELETE', '/auth/sessions/current', { token });
  return { ...bob, device, passkeyId: body.passkey.id };
}

/** A session so old that it must prove itself again. */
async function stale(world: World, visitor: Visitor): Promise<Visitor> {
  world.turn(11 * minute);
  return visitor.open('/reauthenticate?return_to=/account/password');
}

test('after the password of an account with passkeys alone comes the passkey, or a recovery code', () =>
  inQuickWorld(async (world) => {
    const carol = await makePersonWithPasskey(world);
    const visitor = await givePassword(visit(world), carol, '/sign-in?return_to=/account/sessions');
    assert.deepEqual([visitor.status, visitor.url], [200, second]);
    assert.equal(kept(visitor, 'countersign'), undefined);
    assert.deepEqual(ways(visitor), ['Use a recovery code', 'Start again']);
    assert.match(visitor.page.text, /Use a recovery code instead/, 'what those are told who run no script');
    assert.equal(mustAsk(visitor).allowCredentials.length, 1);
    for (const url of ['/sign-in/code', '/account', second]) {
      await visitor.open(url);
      assert.equal(visitor.url, second, url);
    }
    await visitor.post('/sign-in/code', { otp: '123456' });
    assert.deepEqual([visitor.status, visitor.url], [200, second], 'there is no code to be guessed');
    await visitor.open(second);
    await answer(visitor, carol, second, { username: carol.name });
    assert.deepEqual([visitor.status, visitor.url], [200, '/account/sessions']);
    assert.deepEqual(keptNames(visitor), ['countersign', 'countersign-browser']);

    const other = await givePassword(visit(world), carol);
    await other.follow('Use a recovery code');
    assert.match(other.page.text, /when you set up your passkey\./);
    assert.deepEqual(ways(other), ['Use a passkey', 'Start again']);
    await other.submit(recoveryCodeOf(carol));
    assert.equal(other.url, '/account?done=recovery-code');
  }));

test('with an authenticator too, the code is asked for first and each way leads to the others', () =>
  inQuickWorld(async (world) => {
    const bob = await personWithBoth(world);
    const visitor = await givePassword(visit(world), bob);
    assert.equal(visitor.url, '/sign-in/code');
    await visitor.follow('Use a passkey');
    assert.equal(visitor.url, second);
    await visitor.follow('Use a code of the app');
    await visitor.follow('Use a recovery code');
    assert.match(visitor.page.text, /authenticator or passkey/);
    await visitor.follow('Use a passkey');
    await answer(visitor, bob, second);
    assert.equal(visitor.url, '/account');
    const again = await givePassword(visit(world), bob);
    await again.submit({ otp: freshCode(world, secretIn(bob)) });
    assert.equal(again.url, '/account');
    const justCode = await givePassword(visit(world), await makePersonWithCode(world, 'dave'));
    await justCode.open(second);
    assert.equal(justCode.url, '/sign-in/code', 'who has no passkey is asked for none');
    assert.doesNotMatch(justCode.page.text, /passkey/i);
  }));

test('after the password only a passkey of that account answers, and only to what was asked there', () =>
  inQuickWorld(async (world) => {
    const carol = await makePersonWithPasskey(world);
    const dave = await makePersonWithPasskey(world, 'dave');
    const visitor = await givePassword(visit(world), carol);
    const form = (options: RequestOptions, { device }: PasskeyPerson) => ({
      credential: JSON.stringify(device.get({ ...options, allowCredentials: [] })),
    });
    await visitor.post(second, form(mustAsk(visitor), dave));
    assertShownAgain(visitor, 401, /does not sign in here/, []);
    const started = await visit(world).open('/sign-in');
    await visitor.post(second, form(mustAsk(started), carol));
    assertShownAgain(visitor, 401, /more than five minutes/, []);
    await started.post(alone, form(mustAsk(visitor), carol));
    assertShownAgain(started, 401, /more than five minutes/, []);
    assert.deepEqual([sessionsOf(world, carol), sessionsOf(world, dave)], [0, 0]);
    await visitor.post(second, { ...form(mustAsk(visitor), carol), username: 'dave' });
    assert.equal(visitor.status, 403, 'a page of somebody else that was left open');
    await visitor.open(second);
    world.turn(5 * minute);
    await answer(visitor, carol, second);
    assert.equal(visitor.url, '/sign-in?done=expired');
  }));

test('a passkey proves again that it is you; the password does so with a recovery code beside it', () =>
  inQuickWorld(async (world) => {
    const carol = await makePersonWithPasskey(world);
    const visitor = await answer(await visit(world).open('/sign-in'), carol, alone);
    await stale(world, visitor);
    const token = kept(visitor, 'countersign') ?? '';
    assert.equal(passkeyForm(visitor)?.action, '/reauthenticate/passkey');
    await visitor.submit({ password: carol.password, recovery_code: '' }, { form: '/reauthenticate' });
    assertShownAgain(visitor, 422, /not one of your recovery codes/, ['recovery_code']);
    await answer(visitor, carol, '/reauthenticate/passkey', { return_to: '/account/password', username: 'somebody' });
    assert.equal(visitor.status, 403, 'a page of somebody else that was left open');
    await visitor.open('/reauthenticate/passkey');
    assert.equal(visitor.url, '/reauthenticate');
    const wrong = JSON.stringify(carol.device.get(mustAsk(visitor), { flags: { uv: false } }));
    await visitor.post('/reauthenticate/passkey', { credential: wrong });
    assertShownAgain(visitor, 422, /fingerprint, face or screen lock/, []);
    assert.equal(await isAlive(world, token), true);
    await answer(visitor, carol, '/reauthenticate/passkey', { return_to: '/account/password', username: carol.name });
    assert.equal(visitor.url, '/account/password');
    assert.equal(await isAlive(world, token), false, 'the token before is void');
    await stale(world, visitor);
    await visitor.submit({ password: carol.password, ...recoveryCodeOf(carol) }, { form: '/reauthenticate' });
    assert.equal(visitor.url, '/account/password');
  }));

test('whoever has both proves again by either, and no passkey is asked of those who have none', () =>
  inQuickWorld(async (world) => {
    const bob = await personWithBoth(world);
    const visitor = await givePassword(visit(world), bob);
    await visitor.submit({ otp: freshCode(world, secretIn(bob)) });
    await stale(world, visitor);
    assert.ok(asked(visitor));
    await visitor.follow('Use a recovery code');
    await visitor.follow('Use a code of the app');
    const proof = { password: bob.password, otp: freshCode(world, secretIn(bob)) };
    await visitor.submit(proof, { form: '/reauthenticate' });
    assert.equal(visitor.url, '/account/password');
    const dave: Person = await makePersonWithCode(world, 'dave');
    const other = await givePassword(visit(world), dave);
    await other.submit({ otp: freshCode(world, secretIn(dave)) });
    await stale(world, other);
    assert.equal(asked(other), undefined);
    assert.doesNotMatch(other.page.text, /passkey/i);
  }));

test('proving again, a code of an authenticator that is not there is none: it costs no try, and the log has the refusal', () =>
  inQuickWorld(async (world) => {
    const carol = await makePersonWithPasskey(world);
    const { body } = await signInWithPasskey(world, carol.device);
    const { password } = carol;
    assertProblem(await reauthenticate(world, body.token, { password }), 422, 'wrong_otp');
    const before = dump(world)['budgets'];
    assertProblem(await reauthenticate(world, body.token, { password, otp: '123456' }), 422, 'wrong_otp');
    assert.deepEqual(dump(world)['budgets'], before);
    const refused = (dump(world)['audit'] ?? []).filter(({ event }) => event === 'session.reauthentication_refused');
    assert.deepEqual(
      refused.map(({ detail }) => detail),
      Array(2).fill('{"reason":"wrong_otp"}'),
    );
  }));
