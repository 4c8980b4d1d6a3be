import assert from 'node:assert/strict';
import { test } from 'node:test';
import { day, minute } from '../../src/clock.ts';
import { type Answer, makePerson, makePersonWithCode, signIn } from '../server.ts';
import { dump } from '../tables.ts';
import { inOffice } from './office.ts';
import { assertProblem, assertRefused, inStep, isAlive, recoveryCodeOf, tokenOf, tryToSignIn } from './steps.ts';

test('an administrator creates a user with a password, or with a link to choose one', () =>
  inOffice(async (world, { users }) => {
    const password = 'quite another long password';
    const made = await users('POST', '', { name: 'Alice', password });
    assert.deepEqual([made.status, made.body.name, made.body.roles, made.body.disabled], [201, 'alice', [], false]);
    assert.equal(made.body.link, undefined);
    await tokenOf(world, { basic: `alice:${password}` });

    const invited = await users('POST', '', { name: 'iris', roles: ['administrator'] });
    assert.deepEqual([invited.status, invited.body.roles], [201, ['administrator']]);
    assert.match(invited.body.link.url, /^http:\/\/localhost:8000\/invitation\?token=csl_[\w-]{43}$/);
    assert.equal(Date.parse(invited.body.link.expires_at), world.now() + 7 * day);
    assert.deepEqual((await users('GET', `/${invited.body.id}`)).body, {
      id: invited.body.id,
      name: 'iris',
      roles: ['administrator'],
      disabled: false,
      created_at: new Date(world.now()).toISOString(),
      factors: [],
      passkeys: 0,
      recovery_codes_left: 0,
    });
  }));

test('a user that cannot be is not created', () =>
  inOffice(async (world, { users }) => {
    await makePerson(world);
    assertProblem(await users('POST', '', { name: 'ALICE' }), 409, 'name_taken');
    for (const name of ['a b', 'a:b', 'a\u0000', 'x'.repeat(65), 'pаypal'])
      assertProblem(await users('POST', '', { name }), 422, 'invalid');
    assertProblem(await users('POST', '', { name: '' }), 422, 'invalid');
    assertProblem(await users('POST', '', { name: 'eve', roles: ['king'] }), 422, 'invalid');
    assertProblem(await users('POST', '', { name: 'eve', disabled: true }), 422, 'invalid');
    const weak = await users('POST', '', { name: 'eve', password: 'kq7 vx2z' });
    assert.deepEqual([weak.body.code, weak.body.reason], ['weak_password', 'too_short']);
    assert.equal(
      (await users('POST', '', { name: 'eve', roles: ['administrator'], password: 'kq7 vx2z' })).status,
      201,
    );
    assert.equal((await users('GET')).body.users.length, 3);
  }));

test('users are listed in the order of their names, a page at a time', () =>
  inOffice(async (world, { users }) => {
    for (const name of ['ben', 'zoe', 'anna', 'carl']) await makePerson(world, name);
    const names = (answer: Answer) => answer.body.users.map(({ name }) => name);
    assert.deepEqual(names(await users('GET')), ['anna', 'ben', 'carl', 'root', 'zoe']);
    assert.equal((await users('GET')).body.next, null);
    const first = await users('GET', '?limit=2');
    assert.deepEqual(names(first), ['anna', 'ben']);
    await makePerson(world, 'adam');
    const second = await users('GET', `?limit=2&cursor=${first.body.next}`);
    assert.deepEqual(names(second), ['carl', 'root']);
    const third = await users('GET', `?limit=2&cursor=${second.body.next}`);
    assert.deepEqual([names(third), third.body.next], [['zoe'], null]);
    for (const limit of ['0', '101', '-1', 'x', '1.5', ''])
      assertProblem(await users('GET', `?limit=${limit}`), 422, 'invalid');
    assertProblem(await users('GET', '?more=1'), 422, 'invalid');
  }));

test('the last page says that it is the last', () =>
  inOffice(async (world, { users }) => {
    await makePerson(world);
    const { body } = await users('GET', '?limit=2');
    assert.deepEqual([body.users.length, body.next], [2, null]);
  }));

test('disabling ends every session and the sign-in, enabling gives back the sign-in alone', () =>
  inOffice(async (world, { users }) => {
    const alice = await makePerson(world);
    const token = await signIn(world, alice);
    assert.equal((await users('PATCH', `/${alice.id}`, { disabled: true })).body.disabled, true);
    assert.equal(await isAlive(world, token), false);
    assertRefused(await tryToSignIn(world, alice), 401, 3);
    assert.equal((await users('PATCH', `/${alice.id}`, { disabled: false })).body.disabled, false);
    assert.equal(await isAlive(world, token), false);
    await tokenOf(world, alice);
  }));

test('a new name is a new name to sign in with; id, password and session stay', () =>
  inOffice(async (world, { users }) => {
    const alice = await makePerson(world);
    await makePerson(world, 'ben');
    const token = await signIn(world, alice);
    assertProblem(await users('PATCH', `/${alice.id}`, { name: 'Ben' }), 409, 'name_taken');
    const renamed = await users('PATCH', `/${alice.id}`, { name: 'Liddell' });
    assert.deepEqual([renamed.body.id, renamed.body.name], [alice.id, 'liddell']);
    assert.equal((await world.call('GET', '/whoami', { token })).text, '"liddell"');
    await tokenOf(world, { basic: `liddell:${alice.password}` });
    assertRefused(await tryToSignIn(world, alice), 401, 3);
    assert.equal((await users('PATCH', `/${alice.id}`, { name: 'LIDDELL' })).status, 200);
  }));

test('roles are given and taken, and hold at once', () =>
  inOffice(async (world, { users }) => {
    const bob = await makePersonWithCode(world);
    const token = await signIn(world, bob);
    assertProblem(await world.call('GET', '/users', { token }), 403, 'forbidden');
    assert.deepEqual((await users('PATCH', `/${bob.id}`, { roles: ['administrator'] })).body.roles, ['administrator']);
    assert.equal((await world.call('GET', '/users', { token })).status, 200);
    await users('PATCH', `/${bob.id}`, { roles: [] });
    assertProblem(await world.call('GET', '/users', { token }), 403, 'forbidden');
    assert.deepEqual((await users('PATCH', `/${bob.id}`, {})).body.roles, []);
  }));

test('deleting a user takes everything that is theirs, and leaves the name to others', () =>
  inOffice(async (world, { users }) => {
    const bob = await makePersonWithCode(world);
    const token = await signIn(world, bob);
    assert.deepEqual([(await users('DELETE', `/${bob.id}`)).status, await isAlive(world, token)], [204, false]);
    assertRefused(await tryToSignIn(world, bob), 401, 3);
    assertProblem(await users('GET', `/${bob.id}`), 404, 'not_found');
    const { audit: _, ...rest } = dump(world);
    assert.equal(JSON.stringify(rest).includes(bob.id), false);
    const again = await makePerson(world);
    assert.notEqual(again.id, bob.id);
    await users('POST', '', { name: 'bob', password: bob.password });
    await tokenOf(world, bob);
  }));

test('resetting second factors takes authenticator and recovery codes, and ends every session', () =>
  inOffice(async (world, { users }) => {
    const bob = await makePersonWithCode(world);
    const token = await signIn(world, bob);
    assert.equal((await users('DELETE', `/${bob.id}/second-factors`)).status, 204);
    assert.equal(await isAlive(world, token), false);
    const fresh = await tokenOf(world, bob);
    assert.equal((await world.call('GET', '/auth/recovery-codes', { token: fresh })).body.left, 0);
    assert.equal((await users('DELETE', `/${bob.id}/second-factors`)).status, 204);
  }));

test('an administrator uses none of this on himself', () =>
  inOffice(async (world, { root, users }) => {
    for (const body of [{ disabled: true }, { roles: [] }, { name: 'boss' }, {}])
      assertProblem(await users('PATCH', `/${root.id}`, body), 403, 'forbidden');
    assertProblem(await users('DELETE', `/${root.id}`), 403, 'forbidden');
    assertProblem(await users('DELETE', `/${root.id}/second-factors`), 403, 'forbidden');
    assert.equal((await users('GET', `/${root.id}`)).status, 200);
    await tokenOf(world, root, recoveryCodeOf(root));
  }));

test('a user that does not exist is 404 everywhere', () =>
  inOffice(async (_world, { users }) => {
    assertProblem(await users('GET', '/nobody'), 404, 'not_found');
    assertProblem(await users('PATCH', '/nobody', { disabled: true }), 404, 'not_found');
    assertProblem(await users('DELETE', '/nobody'), 404, 'not_found');
    assertProblem(await users('DELETE', '/nobody/second-factors'), 404, 'not_found');
  }));

test('reading takes an administrator, writing a fresh one', () =>
  inOffice(async (world, { users }) => {
    const alice = await makePerson(world);
    world.turn(10 * minute);
    assert.equal((await users('GET')).status, 200);
    assert.equal((await users('GET', `/${alice.id}`)).status, 200);
    assertProblem(await users('POST', '', { name: 'eve' }), 403, 'reauthentication_required');
    assertProblem(await users('PATCH', `/${alice.id}`, { disabled: true }), 403, 'reauthentication_required');
    assertProblem(await users('DELETE', `/${alice.id}`), 403, 'reauthentication_required');
    assertProblem(await users('DELETE', `/${alice.id}/second-factors`), 403, 'reauthentication_required');
    const ordinary = await signIn(world, await makePersonWithCode(world));
    assertProblem(await world.call('GET', '/users', { token: ordinary }), 403, 'forbidden');
    assertProblem(await world.call('GET', '/users'), 401, 'unauthenticated');
  }));

test('of two administrators who take each other’s role at once, one keeps his', () =>
  inOffice(async (world, { root, users }) => {
    const second = await makePersonWithCode(world, 'second', true);
    const token = await signIn(world, second);
    const answers = await inStep(world, 1, [
      () => users('PATCH', `/${second.id}`, { roles: [] }),
      () => world.call('PATCH', `/users/${root.id}`, { token, body: { roles: [] } }),
    ]);
    assert.deepEqual(answers.map(({ status }) => status).sort(), [200, 403]);
  }));
