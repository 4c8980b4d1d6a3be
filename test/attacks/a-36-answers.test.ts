/** Passkeys: an answer that is wrong in one thing is refused for that, in each ceremony, and nothing changes. */
import { generateKeyPairSync } from 'node:crypto';
import { after, test } from 'node:test';
import type { PasskeyRefusal } from '../../src/passkeys/passkeys.ts';
import type { Wrong } from '../authenticator.ts';
import { endless } from '../endless.ts';
import { quickHash } from '../quick-hash.ts';
import { makeWorld } from '../server.ts';
import { again, assertNotTaken, assertTaken, begin, type Kind, kinds, makeMember } from './ceremonies.ts';

const world = await makeWorld({}, { argon2: quickHash, limits: endless });
after(() => world.close());
const carol = await makeMember(world, 'carol');
const dave = await makeMember(world, 'dave');

type Row = [what: string, wrong: Wrong, reason: PasskeyRefusal];

const other: Record<Kind, string> = {
  registration: 'webauthn.get',
  'sign-in': 'webauthn.create',
  'second factor': 'webauthn.create',
  reauthentication: 'webauthn.create',
};

/** Of every ceremony. */
const rows: Row[] = [
  ['of a payment', { type: 'payment.get' }, 'type'],
  ['to another challenge', { challenge: Buffer.alloc(72).toString('base64url') }, 'challenge'],
  ['to no challenge', { challenge: '' }, 'challenge'],
  ['from https', { origin: 'https://localhost:8000' }, 'origin'],
  ['from another port', { origin: 'http://localhost:8001' }, 'origin'],
  ['from no port', { origin: 'http://localhost' }, 'origin'],
  ['from a name that ours is the beginning of', { origin: 'http://localhost.evil.example:8000' }, 'origin'],
  ['from a name that ours is the end of', { origin: 'http://evil-localhost:8000' }, 'origin'],
  ['from a name below ours', { origin: 'http://www.localhost:8000' }, 'origin'],
  ['from ours with a dot behind it', { origin: 'http://localhost.:8000' }, 'origin'],
  ['from ours with a slash behind it', { origin: 'http://localhost:8000/' }, 'origin'],
  ['from ours in capitals', { origin: 'http://LOCALHOST:8000' }, 'origin'],
  ['from ours as a user of another', { origin: 'http://localhost:8000@evil.example' }, 'origin'],
  ['from nowhere', { origin: 'null' }, 'origin'],
  ['from within another page', { crossOrigin: true }, 'cross_origin'],
  ['from within a page of another host', { crossOrigin: true, topOrigin: 'https://evil.example' }, 'cross_origin'],
  ['from within a page, which it denies', { topOrigin: 'https://evil.example' }, 'cross_origin'],
  ['for another host', { rpId: 'evil.example' }, 'rp_id'],
  ['for a host below ours', { rpId: 'www.localhost' }, 'rp_id'],
  ['for the end of ours', { rpId: 'host' }, 'rp_id'],
  ['for ours with a dot behind it', { rpId: 'localhost.' }, 'rp_id'],
  ['for our origin', { rpId: 'http://localhost:8000' }, 'rp_id'],
  ['by nobody', { flags: { up: false } }, 'user_presence'],
  ['by a person who was not verified', { flags: { uv: false } }, 'user_verification'],
  ['by nobody, who was not verified', { flags: { up: false, uv: false } }, 'user_presence'],
  ['by what one device holds, and is backed up', { flags: { be: false, bs: true } }, 'backup_flags'],
];

for (const kind of kinds)
  test(`${kind}: an answer that is wrong in one thing is refused`, async (t) => {
    for (const [what, wrong, reason] of [...rows, ['of the other ceremony', { type: other[kind] }, 'type'] as Row])
      await t.test(what, async () => {
        const begun = await begin(world, kind, carol);
        await assertNotTaken(world, begun, begun.answer(wrong), reason);
      });
  });

/** Of those that sign. */
const signed: Row[] = [
  [
    'with the signature of another key',
    { key: generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey },
    'signature',
  ],
  ['with the signature of something else', { signature: Buffer.alloc(70, 1) }, 'signature'],
  ['changed behind its signature', { rewrite: (text) => text.replace('{', '{ ') }, 'signature'],
  ['with a word more behind its signature', { rewrite: (text) => text.replace('{', '{"x":1,') }, 'signature'],
  ['of a passkey that can be on one device alone by now', { flags: { be: false, bs: false } }, 'backup_flags'],
  ['with the handle of somebody else', { handle: dave.device.held[0]?.handle ?? '' }, 'signature'],
  ['with a handle of nobody', { handle: 'AAAA' }, 'signature'],
  ['by a passkey that is not known here', { id: Buffer.alloc(32, 7) }, 'unknown_credential'],
  ['by a passkey whose id ours begins with', { id: Buffer.alloc(1, carol.device.held[0]?.id) }, 'unknown_credential'],
];

for (const kind of kinds.filter((each) => each !== 'registration'))
  test(`${kind}: an answer that its key has not signed as it stands is refused`, async (t) => {
    for (const [what, wrong, reason] of signed)
      await t.test(what, async () => {
        const begun = await begin(world, kind, carol);
        await assertNotTaken(world, begun, begun.answer(wrong), reason);
      });
  });

test('what differs and may is taken: extensions that nobody asked for, another state of the backup, a handle left out', async () => {
  for (const kind of kinds) {
    const extended = await begin(world, kind, carol);
    await assertTaken(extended, extended.answer({ extensions: { credProtect: 2, unheardOf: 'x' } }));
  }
  for (const kind of kinds.filter((each) => each !== 'registration')) {
    const moved = await begin(world, kind, await again(world, dave));
    await assertTaken(moved, moved.answer({ flags: { bs: false } }));
  }
  for (const kind of ['second factor', 'reauthentication'] as const) {
    const nameless = await begin(world, kind, await again(world, dave));
    await assertTaken(nameless, nameless.answer({ handle: null }));
  }
  const alone = await begin(world, 'sign-in', dave);
  await assertNotTaken(world, alone, alone.answer({ handle: null }), 'signature');
});
