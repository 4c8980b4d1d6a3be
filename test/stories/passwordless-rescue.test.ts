/** What administrators see and do of people who have no password. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { minute } from '../../src/clock.ts';
import { softwareAuthenticator } from '../authenticator.ts';
import { makePersonWithPasskey, signInWithPasskey, tokenByPasskey } from '../passkeys.ts';
import { acceptWithPasskey, invite, linkIn, makePasswordlessPerson, passkeyAskedOn } from '../passwordless.ts';
import { makePersonWithCode } from '../server.ts';
import { actions, assertDone, inOffice, words } from './office.ts';
import { isAlive, tokenOf, tryToSignIn } from './steps.ts';

const chosen = 'quite another long password';

test('a user’s page counts the passkeys, and says what there is and is not', () =>
  inOffice(async (world, { open, send }) => {
    const carol = await makePersonWithPasskey(world);
    assert.match(
      words(await open(`/users/${carol.id}`)),
      /Password Set Authenticator None Passkeys 1 Recovery codes left 10 /,
    );
    const iris = await makePasswordlessPerson(world);
    const page = await open(`/users/${iris.id}`);
    assert.match(words(page), /Password Not set Authenticator None Passkeys 1 Recovery codes left 10 /);
    assert.match(
      words(page),
      /Make a link to choose a password iris has no password\. .* iris still needs a passkey or a recovery code\. If those are lost, reset the second factors first\. Passkeys go on working/,
    );
    assert.match(words(page), /as there is no password, nobody can sign in to this account before you make a link/);
    assert.match(words(await open(`/users/${carol.id}`)), /Force a new password .* Passkeys go on working/);
    const link = words(await send(`/users/${iris.id}/password-link`));
    assert.match(link, /A link for iris .* whoever opens it chooses the password of iris\./);
    const bob = await makePersonWithCode(world);
    assert.match(
      words(await open(`/users/${bob.id}`)),
      /The new password alone signs nobody in: bob still needs a code of the app or a recovery code\./,
    );
    const ivy = await invite(world, 'ivy');
    assert.match(words(await send(`/users/${ivy.id}/password-link`)), /A link for ivy .* chooses how ivy signs in\./);
    const invited = await open(`/users/${ivy.id}`);
    assert.match(words(invited), /Password Not set .* Make a new invitation/);
    assert.equal(actions(invited).includes(`/users/${ivy.id}/reset-second-factors`), false);
  }));

test('the API tells an administrator the same, and a program nothing of it', () =>
  inOffice(async (world, { users, token }) => {
    const iris = await makePasswordlessPerson(world);
    const bob = await makePersonWithCode(world);
    const seen = (await users('GET', `/${iris.id}`)).body;
    assert.deepEqual(seen.factors, [{ type: 'passkey', proved: true }]);
    assert.deepEqual([seen.passkeys, seen.recovery_codes_left], [1, 10]);
    const both = [
      { type: 'password', proved: true },
      { type: 'otp', proved: true },
    ];
    assert.deepEqual((await users('GET', `/${bob.id}`)).body.factors, both);
    const made = await world.call('POST', '/service-tokens', { token, body: { name: 'deploy' } });
    const told = await world.call('GET', `/users/${iris.id}`, { token: made.body.token });
    assert.deepEqual(Object.keys(told.body), ['id', 'name', 'roles', 'disabled', 'created_at']);
  }));

test('a link for somebody who has signed in with a passkey is good for thirty minutes, and for a password alone', () =>
  inOffice(async (world, { users }) => {
    const iris = await makePasswordlessPerson(world);
    const session = await tokenByPasskey(world, iris.device);
    const { link } = (await users('POST', `/${iris.id}/password-link`)).body;
    assert.equal(Date.parse(link.expires_at) - world.now(), 30 * minute);
    assert.equal(await isAlive(world, session), false);
    const { path, token } = linkIn(link.url);
    assert.equal(passkeyAskedOn(await world.call('GET', path)), undefined);
    assert.equal((await signInWithPasskey(world, iris.device)).status, 200, 'the passkey goes on');
    const done = await world.call('POST', '/invitation', { form: { token, password: chosen } });
    assert.equal(done.status, 200);
    assert.match(words(done), /sign in to Countersign with it now, together with your passkey or a recovery code\./);
    assert.equal((await tryToSignIn(world, { basic: `iris:${chosen}` })).body.status, 1);
    await tokenOf(world, { basic: `iris:${chosen}` }, { recovery_code: iris.recoveryCodes[0] ?? '' });
  }));

test('a password that is set meanwhile voids the link', () =>
  inOffice(async (world, { users }) => {
    const iris = await makePasswordlessPerson(world);
    const { path } = linkIn((await users('POST', `/${iris.id}/password-link`)).body.link.url);
    const token = await tokenByPasskey(world, iris.device);
    assert.equal((await world.call('PUT', '/auth/password', { token, body: { new: chosen } })).status, 204);
    assert.equal((await world.call('GET', path)).status, 404);
  }));

test('after a reset nobody gets in, it is said so, and the next link leads to another passkey', () =>
  inOffice(async (world, office) => {
    const iris = await makePasswordlessPerson(world);
    const path = `/users/${iris.id}`;
    const reset = await office.send(`${path}/reset-second-factors`);
    const page = await assertDone(office, reset, path, /there is no password: nobody can sign in to this account/);
    assert.match(words(page), /Password Not set Authenticator None Passkeys None Recovery codes left 0 /);
    assert.match(words(page), /Make a link to choose how to sign in/, 'she is no newcomer');
    assert.doesNotMatch(words(page), /The new password alone/);
    assert.equal((await signInWithPasskey(world, iris.device)).status, 401);

    const { link } = (await office.users('POST', `/${iris.id}/password-link`)).body;
    assert.equal(Date.parse(link.expires_at) - world.now(), 30 * minute);
    const phone = softwareAuthenticator();
    assert.equal((await acceptWithPasskey(world, linkIn(link.url), phone)).status, 200);
    assert.equal((await signInWithPasskey(world, phone)).status, 200);
    assert.equal((await signInWithPasskey(world, iris.device)).status, 401);
  }));

test('with a password left, a reset leaves that', () =>
  inOffice(async (world, office) => {
    const carol = await makePersonWithPasskey(world);
    const path = `/users/${carol.id}`;
    const session = await tokenByPasskey(world, carol.device);
    await assertDone(office, await office.send(`${path}/reset-second-factors`), path, /no second factor any more, and/);
    assert.equal(await isAlive(world, session), false);
    await tokenOf(world, carol);
  }));

test('an administrator without a password administers like any other', () =>
  inOffice(async (world, { users }) => {
    const iris = await makePasswordlessPerson(world);
    assert.equal((await users('PATCH', `/${iris.id}`, { roles: ['administrator'] })).status, 200);
    const { body } = await signInWithPasskey(world, iris.device);
    assert.equal(body.enrolling, undefined);
    const { token } = body;
    const ivy = await world.call('POST', '/users', { token, body: { name: 'ivy' } });
    assert.equal(ivy.status, 201);
    world.turn(10 * minute);
    assert.equal((await world.call('DELETE', `/users/${ivy.body.id}`, { token })).status, 403);
    assert.equal((await world.call('GET', '/users', { token })).status, 200);
  }));
