/** A one-time link accepted with a passkey: iris never has a password. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { day, minute } from '../../src/clock.ts';
import { type Credential, softwareAuthenticator } from '../authenticator.ts';
import { makePersonWithPasskey, signInWithPasskey, tokenByPasskey } from '../passkeys.ts';
import { acceptWithPasskey, codesOn, invite, linkIn, passkeyAskedOn, sendPasskey } from '../passwordless.ts';
import { quickHash } from '../quick-hash.ts';
import { inQuickWorld } from '../quick-world.ts';
import { inWorld, makePersonWithCode, signIn } from '../server.ts';
import { dump } from '../tables.ts';
import { assertProblem, assertRefused, inStep, isAlive, tryToSignIn } from './steps.ts';

const password = 'quite another long password';

test('an invited person makes a passkey in place of a password, gets recovery codes, and signs in with it alone', () =>
  inWorld(async (world) => {
    const iris = await invite(world);
    const page = await world.call('GET', iris.path);
    assert.match(page.text, /Create a passkey instead/);
    const phone = softwareAuthenticator();
    const done = await acceptWithPasskey(world, iris, phone);
    assert.deepEqual([done.status, done.headers['set-cookie']], [200, undefined]);
    assert.match(done.text, /Your passkey is set/);
    assert.equal(new Set(codesOn(done)).size, 10);
    assert.doesNotMatch(done.text, /<nav/, 'nobody is signed in');
    assert.match(
      done.text,
      /These codes do not work yet: .* only together with a password, which this account does not have yet/,
    );
    assert.match(
      decodeURIComponent(done.text),
      /only with a password, which this account did not have when they were made/,
    );
    assert.match(
      done.text,
      /<form method="get" action="\/sign-in">\s*<input type="hidden" name="done" value="passkey-set">/,
    );
    assert.match((await world.call('GET', '/sign-in?done=passkey-set')).text, /Now sign in with your passkey\./);

    const { body } = await signInWithPasskey(world, phone);
    const me = (await world.call('GET', '/me', { token: body.token })).body;
    assert.deepEqual(
      [me.factors, me.recovery_codes_left, me.session.proved],
      [[{ type: 'passkey', proved: true }], 10, ['passkey']],
    );
    const rows = dump(world)['audit']?.filter(({ event }) => event === 'passkey.added') ?? [];
    assert.deepEqual([rows.length, rows[0]?.['user_id'], rows[0]?.['session_id']], [1, iris.id, null]);
    assert.equal(JSON.parse(String(rows[0]?.['detail'])).by, 'link');
  }));

test('the link is spent by that, and looking spends nothing', () =>
  inWorld(async (world) => {
    const iris = await invite(world);
    for (const method of ['GET', 'HEAD', 'GET'] as const)
      assert.equal((await world.call(method, iris.path)).status, 200);
    const other = softwareAuthenticator();
    const options = passkeyAskedOn(await world.call('GET', iris.path)) ?? assert.fail();
    assert.equal((await acceptWithPasskey(world, iris, softwareAuthenticator())).status, 200);
    assert.equal((await sendPasskey(world, iris.token, other.create(options))).status, 404);
    assert.equal((await world.call('POST', '/invitation', { form: { token: iris.token, password } })).status, 404);
    assert.equal((await world.call('GET', iris.path)).status, 404);
    assert.equal((await signInWithPasskey(world, other)).status, 401);
  }));

test('of ten who use one link at once, one keeps a passkey', () =>
  inWorld(
    async (world) => {
      const iris = await invite(world);
      const devices = Array.from({ length: 10 }, () => softwareAuthenticator());
      const credentials: Credential[] = [];
      // Each is asked for himself: what decides is the link, and not that a challenge is answered once.
      for (const device of devices)
        credentials.push(device.create(passkeyAskedOn(await world.call('GET', iris.path)) ?? assert.fail()));
      const requests = credentials.map((credential) => () => sendPasskey(world, iris.token, credential));
      const answers = await inStep(world, 1, requests);
      assert.equal(answers.filter(({ status }) => status === 200).length, 1);
      assert.equal(dump(world)['passkeys']?.length, 1);
      const signedIn = await Promise.all(devices.map((device) => signInWithPasskey(world, device)));
      assert.deepEqual(
        signedIn.map(({ status }) => status === 200),
        answers.map(({ status }) => status === 200),
      );
    },
    {},
    { argon2: quickHash },
  ));

test('a link that is voided while the passkey is judged keeps none', () =>
  inQuickWorld(async (world) => {
    const iris = await invite(world);
    const { admin, database } = world.server.service;
    const { transaction } = database;
    database.transaction = async (work) => {
      database.transaction = transaction;
      await admin.newPasswordLink('operator', iris.id);
      return transaction(work);
    };
    assert.equal((await acceptWithPasskey(world, iris, softwareAuthenticator())).status, 404);
    assert.equal(database.transaction, transaction, 'it was voided');
    assert.deepEqual(dump(world)['passkeys'], []);
  }));

test('what is asked is bound to this link, for five minutes, and says nothing of its token', () =>
  inWorld(async (world) => {
    const iris = await invite(world);
    const ivan = await invite(world, 'ivan');
    const page = await world.call('GET', iris.path);
    const options = passkeyAskedOn(page) ?? assert.fail();
    assert.equal(JSON.stringify(options).includes(iris.token), false);
    assert.deepEqual(options.authenticatorSelection, {
      residentKey: 'required',
      requireResidentKey: true,
      userVerification: 'required',
    });
    const device = softwareAuthenticator();
    const elsewhere = await sendPasskey(world, ivan.token, device.create(options));
    assert.deepEqual([elsewhere.status, passkeyAskedOn(elsewhere) === undefined], [422, false]);
    assert.match(elsewhere.text, /<title>Error: /);

    const carol = await makePersonWithPasskey(world);
    const token = await tokenByPasskey(world, carol.device);
    const sent = { token, body: { credential: device.create(options) } };
    assertProblem(await world.call('POST', '/auth/passkeys', sent), 422, 'wrong_passkey');

    world.turn(5 * minute);
    assert.equal((await sendPasskey(world, iris.token, device.create(options))).status, 422);
    assert.equal(dump(world)['passkeys']?.length, 1, 'that of carol');
    assert.equal((await acceptWithPasskey(world, iris, device)).status, 200, 'the link is good all the while');
  }));

test('a passkey that is refused spends no link', () =>
  inWorld(async (world) => {
    const iris = await invite(world);
    const { device } = await makePersonWithPasskey(world);
    const noted = ['audit', 'spent_challenges'];
    const before = dump(world, noted);
    for (const wrong of [{ flags: { uv: false } }, { origin: 'https://evil.example' }, { rpId: 'evil.example' }])
      assert.equal((await acceptWithPasskey(world, iris, softwareAuthenticator(), wrong)).status, 422);
    const taken = await acceptWithPasskey(world, iris, softwareAuthenticator(), { id: device.held[0]?.id });
    assert.equal(taken.status, 409);
    assertProblem(await sendPasskey(world, iris.token, { id: 'x' }), 422, 'invalid');
    assert.deepEqual(dump(world, noted), before);
    assert.equal((await acceptWithPasskey(world, iris, softwareAuthenticator())).status, 200);
  }));

test('a form says one of the two, and comes from our own page', () =>
  inWorld(async (world) => {
    const iris = await invite(world);
    const options = passkeyAskedOn(await world.call('GET', iris.path)) ?? assert.fail();
    const credential = JSON.stringify(softwareAuthenticator().create(options));
    const { token } = iris;
    for (const form of [{ token }, { token, password, credential }, { token, credential: '' }])
      assertProblem(await world.call('POST', '/invitation', { form }), 422, 'invalid');
    const headers = { 'sec-fetch-site': 'cross-site' };
    const answer = await world.call('POST', '/invitation', { form: { token, credential }, headers });
    assertProblem(answer, 403, 'forbidden');
    assert.equal((await world.call('GET', '/invitation')).status, 404);
    assert.equal((await sendPasskey(world, token, JSON.parse(credential))).status, 200);
  }));

test('a link on an account with a second factor is for a password alone, whatever was asked before', () =>
  inWorld(async (world) => {
    const carol = await makePersonWithPasskey(world);
    const bob = await makePersonWithCode(world);
    const { admin } = world.server.service;
    for (const { id } of [carol, bob]) {
      const link = linkIn((await admin.newPasswordLink('operator', id)).link.url);
      const page = await world.call('GET', link.path);
      assert.deepEqual([page.status, passkeyAskedOn(page)], [200, undefined]);
      assert.doesNotMatch(page.text, /passkey/);
    }
    // The factors are gone, the page is opened, and before it is sent one is there again.
    const link = linkIn((await admin.newPasswordLink('operator', bob.id)).link.url);
    await admin.resetSecondFactors('operator', bob.id);
    const options = passkeyAskedOn(await world.call('GET', link.path)) ?? assert.fail();
    const { database, totp } = world.server.service;
    await database.transaction((tx) => totp.bindNew(tx, bob.id, 'some session', world.now()));
    const before = dump(world);
    assert.equal((await sendPasskey(world, link.token, softwareAuthenticator().create(options))).status, 404);
    assert.deepEqual(dump(world), before);
  }));

test('where a second factor is required a passkey is all of it, and links are void for those who are given more', () =>
  inWorld(async (world) => {
    const iris = await invite(world, 'iris', true);
    const phone = softwareAuthenticator();
    await acceptWithPasskey(world, iris, phone);
    const { body } = await signInWithPasskey(world, phone);
    assert.deepEqual([body.status, body.enrolling], [0, undefined]);
    assert.equal((await world.call('GET', '/users', { token: body.token })).status, 200);

    const ivy = await invite(world, 'ivy');
    const options = passkeyAskedOn(await world.call('GET', ivy.path)) ?? assert.fail();
    await world.call('PATCH', `/users/${ivy.id}`, { token: body.token, body: { roles: ['administrator'] } });
    assert.equal((await sendPasskey(world, ivy.token, softwareAuthenticator().create(options))).status, 404);
  }));

test('what was there before ends, as with a new password', () =>
  inWorld(async (world) => {
    const root = await makePersonWithCode(world, 'root', true);
    const token = await signIn(world, root);
    const { id } = (await world.call('POST', '/users', { token, body: { name: 'alice', password } })).body;
    const alice = { id, name: 'alice', password, basic: `alice:${password}` };
    const session = await signIn(world, alice);
    const { link } = (await world.call('POST', `/users/${id}/password-link`, { token })).body;
    assert.equal(Date.parse(link.expires_at) - world.now(), 30 * minute);
    const phone = softwareAuthenticator();
    assert.equal((await acceptWithPasskey(world, linkIn(link.url), phone)).status, 200);
    assert.equal(await isAlive(world, session), false);
    assertRefused(await tryToSignIn(world, alice), 401, 3);
    assert.equal((await signInWithPasskey(world, phone)).status, 200);
  }));

test('where there can be no passkeys the page is what it was, and an invitation goes on living seven days', () =>
  inWorld(
    async (world) => {
      const iris = await invite(world);
      world.turn(7 * day - 1);
      const page = await world.call('GET', iris.path, { headers: { host: '127.0.0.1:8000' } });
      assert.deepEqual([page.status, passkeyAskedOn(page)], [200, undefined]);
      assert.match(page.text, /Set the password/);
    },
    { publicUrl: 'http://127.0.0.1:8000' },
  ));
