import assert from 'node:assert/strict';
import { test } from 'node:test';
import { softwareAuthenticator } from '../authenticator.ts';
import { askToSignIn, makePersonWithPasskey, signInWithPasskey } from '../passkeys.ts';
import { inQuickWorld } from '../quick-world.ts';
import { dump } from '../tables.ts';
import { assertTaken, begin, makeMember } from './ceremonies.ts';

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
    const carol = await makeMember(world, 'carol');
    for (const kind of ['reauthentication', 'second factor'] as const) {
      const begun = await begin(world, kind, carol);
      const before = dump(world);
      for (let time = 0; time < 60; time += 1) {
        const { status } = await begun.send(begun.answer({ challenge: 'A'.repeat(96) }));
        assert.equal(status, kind === 'reauthentication' ? 422 : 401);
      }
      assert.deepEqual(dump(world), before, kind);
      await assertTaken(begun, begun.answer());
    }
  }));

test('an answer that was taken is none any more: sent again however often it keeps nobody out', () =>
  inQuickWorld(async (world) => {
    // Judged once more, the answer of a device that counts would be wrong, and charged.
    const device = softwareAuthenticator({ counts: true });
    await makePersonWithPasskey(world, 'carol', { device });
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
