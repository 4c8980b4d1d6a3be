/** Passkeys: a counter that does not go on says that there may be a copy. It is refused, and told. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type SoftwareAuthenticator, softwareAuthenticator } from '../authenticator.ts';
import { signInWithPasskey } from '../passkeys.ts';
import { inQuickWorld } from '../quick-world.ts';
import type { World } from '../server.ts';
import { enterByPasskey } from '../stories/passkey-form.ts';
import { stored } from '../tables.ts';
import { assertNotTaken, assertTaken, begin, kinds, makeMember } from './ceremonies.ts';

const counting = (): SoftwareAuthenticator => softwareAuthenticator({ counts: true });

/** What the owner is told, of which account and passkey. */
const told = (world: World) =>
  stored(world, "SELECT user_id, detail FROM audit WHERE event = 'passkey.clone_suspected' ORDER BY sequence").map(
    ({ user_id, detail }) => ({ user: user_id, ...JSON.parse(String(detail)) }),
  );

const countOf = (world: World): number => Number(stored(world, 'SELECT sign_count FROM passkeys')[0]?.['sign_count']);

test('a count that is the same, lower or gone is refused in every ceremony, changes nothing, and is told', () =>
  inQuickWorld(async (world) => {
    const carol = await makeMember(world, 'carol', counting());
    await signInWithPasskey(world, carol.device, { count: 1000 });
    let times = 0;
    for (const kind of kinds.filter((each) => each !== 'registration'))
      for (const count of [1000, 999, 1, 0]) {
        const begun = await begin(world, kind, carol);
        await assertNotTaken(world, begun, begun.answer({ count }), 'counter');
        times += 1;
        assert.deepEqual(told(world), Array(times).fill({ user: carol.id, passkey: carol.passkeyId }));
      }
    assert.equal(countOf(world), 1000);
    const on = await begin(world, 'sign-in', carol);
    await assertTaken(on, on.answer({ count: 1001 }));
    for (const held of carol.device.held) held.count = 1001;
    const visitor = await enterByPasskey(world, carol.device);
    await visitor.open('/account/activity');
    assert.match(visitor.page.text, /passkey “Phone” was refused and may have been copied/);
  }));

test('a passkey that counts nothing is taken as often as it likes; one that has begun to count goes on', () =>
  inQuickWorld(async (world) => {
    const carol = await makeMember(world, 'carol');
    for (const count of [0, 0, 0, 1, 2, 0xffff_ffff])
      assert.equal((await signInWithPasskey(world, carol.device, { count })).status, 200, `${count}`);
    assert.equal((await signInWithPasskey(world, carol.device, { count: 0 })).body.reason, 'counter');
  }));

test('a count is believed of the right key alone: nobody else can move it, or frighten the owner', () =>
  inQuickWorld(async (world) => {
    const carol = await makeMember(world, 'carol', counting());
    const before = countOf(world);
    for (const count of [0, 0xffff_ffff]) {
      const wrong = { count, signature: Buffer.alloc(70, 1) };
      assert.equal((await signInWithPasskey(world, carol.device, wrong)).body.reason, 'signature');
    }
    assert.equal(countOf(world), before);
    assert.deepEqual(told(world), []);
  }));

test('the same answer sent again is no copy: nothing is told', () =>
  inQuickWorld(async (world) => {
    const carol = await makeMember(world, 'carol', counting());
    for (const kind of ['sign-in', 'reauthentication'] as const) {
      const begun = await begin(world, kind, carol);
      const right = begun.answer();
      await Promise.all([begun.send(right), begun.send(right), begun.send(right)]);
      await begun.send(right);
    }
    assert.deepEqual(told(world), []);
  }));

test('what a copy has answered is told once, however often it is sent at once', () =>
  inQuickWorld(async (world) => {
    const carol = await makeMember(world, 'carol', counting());
    const begun = await begin(world, 'sign-in', carol);
    const copied = begun.answer({ count: 1 });
    const sent = await Promise.all([begun.send(copied), begun.send(copied), begun.send(copied)]);
    assert.deepEqual(sent.map(({ said }) => said).sort(), ['challenge', 'challenge', 'counter']);
    assert.deepEqual(told(world), [{ user: carol.id, passkey: carol.passkeyId }]);
  }));

test('a copy that counts along is found out where both are used at once, and one of them gets in', () =>
  inQuickWorld(async (world) => {
    const carol = await makeMember(world, 'carol', counting());
    const [first, second] = [await begin(world, 'sign-in', carol), await begin(world, 'sign-in', carol)];
    const sent = await Promise.all([first, second].map((begun) => begun.send(begun.answer({ count: 77 }))));
    assert.deepEqual(sent.map(({ status }) => status).sort(), [200, 401]);
    assert.ok(sent.some(({ said }) => said === 'counter'));
    assert.deepEqual(told(world), [{ user: carol.id, passkey: carol.passkeyId }]);
  }));

test('two uses that overtake each other: the later one counts, and the earlier one is refused', () =>
  inQuickWorld(async (world) => {
    const carol = await makeMember(world, 'carol', counting());
    const [early, late] = [await begin(world, 'sign-in', carol), await begin(world, 'sign-in', carol)];
    const [one, two] = [early.answer(), late.answer()];
    await assertTaken(late, two);
    await assertNotTaken(world, early, one, 'counter');
  }));
