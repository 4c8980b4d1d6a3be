/** Which passkey it was: in the audit log by its id, to its owner by its name. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assertNotTaken, assertTaken, begin, makeMember } from '../attacks/ceremonies.ts';
import { softwareAuthenticator } from '../authenticator.ts';
import { addPasskey, makePersonWithPasskey, signInWithPasskey } from '../passkeys.ts';
import { inQuickWorld } from '../quick-world.ts';
import type { World } from '../server.ts';
import { stored } from '../tables.ts';
import { elements, textOf } from '../visitor/markup.ts';
import type { Visitor } from '../visitor.ts';
import { enterByPasskey } from './passkey-form.ts';

/** What the log has of an event, the oldest first. */
const details = (world: World, event: string): Record<string, unknown>[] =>
  stored(world, `SELECT detail FROM audit WHERE event = '${event}' ORDER BY sequence`).map(({ detail }) =>
    JSON.parse(String(detail ?? '{}')),
  );

/** What the activity of a visitor says of passkeys, the newest first, and nothing of the browser. */
async function told(visitor: Visitor): Promise<string[]> {
  const { page } = await visitor.open('/account/activity');
  const cells = elements(page.document, ({ name }) => name === 'tr').map(
    (row) => elements(row, ({ name }) => name === 'td').map(textOf)[1] ?? '',
  );
  return cells.filter((what) => /passkey|proved/i.test(what)).map((what) => what.replace(/ This session$/, ''));
}

/** Signs in alone, after the password and when proving again, each time with another passkey than what was made first. */
async function useInEveryWay(world: World) {
  const carol = await makeMember(world, 'carol');
  const key = softwareAuthenticator();
  const { body } = await addPasskey(world, carol.token, key, { name: 'Key <b>' });
  for (const kind of ['sign-in', 'reauthentication'] as const) {
    const begun = await begin(world, kind, carol);
    await assertTaken(begun, begun.answer({}, key));
  }
  const after = await begin(world, 'second factor', carol);
  await after.send(after.answer({}, key));
  return { carol, key, keyId: String(body.passkey.id) };
}

test('each sign-in and each proof by a passkey says in the log which one it was', () =>
  inQuickWorld(async (world) => {
    const { carol, keyId } = await useInEveryWay(world);
    const factor = { level: 'full', second_factor: 'passkey' };
    assert.deepEqual(details(world, 'sign_in.succeeded'), [
      { level: 'full' },
      { ...factor, passkey: carol.passkeyId, passwordless: true },
      { ...factor, passkey: keyId, passwordless: true },
      { ...factor, passkey: keyId },
    ]);
    assert.deepEqual(details(world, 'session.reauthenticated'), [{ passkey: keyId }]);
    const { body } = await world.call('POST', '/auth/reauthenticate', {
      token: (await signInWithPasskey(world, carol.device)).body.token,
      body: { password: carol.password, recovery_code: carol.recoveryCodes?.[0] },
    });
    assert.ok(body.token);
    assert.deepEqual(details(world, 'session.reauthenticated').at(-1), {}, 'a code is by no passkey');
  }));

test('of a passkey that was refused the log says which it was, and why in a member of its own', () =>
  inQuickWorld(async (world) => {
    const carol = await makeMember(world, 'carol');
    for (const kind of ['sign-in', 'second factor', 'reauthentication'] as const) {
      const begun = await begin(world, kind, carol);
      await assertNotTaken(world, begun, begun.answer({ flags: { uv: false } }), 'user_verification');
    }
    const why = { passkey_reason: 'user_verification', passkey: carol.passkeyId };
    assert.deepEqual(details(world, 'sign_in.refused'), Array(2).fill({ reason: 'wrong passkey', ...why }));
    assert.deepEqual(details(world, 'session.reauthentication_refused'), [{ reason: 'wrong_passkey', ...why }]);
    assert.deepEqual((await told(await enterByPasskey(world, carol.device))).slice(1, 4), [
      'Proving again who is signed in was refused: wrong answer of the passkey “Phone”.',
      'Sign-in with the passkey “Phone” refused.',
      'Sign-in with the passkey “Phone” refused.',
    ]);
  }));

test('of an account that is disabled the log knows the passkey; where it is somebody else’s, none', () =>
  inQuickWorld(async (world) => {
    const [carol, dora] = [await makeMember(world, 'carol'), await makePersonWithPasskey(world, 'dora')];
    const after = await begin(world, 'second factor', carol);
    await assertNotTaken(world, after, after.answer({ id: dora.device.held[0]?.id }), 'signature');
    const wrong = { reason: 'wrong passkey', passkey_reason: 'signature' };
    assert.deepEqual(details(world, 'sign_in.refused'), [wrong]);
    await world.server.service.admin.change('operator', dora.id, { disabled: true });
    const { status, body } = await signInWithPasskey(world, dora.device);
    assert.equal(status, 401);
    assert.ok(!JSON.stringify(body).includes(dora.passkeyId), 'whoever asks is not told');
    assert.deepEqual(details(world, 'sign_in.refused').at(-1), { ...wrong, passkey: dora.passkeyId });
  }));

test('the owner reads the names that the passkeys have now, as text; of one that is gone, that it was a passkey', () =>
  inQuickWorld(async (world) => {
    const { carol, keyId } = await useInEveryWay(world);
    const visitor = await enterByPasskey(world, carol.device);
    assert.deepEqual(await told(visitor), [
      'Signed in with the passkey “Phone”.',
      'Signed in with password and the passkey “Key <b>”.',
      'You proved again that it is you, with the passkey “Key <b>”.',
      'Signed in with the passkey “Key <b>”.',
      'The passkey “Key <b>” was added to your account.',
      'Signed in with the passkey “Phone”.',
      'The passkey “Phone” was added to your account.',
    ]);
    assert.match((await visitor.open('/account')).page.text, /Signed in with password and the passkey “Key <b>”\./);

    await visitor.post('/account/passkeys/rename', { id: carol.passkeyId, name: 'Pocket' });
    await visitor.post('/account/passkeys/remove', { id: keyId });
    assert.deepEqual(await told(visitor), [
      'A passkey was removed from your account.',
      'The passkey “Pocket” was renamed; that is its name now.',
      'Signed in with the passkey “Pocket”.',
      'Signed in with password and passkey.',
      'You proved again that it is you.',
      'Signed in with a passkey.',
      'A passkey was added to your account.',
      'Signed in with the passkey “Pocket”.',
      'The passkey “Pocket” was added to your account.',
    ]);
    const names = stored(world, 'SELECT detail FROM audit').map(({ detail }) => String(detail));
    assert.doesNotMatch(names.join(), /Phone|Pocket|Key/, 'the log itself knows ids alone');
  }));

test('nobody reads the names of passkeys of others, whatever the log says, and administrators read none', () =>
  inQuickWorld(async (world) => {
    const carol = await makePersonWithPasskey(world);
    const root = await makePersonWithPasskey(world, 'root', { administrator: true });
    const { audit, database } = world.server.service;
    await database.transaction((tx) =>
      audit.record(tx, world.now(), {
        event: 'passkey.renamed',
        userId: root.id,
        detail: { passkey: carol.passkeyId },
      }),
    );
    const visitor = await enterByPasskey(world, root.device);
    assert.deepEqual(await told(visitor), [
      'Signed in with the passkey “Phone”.',
      'A passkey of your account was given another name.',
      'The passkey “Phone” was added to your account.',
    ]);
    await visitor.open('/admin/activity');
    assert.match(visitor.page.text, /A passkey was added to the account/);
    assert.doesNotMatch(visitor.page.text, /“|Phone/);
  }));
