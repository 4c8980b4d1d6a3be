/** Passkeys: an answer is good once, for what was asked, by whom it was asked, for five minutes. */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { challengeLife } from '../../src/passkeys/passkeys.ts';
import { softwareAuthenticator, type Wrong } from '../authenticator.ts';
import { endless } from '../endless.ts';
import { askToSignIn } from '../passkeys.ts';
import { acceptWithPasskey, invite } from '../passwordless.ts';
import { quickHash } from '../quick-hash.ts';
import { inQuickWorld } from '../quick-world.ts';
import { inWorld, makeWorld, type World } from '../server.ts';
import { stored } from '../tables.ts';
import { again, assertNotTaken, assertTaken, type Begun, begin, kinds, makeMember, standing } from './ceremonies.ts';

const world = await makeWorld({}, { argon2: quickHash, limits: endless });
after(() => world.close());
const carol = await makeMember(world, 'carol');
const dave = await makeMember(world, 'dave');

/** The answer of carol's device to what was asked in one ceremony is sent in another one. */
async function assertNotFor(asked: Begun, begun: Begun): Promise<void> {
  const right = begun.answer({ challenge: asked.challenge });
  await assertNotTaken(world, begun, right, 'challenge');
}

for (const kind of kinds)
  test(`${kind}: what was asked for something else is not answered by it`, async () => {
    for (const other of kinds.filter((each) => each !== kind))
      await assertNotFor(await begin(world, other, carol), await begin(world, kind, carol));
  });

for (const kind of kinds)
  test(`${kind}: what somebody else was asked, or the same person elsewhere, is not answered by it`, async () => {
    const begun = await begin(world, kind, carol);
    await assertNotFor(await begin(world, kind, dave), begun);
    await assertNotFor(await begin(world, kind, await again(world, carol)), begun);
    await assertTaken(begun, begun.answer());
  });

test('a ceremony of a program is good with the token that it was given, to the letter', async () => {
  const { ceremony, options } = await askToSignIn(world);
  const credential = carol.device.get(options);
  const other = await askToSignIn(world);
  for (const token of [other.ceremony, '', 'csc_', ceremony.slice(0, -1), ` ${ceremony}`, ceremony.toUpperCase()]) {
    const send = async () => {
      const sent = await world.call('POST', '/auth/passkeys/sign-in', { body: { ceremony: token, credential } });
      return { status: sent.status, said: sent.body.reason };
    };
    await assertNotTaken(world, { kind: 'sign-in', send }, credential, 'challenge');
  }
  const sent = await world.call('POST', '/auth/passkeys/sign-in', { body: { ceremony, credential } });
  assert.equal(sent.status, 200, sent.text);
});

test('a challenge that is changed anywhere is none, though its device signs it so', async () => {
  const begun = await begin(world, 'sign-in', carol);
  for (const byte of [0, 31, 32, 35, 39, 40, 71]) {
    const bytes = Buffer.from(begun.challenge, 'base64url');
    bytes.writeUInt8(bytes.readUInt8(byte) ^ 1, byte);
    await assertNotTaken(world, begun, begun.answer({ challenge: bytes.toString('base64url') }), 'challenge');
  }
  for (const challenge of [`${begun.challenge}=`, `${begun.challenge}A`, begun.challenge.slice(0, -1)])
    await assertNotTaken(world, begun, begun.answer({ challenge }), 'challenge');
  await assertTaken(begun, begun.answer());
});

for (const kind of kinds)
  test(`${kind}: an answer is taken once`, async () => {
    const begun = await begin(world, kind, await again(world, carol));
    const right = begun.answer();
    await assertTaken(begun, right);
    // Once more, and as a second answer of the same device, or a new device, to the same challenge.
    for (const late of [right, begun.answer()]) {
      if (kind !== 'second factor') await assertNotTaken(world, begun, late, 'challenge');
      else await assertOver(begun, late);
    }
  });

/** Asserts that nothing is finished again: the half sign-in is over, so that its browser is led on to the account. */
async function assertOver({ send }: Begun, credential: object): Promise<void> {
  const before = standing(world);
  assert.deepEqual(await send(credential), { status: 200, said: '/account' });
  assert.deepEqual(standing(world), before);
}

test('a challenge that was answered wrongly is answered: a right answer comes too late', async () => {
  for (const kind of kinds) {
    const member = await again(world, carol);
    // Nobody has to vouch for a new passkey, and its id is new: of those only what vouches can be wrong.
    const [signature, id] = [Buffer.alloc(70, 1), Buffer.alloc(32, 9)];
    const more: Wrong[] = kind === 'registration' ? [{ format: 'packed', signature }] : [{ signature }, { id }];
    for (const wrong of [{ flags: { uv: false } }, ...more]) {
      const begun = await begin(world, kind, member);
      const { status } = await begun.send(begun.answer(wrong));
      assert.ok(status >= 400);
      await assertNotTaken(world, begun, begun.answer(), 'challenge');
    }
  }
});

test('an answer is good for five minutes, to the millisecond', () =>
  inQuickWorld(async (own) => {
    for (const kind of kinds) {
      const late = await begin(own, kind, await makeMember(own, `late-${kind.replace(' ', '-')}`));
      own.turn(challengeLife);
      // A half sign-in is over by then as well, and begins anew.
      if (kind === 'second factor') assert.deepEqual(await late.send(late.answer()), { status: 200, said: '/sign-in' });
      else await assertNotTaken(own, late, late.answer(), 'challenge');
      const soon = await begin(own, kind, await makeMember(own, `soon-${kind.replace(' ', '-')}`));
      own.turn(challengeLife - 1);
      await assertTaken(soon, soon.answer());
    }
  }));

test('a restart revives no answer, and ends no ceremony', () =>
  inQuickWorld(async (own) => {
    const member = await makeMember(own, 'carol');
    const [used, open] = [await begin(own, 'sign-in', member), await begin(own, 'sign-in', member)];
    const right = used.answer();
    await assertTaken(used, right);
    await own.restart();
    await assertNotTaken(own, used, right, 'challenge');
    await assertTaken(open, open.answer());
  }));

for (const [back, when] of [
  [challengeLife, 'as it was used'],
  [challengeLife - 60_000, 'a minute later'],
] as const)
  test(`a clock that goes ahead, and back to ${when}, revives no answer`, () =>
    inWorld(
      async (own) => {
        const used = await begin(own, 'sign-in', await makeMember(own, 'carol'));
        const right = used.answer();
        await assertTaken(used, right);
        own.turn(challengeLife);
        await own.server.service.sweep();
        own.turn(-back);
        await assertNotTaken(own, used, right, 'challenge');
        await assertForgotten(own);
      },
      {},
      { argon2: quickHash },
    ));

/** Which challenges were answered is forgotten once the clock cannot go back to their time any more. */
async function assertForgotten(own: World): Promise<void> {
  own.turn(3 * challengeLife);
  const begun = await begin(own, 'sign-in', await makeMember(own, 'dave'));
  await assertTaken(begun, begun.answer());
  await own.server.service.sweep();
  const late = stored(own, 'SELECT expires_at FROM spent_challenges').filter(
    ({ expires_at }) => Number(expires_at) < own.now(),
  );
  assert.deepEqual(late, []);
}

test('while the clock is behind what has happened already, no passkey is judged', () =>
  inQuickWorld(async (own) => {
    const member = await makeMember(own, 'carol');
    const iris = await invite(own);
    own.turn(-10_000);
    const before = standing(own);
    for (const kind of kinds) {
      const begun = await begin(own, kind, member);
      const { status } = await begun.send(begun.answer());
      assert.equal(status, 503, kind);
    }
    assert.equal((await acceptWithPasskey(own, iris, softwareAuthenticator())).status, 503, 'by a link');
    assert.deepEqual([standing(own)['passkeys'], standing(own)['users']], [before['passkeys'], before['users']]);
  }));
