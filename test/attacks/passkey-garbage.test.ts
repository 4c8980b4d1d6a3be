import assert from 'node:assert/strict';
import { test } from 'node:test';
import { askToSignIn, makePersonWithPasskey, signInWithPasskey } from '../passkeys.ts';
import { inQuickWorld } from '../quick-world.ts';
import { dump } from '../tables.ts';

/** A flood of what only looks like the answer of a passkey: who asked for no challenge has nothing judged. */

test('what answers nothing that was asked leaves no row, keeps nobody out, and is refused all the same', () =>
  inQuickWorld(async (world) => {
    const { device } = await makePersonWithPasskey(world);
    const { ceremony, options } = await askToSignIn(world);
    const other = await askToSignIn(world);
    const before = dump(world);
    const made = { ...options, challenge: 'A'.repeat(96) };
    for (let time = 0; time < 60; time += 1)
      for (const body of [
        { ceremony, credential: device.get(made) },
        { ceremony: other.ceremony, credential: device.get(options) },
        { ceremony, credential: device.get(made, { type: 'webauthn.create' }) },
      ])
        assert.equal((await world.call('POST', '/auth/passkeys/sign-in', { body })).status, 401);
    assert.deepEqual(dump(world), before);
    const right = { ceremony, credential: device.get(options) };
    assert.equal((await world.call('POST', '/auth/passkeys/sign-in', { body: right })).status, 200);
  }));

test('the same in a session and after the password: nothing is charged, and the owner goes on', () =>
  inQuickWorld(async (world) => {
    const { device } = await makePersonWithPasskey(world);
    const { body: session } = await signInWithPasskey(world, device);
    const { body: asked } = await world.call('POST', '/auth/passkeys/reauthentication/options', {
      token: session.token,
    });
    const made = { ...asked.options, challenge: 'A'.repeat(96) };
    for (let time = 0; time < 60; time += 1) {
      const body = { passkey: device.get(made) };
      assert.equal((await world.call('POST', '/auth/reauthenticate', { token: session.token, body })).status, 422);
    }
    const body = { passkey: device.get(asked.options) };
    assert.equal((await world.call('POST', '/auth/reauthenticate', { token: session.token, body })).status, 200);
  }));

test('an answer that was taken is none any more: sent again however often it keeps nobody out', () =>
  inQuickWorld(async (world) => {
    const { device } = await makePersonWithPasskey(world);
    const { ceremony, options } = await askToSignIn(world);
    const body = { ceremony, credential: device.get(options) };
    assert.equal((await world.call('POST', '/auth/passkeys/sign-in', { body })).status, 200);
    const before = dump(world);
    for (let time = 0; time < 60; time += 1)
      assert.equal((await world.call('POST', '/auth/passkeys/sign-in', { body })).status, 401);
    assert.deepEqual(dump(world), before);
    assert.equal((await signInWithPasskey(world, device)).status, 200);
  }));

test('an answer to a question of ours is judged and counted, also where nobody has that passkey', () =>
  inQuickWorld(async (world) => {
    const { device } = await makePersonWithPasskey(world);
    const statuses: number[] = [];
    for (let time = 0; time < 51; time += 1) {
      const { ceremony, options } = await askToSignIn(world);
      const credential = device.get(options, { id: Buffer.alloc(32, time) });
      statuses.push((await world.call('POST', '/auth/passkeys/sign-in', { body: { ceremony, credential } })).status);
    }
    assert.deepEqual(statuses, [...Array.from({ length: 50 }, () => 401), 429]);
  }));
