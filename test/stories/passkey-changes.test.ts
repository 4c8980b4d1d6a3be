/** What happens to an account with passkeys while somebody is on the way in, or in: by the owner, an administrator, policy, or a thief. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { minute } from '../../src/clock.ts';
import { softwareAuthenticator } from '../authenticator.ts';
import {
  addPasskey,
  makePersonWithPasskey,
  type PasskeyPerson,
  signInWithPasskey,
  tokenByPasskey,
} from '../passkeys.ts';
import { quickHash } from '../quick-hash.ts';
import { inWorld, makePerson, makePersonWithCode, signIn, type World } from '../server.ts';
import { alter, dump } from '../tables.ts';
import { assertProblem, assertRefused, enable, isAlive, recoveryCodeOf, tokenOf, tryToSignIn } from './steps.ts';

const reopened = { publicUrl: 'https://sign-in.example' };

const byPasskey = (world: World, { device }: Pick<PasskeyPerson, 'device'>): Promise<string> =>
  tokenByPasskey(world, device);

/** The cookie of a browser that has given the right password and nothing more. */
async function half(world: World, { name, password }: PasskeyPerson): Promise<string> {
  const begun = await world.call('POST', '/sign-in', { form: { username: name, password } });
  const cookies = [begun.headers['set-cookie']].flat().map(String);
  return cookies.find((each) => each.includes('csh_'))?.split(';')[0] ?? assert.fail(begun.text);
}

/** Finishes a half sign-in with a recovery code: 303 to the account where it was good. */
const finish = (world: World, cookie: string, carol: PasskeyPerson, index = 0) =>
  world.call('POST', '/sign-in/recovery-code', { headers: { cookie }, form: recoveryCodeOf(carol, index) });

const happenings: [string, ends: boolean, (world: World, carol: PasskeyPerson) => Promise<unknown>][] = [
  [
    'another passkey',
    true,
    async (world, carol) => addPasskey(world, await byPasskey(world, carol), softwareAuthenticator()),
  ],
  [
    'a passkey removed',
    true,
    async (world, carol) =>
      world.call('DELETE', `/auth/passkeys/${carol.passkeyId}`, { token: await byPasskey(world, carol) }),
  ],
  ['an authenticator', true, async (world, carol) => enable(world, await byPasskey(world, carol))],
  ['a reset', true, (world, carol) => world.server.service.admin.resetSecondFactors('operator', carol.id)],
  ['a forced password', true, (world, carol) => world.server.service.admin.newPasswordLink('operator', carol.id)],
  [
    'a disabled account',
    true,
    (world, { id }) => world.server.service.admin.change('operator', id, { disabled: true }),
  ],
  ['another policy', true, (world) => world.restart({ requireSecondFactor: 'everyone' })],
  ['a sign-in with the passkey', false, byPasskey],
  [
    'a new name of the passkey',
    false,
    async (world, carol) =>
      world.call('PATCH', `/auth/passkeys/${carol.passkeyId}`, {
        token: await byPasskey(world, carol),
        body: { name: 'Another' },
      }),
  ],
];

for (const [what, ends, happens] of happenings)
  test(`a half sign-in that is overtaken by ${what} ${ends ? 'begins anew' : 'goes on'}`, () =>
    inWorld(async (world) => {
      const carol = await makePersonWithPasskey(world);
      const cookie = await half(world, carol);
      await happens(world, carol);
      const before = dump(world)['sessions']?.length;
      const answer = await finish(world, cookie, carol);
      assert.deepEqual([answer.status, String(answer.headers['location']).startsWith('/account')], [303, !ends]);
      assert.equal((dump(world)['sessions']?.length ?? 0) - (before ?? 0), ends ? 0 : 1);
    }));

test('whoever has stolen a token that is no longer fresh can see the passkeys, and change none', () =>
  inWorld(async (world) => {
    const carol = await makePersonWithPasskey(world);
    const eve = await makePersonWithPasskey(world, 'eve');
    const token = await byPasskey(world, carol);
    world.turn(10 * minute);
    const factors = () => {
      const { passkeys, authenticators, passwords, recovery_codes } = dump(world);
      return { passkeys, authenticators, passwords, recovery_codes };
    };
    const before = factors();
    for (const [method, url, body] of [
      ['POST', '/auth/passkeys/registration/options'],
      ['POST', '/auth/passkeys', { credential: {} }],
      ['PATCH', `/auth/passkeys/${carol.passkeyId}`, { name: 'Mine' }],
      ['DELETE', `/auth/passkeys/${carol.passkeyId}?accept=no_way_in`],
      ['PUT', '/auth/otp/enable', { enabled: true }],
      ['POST', '/auth/recovery-codes'],
      ['PUT', '/auth/password', { new: 'quite another long password' }],
    ] as const)
      assertProblem(await world.call(method, url, { token, ...(body && { body }) }), 403, 'reauthentication_required');
    // The password is not enough, where a sign-in would demand more; nor is the passkey of somebody else.
    const only = { token, body: { password: carol.password } };
    assertProblem(await world.call('POST', '/auth/reauthenticate', only), 422, 'wrong_otp');
    const { body } = await world.call('POST', '/auth/passkeys/reauthentication/options', { token });
    const passkey = eve.device.get({ ...body.options, allowCredentials: [] });
    assertProblem(await world.call('POST', '/auth/reauthenticate', { token, body: { passkey } }), 422, 'wrong_passkey');
    assert.deepEqual(factors(), before);
  }));

test('a session that has switched an authenticator on without a code ends where a passkey comes from elsewhere', () =>
  inWorld(async (world) => {
    const alice = await makePerson(world);
    const first = await signIn(world, alice);
    const { body } = await enable(world, first);
    const code = { recovery_code: body.recovery_codes[0] ?? '' };
    const second = await tokenOf(world, alice, code);
    assert.equal(await isAlive(world, first), true);
    await addPasskey(world, second, softwareAuthenticator());
    assert.deepEqual([await isAlive(world, first), await isAlive(world, second)], [false, true]);
  }));

test('a passkey is both factors to policy, whoever it comes to hold for', () =>
  inWorld(async (world) => {
    const carol = await makePersonWithPasskey(world);
    const alice = await makePerson(world);
    const { admin } = world.server.service;
    const token = await byPasskey(world, carol);
    const password = await signIn(world, alice);
    for (const { id } of [carol, alice]) await admin.change('operator', id, { administrator: true });
    assert.equal((await world.call('GET', '/users', { token })).status, 200);
    assert.equal((await world.call('GET', '/me', { token: password })).body.enrolling, true);
    await admin.change('operator', carol.id, { administrator: false });
    assertProblem(await world.call('GET', '/users', { token }), 403, 'forbidden');
    assert.equal((await world.call('GET', '/whoami', { token })).status, 200);
    await world.restart({ requireSecondFactor: 'everyone' });
    assert.equal((await world.call('GET', '/whoami', { token })).status, 200);
    assertProblem(
      await world.call('DELETE', `/auth/passkeys/${carol.passkeyId}`, { token }),
      409,
      'second_factor_required',
    );
  }));

test('a disabled account has no passkeys as long as it is disabled, and then the same', () =>
  inWorld(async (world) => {
    const carol = await makePersonWithPasskey(world);
    const { admin } = world.server.service;
    const token = await byPasskey(world, carol);
    await admin.change('operator', carol.id, { disabled: true });
    assert.equal(await isAlive(world, token), false);
    const refused = await signInWithPasskey(world, carol.device);
    assert.equal(refused.status, 401);
    assertRefused(await tryToSignIn(world, carol), 401, 3);
    await admin.change('operator', carol.id, { disabled: false });
    assert.equal(await isAlive(world, token), false);
    await byPasskey(world, carol);
  }));

test('a user who is called something else signs in with the same passkey', () =>
  inWorld(async (world) => {
    const carol = await makePersonWithPasskey(world);
    await world.server.service.admin.change('operator', carol.id, { name: 'caroline' });
    const token = await byPasskey(world, carol);
    assert.equal((await world.call('GET', '/whoami', { token })).text, '"caroline"');
    assert.equal((await tryToSignIn(world, { basic: `caroline:${carol.password}` })).body.status, 1);
  }));

test('passkeys of another address of the service are a factor still: they fail closed, and leave nobody without a way in', () =>
  inWorld(
    async (world) => {
      const bob = await makePersonWithCode(world);
      const { passkey } = (await addPasskey(world, await signIn(world, bob), softwareAuthenticator())).body;
      await world.restart(reopened);
      const refused = await tryToSignIn(world, bob);
      assert.deepEqual([refused.status, refused.body.status], [401, 1]);

      for (let index = 0; index < 10; index += 1) await tokenOf(world, bob, recoveryCodeOf(bob, index));
      const token = await signIn(world, bob);
      const kept = await enable(world, token, { enabled: false });
      assertProblem(kept, 409, 'last_way_in');
      assert.match(
        kept.body.detail,
        /another address of this service/,
        'and no word of ?accept, which is not taken here',
      );
      const { recovery_codes } = (await world.call('POST', '/auth/recovery-codes', { token })).body;
      assert.equal((await enable(world, token, { enabled: false })).status, 200, 'there are codes again');
      assert.equal((await tryToSignIn(world, bob)).body.status, 1);
      const again = await tokenOf(world, bob, { recovery_code: recovery_codes[0] ?? '' });
      assert.equal((await world.call('DELETE', `/auth/passkeys/${passkey.id}`, { token: again })).status, 204);
      await tokenOf(world, bob);
    },
    {},
    { argon2: quickHash },
  ));

test('whoever has a password and may not remove the last passkey for this address is told what helps, and it does', () =>
  inWorld(
    async (world) => {
      const carol = await makePersonWithPasskey(world);
      const elsewhere = softwareAuthenticator();
      await addPasskey(world, await byPasskey(world, carol), elsewhere, { name: 'Elsewhere' });
      alter(world, "UPDATE passkeys SET rp_id = 'old.example' WHERE name = 'Elsewhere'");
      for (let index = 0; index < 10; index += 1) await tokenOf(world, carol, recoveryCodeOf(carol, index));
      const token = await byPasskey(world, carol);
      const remove = () => world.call('DELETE', `/auth/passkeys/${carol.passkeyId}`, { token });
      const refused = await remove();
      assertProblem(refused, 409, 'last_way_in');
      assert.match(refused.body.detail, /beside a password, set up an authenticator app or make new recovery codes/);
      const { recovery_codes } = (await world.call('POST', '/auth/recovery-codes', { token })).body;
      assert.equal((await remove()).status, 204);
      await tokenOf(world, carol, { recovery_code: recovery_codes[0] ?? '' });
    },
    {},
    { argon2: quickHash },
  ));
