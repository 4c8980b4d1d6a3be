import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeBase32 } from '../../src/base32.ts';
import { codeAt, freshCode, inWorld, makePerson, makePersonWithCode, secretOf, signIn, wrongCode } from '../server.ts';
import {
  assertProblem,
  assertRefused,
  enable,
  generate,
  isAlive,
  recoveryCodeOf,
  tokenOf,
  tryToSignIn,
} from './steps.ts';

test('enable takes the pending secret of the session that calls it', () =>
  inWorld(async (world) => {
    const alice = await makePerson(world);
    const other = await signIn(world, alice);
    await secretOf(world, other);
    const token = await signIn(world, alice);
    const secret = await secretOf(world, token);
    const { body } = await enable(world, token);
    assert.deepEqual(
      [body.otp_configured, body.confirmed, body.qr_needed, body.recovery_codes.length],
      [true, false, false, 10],
    );
    assert.deepEqual(await secretOf(world, token), secret);
    await tokenOf(world, alice, { otp: codeAt(secret, world.now()) });
  }));

test('enable without a look at the QR code says that one is needed, until it has been fetched', () =>
  inWorld(async (world) => {
    const token = await signIn(world, await makePerson(world));
    assert.equal((await enable(world, token)).body.qr_needed, true);
    assert.equal((await enable(world, token)).body.qr_needed, true);
    await generate(world, token);
    assert.equal((await enable(world, token)).body.qr_needed, false);
  }));

test('a secret that replace made and nobody has seen needs its QR code fetched too', () =>
  inWorld(async (world) => {
    const token = await signIn(world, await makePerson(world));
    await world.call('POST', '/auth/otp/replace', { token });
    assert.equal((await enable(world, token)).body.qr_needed, true);
  }));

test('a second factor is in force at once, and the token that switched it on goes on', () =>
  inWorld(async (world) => {
    const alice = await makePerson(world);
    const token = await signIn(world, alice);
    await enable(world, token);
    assertRefused(await tryToSignIn(world, alice), 401, 1);
    assert.equal((await world.call('GET', '/whoami', { token })).text, '"alice"');
  }));

test('enable again without a code answers 200, changes nothing and shows no codes', () =>
  inWorld(async (world) => {
    const alice = await makePerson(world);
    const token = await signIn(world, alice);
    const first = await enable(world, token);
    const secret = await secretOf(world, token);
    const again = await enable(world, token);
    assert.equal(again.status, 200);
    assert.deepEqual(again.body, { otp_configured: true, confirmed: false, qr_needed: false });
    assert.deepEqual(await secretOf(world, token), secret);
    await tokenOf(world, alice, recoveryCodeOf({ ...alice, recoveryCodes: first.body.recovery_codes }));
  }));

test('enable with a wrong code changes nothing; with a right one the secret is proved at once', () =>
  inWorld(async (world) => {
    const alice = await makePerson(world);
    const other = await signIn(world, alice);
    const token = await signIn(world, alice);
    const secret = await secretOf(world, token);
    assertProblem(await enable(world, token, { enabled: true, otp: wrongCode(world, secret) }), 422, 'wrong_otp');
    assertProblem(await enable(world, token, { enabled: true, otp: '' }), 422, 'wrong_otp');
    assert.equal(await isAlive(world, other), true);
    await tokenOf(world, alice);
    assert.deepEqual(await secretOf(world, token), secret);

    const { body } = await enable(world, token, { enabled: true, otp: codeAt(secret, world.now()) });
    assert.deepEqual(
      [body.otp_configured, body.confirmed, body.qr_needed, body.recovery_codes.length],
      [true, true, false, 10],
    );
    assert.equal(await isAlive(world, other), false);
    assertRefused(await tryToSignIn(world, alice), 401, 1);
    assertProblem(await generate(world, token), 409, 'otp_already_confirmed');
  }));

test('a code with enable proves the unproved secret in force, and makes no new recovery codes', () =>
  inWorld(async (world) => {
    const alice = await makePerson(world);
    const token = await signIn(world, alice);
    await enable(world, token);
    const secret = await secretOf(world, token);
    assertProblem(await enable(world, token, { enabled: true, otp: wrongCode(world, secret) }), 422, 'wrong_otp');
    const { status, body } = await enable(world, token, { enabled: true, otp: codeAt(secret, world.now()) });
    assert.deepEqual([status, body], [200, { otp_configured: true, confirmed: true, qr_needed: false }]);
    const me = await world.call('GET', '/me', { token });
    assert.deepEqual(me.body.factors[1], { type: 'otp', proved: true });
    assert.equal(me.body.recovery_codes_left, 10);
    assert.deepEqual(me.body.session.proved, ['password', 'otp']);
  }));

test('a code for which nothing waits is 409: with no secret at all, and with a proved one', () =>
  inWorld(async (world) => {
    const token = await signIn(world, await makePerson(world));
    assertProblem(await enable(world, token, { enabled: true, otp: '123456' }), 409, 'otp_already_confirmed');
    const bob = await makePersonWithCode(world);
    const otp = freshCode(world, bob.secret ?? Buffer.alloc(0));
    const proved = await tokenOf(world, bob, { otp });
    assertProblem(await enable(world, proved, { enabled: true, otp }), 409, 'otp_already_confirmed');
  }));

test('disable discards secret and recovery codes, and enable then makes new ones', () =>
  inWorld(async (world) => {
    const bob = await makePersonWithCode(world);
    const other = await signIn(world, bob);
    const token = await signIn(world, bob);
    const off = await enable(world, token, { enabled: false });
    assert.deepEqual(off.body, { otp_configured: false, confirmed: false, qr_needed: false });
    assert.equal(await isAlive(world, token), true);
    assert.equal(await isAlive(world, other), false);
    assert.equal((await world.call('GET', '/auth/recovery-codes', { token })).body.left, 0);
    await tokenOf(world, bob);

    const { body } = await enable(world, token);
    assert.deepEqual([body.confirmed, body.qr_needed, body.recovery_codes.length], [false, true, 10]);
    assert.notDeepEqual(await secretOf(world, token), bob.secret);
    assertRefused(await tryToSignIn(world, bob, { otp: freshCode(world, bob.secret ?? Buffer.alloc(0)) }), 401, 2);
    assertRefused(await tryToSignIn(world, bob, recoveryCodeOf(bob)), 401, 2);
  }));

test('disable where nothing is on answers 200 and ends nothing', () =>
  inWorld(async (world) => {
    const alice = await makePerson(world);
    const other = await signIn(world, alice);
    const token = await signIn(world, alice);
    const { status, body } = await enable(world, token, { enabled: false });
    assert.deepEqual([status, body], [200, { otp_configured: false, confirmed: false, qr_needed: false }]);
    assert.equal(await isAlive(world, other), true);
  }));

test('switching on and off takes a fresh session', () =>
  inWorld(async (world) => {
    const token = await signIn(world, await makePerson(world));
    world.turn(10 * 60_000);
    for (const enabled of [true, false])
      assertProblem(await enable(world, token, { enabled }), 403, 'reauthentication_required');
  }));

test('what breaks the schema of enable is 422, whatever is on', () =>
  inWorld(async (world) => {
    const token = await signIn(world, await makePerson(world));
    const bodies = [
      {},
      { enabled: 'true' },
      { enabled: 1 },
      { enabled: true, otp: 123456 },
      { enabled: true, more: 1 },
      { enabled: false, otp: '123456' },
      { enabled: true, otp: '1'.repeat(129) },
    ];
    for (const body of bodies) assertProblem(await enable(world, token, body), 422, 'invalid');
    assert.equal((await world.call('PUT', '/auth/otp/enable', { token })).status, 422);
  }));

test('the secret is base32 of twenty bytes, in the URI of the apps', () =>
  inWorld(
    async (world) => {
      const token = await signIn(world, await makePerson(world, 'user2'));
      const { body } = await generate(world, token);
      assert.equal(decodeBase32(body.secret)?.length, 20);
      assert.deepEqual(body, {
        secret: body.secret,
        uri: `otpauth://totp/Example%20app:user2?secret=${body.secret}&issuer=Example%20app`,
        issuer: 'Example app',
        account: 'user2',
        algorithm: 'SHA1',
        digits: 6,
        period: 30,
      });
    },
    { issuer: 'Example app' },
  ));
