/** Passkeys: what somebody would have us keep that is no passkey of his, or no good one. */
import assert from 'node:assert/strict';
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { after, test } from 'node:test';
import type { PasskeyRefusal } from '../../src/passkeys/passkeys.ts';
import { softwareAuthenticator, type Wrong } from '../authenticator.ts';
import { endless } from '../endless.ts';
import { addPasskey, signInWithPasskey } from '../passkeys.ts';
import { quickHash } from '../quick-hash.ts';
import { makeWorld } from '../server.ts';
import { again, assertNotTaken, assertTaken, begin, makeMember, standing } from './ceremonies.ts';

const world = await makeWorld({}, { argon2: quickHash, limits: endless });
after(() => world.close());
const carol = await makeMember(world, 'carol');
const dave = await makeMember(world, 'dave');

const { privateKey: anotherKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
type Attested = Map<string, unknown>;
const withStatement =
  (format: string, statement: unknown) =>
  (object: Attested): Attested =>
    new Map([...object, ['fmt', format], ['attStmt', statement]]);
/** The same statement of its own key, with one member more, or another one. */
const withMember =
  (name: string, value: unknown) =>
  (object: Attested): Attested =>
    new Map([...object, ['attStmt', new Map([...(object.get('attStmt') as Attested), [name, value]])]]);

const rows: [what: string, wrong: Wrong, reason: PasskeyRefusal][] = [
  ['of an algorithm that was not offered', { algorithm: -35 }, 'algorithm'],
  ['of that algorithm, and vouched for by itself', { algorithm: -35, format: 'packed' }, 'algorithm'],
  ['of RSA with 1024 bits', { algorithm: -257, modulus: 1024 }, 'algorithm'],
  ['of RSA with 2040 bits', { algorithm: -257, modulus: 2040 }, 'algorithm'],
  ['that another key vouches for', { format: 'packed', key: anotherKey }, 'attestation'],
  ['that vouches for something else', { format: 'packed', signature: randomBytes(70) }, 'attestation'],
  ['that vouches by nothing', { format: 'packed', signature: Buffer.alloc(0) }, 'attestation'],
  ['vouched for, and changed since', { format: 'packed', rewrite: (text) => `${text} ` }, 'attestation'],
  ['that vouches by another algorithm', { format: 'packed', attest: withMember('alg', -35) }, 'attestation'],
  [
    'that vouches by the algorithm of others',
    { algorithm: -8, format: 'packed', attest: withMember('alg', -7) },
    'attestation',
  ],
  ['that vouches by no algorithm', { format: 'packed', attest: withMember('alg', 'ES256') }, 'attestation'],
  ['with a certificate beside', { format: 'packed', attest: withMember('x5c', Buffer.alloc(9)) }, 'attestation'],
  ['with a statement where it says none', { attest: withMember('sig', Buffer.alloc(70)) }, 'attestation'],
  ['with a statement that is no map', { attest: withStatement('packed', 7) }, 'attestation'],
  ['in a format that nobody knows', { attest: withStatement('unheard-of', new Map()) }, 'attestation'],
  ['in no format', { attest: (object) => new Map([...object, ['fmt', 7]]) }, 'attestation'],
  ...['tpm', 'android-key', 'android-safetynet', 'apple', 'fido-u2f', 'compound'].map(
    (format): [string, Wrong, PasskeyRefusal] => [
      `in the format ${format}`,
      { attest: withStatement(format, new Map()) },
      'attestation',
    ],
  ),
  ['with another id than it says', { attestedId: randomBytes(32) }, 'malformed'],
  ['with an id that it says the beginning of', { id: Buffer.alloc(1023), attestedId: Buffer.alloc(1024) }, 'malformed'],
  [
    'with an id of somebody’s, which it does not say',
    { attestedId: dave.device.held[0]?.id ?? Buffer.alloc(0) },
    'malformed',
  ],
  ['without authenticator data', { attest: (object) => new Map([...object, ['authData', 7]]) }, 'malformed'],
  ['with data cut off', { attest: (object) => new Map([...object, ['authData', Buffer.alloc(36)]]) }, 'malformed'],
  ['with more behind the data', { attest: longer }, 'malformed'],
];

function longer(object: Attested): Attested {
  return new Map([...object, ['authData', Buffer.concat([object.get('authData') as Buffer, Buffer.from([0])])]]);
}

test('a passkey is not kept', async (t) => {
  for (const [what, wrong, reason] of rows)
    await t.test(what, async () => {
      const begun = await begin(world, 'registration', carol);
      await assertNotTaken(world, begun, begun.answer(wrong), reason);
    });
});

test('an id of more than 1023 bytes is refused, one of as many is taken, and is found again', async () => {
  const tooLong = await begin(world, 'registration', carol);
  const before = standing(world);
  const sent = await tooLong.send(tooLong.answer({ id: randomBytes(1024) }));
  assert.deepEqual(sent, { status: 422, said: 'invalid' });
  assert.deepEqual(standing(world), before);

  const device = softwareAuthenticator();
  const { token } = await again(world, carol);
  assert.equal((await addPasskey(world, token, device, { wrong: { id: randomBytes(1023) } })).status, 201);
  assert.equal((await signInWithPasskey(world, device)).status, 200);
});

test('of each kind that is asked for a passkey is taken, vouched for by its own key or by none, and signs in', async () => {
  const eve = await makeMember(world, 'eve');
  for (const algorithm of [-7, -8, -257] as const)
    for (const format of ['none', 'packed'] as const) {
      const device = softwareAuthenticator({ algorithm });
      const added = await addPasskey(world, eve.token, device, { wrong: { format } });
      assert.equal(added.status, 201, `${algorithm}, ${format}: ${added.text}`);
      assert.equal((await signInWithPasskey(world, device)).status, 200, `${algorithm}, ${format}`);
      const wrong = { signature: Buffer.alloc(algorithm === -257 ? 256 : 64, 1) };
      assert.equal((await signInWithPasskey(world, device, wrong)).body.reason, 'signature');
    }
});

test('a credential is one passkey, of one account: nobody can have it a second time, or have another’s', async () => {
  const [own] = carol.device.held;
  const mallory = await makeMember(world, 'mallory');
  const thief = softwareAuthenticator();
  for (const member of [await again(world, carol), mallory]) {
    const begun = await begin(world, 'registration', member);
    const before = standing(world);
    assert.deepEqual(await begun.send(begun.answer({ id: own?.id }, thief)), { status: 409, said: 'passkey_exists' });
    assert.deepEqual(standing(world), before);
  }
  const held = thief.held.map((each) => ({ ...each, handle: own?.handle ?? '' }));
  thief.held.splice(0, Infinity, ...held);
  assert.equal((await signInWithPasskey(world, thief)).body.reason, 'signature', 'the key is still the one that was');
  assert.equal((await signInWithPasskey(world, carol.device)).status, 200);
});

test('devices are told which passkeys there are, so that none is made twice, and of how each is reached only words', async () => {
  world.turn(1);
  const begun = await begin(world, 'registration', dave);
  const { response, ...rest } = begun.answer({}, dave.device);
  const transports = ['a,b', 'USB', 'internal', '', '-x', 'smart-card'];
  await assertTaken(begun, { ...rest, response: { ...response, transports } });
  const { body } = await world.call('POST', '/auth/passkeys/registration/options', { token: dave.token });
  const [first, second] = dave.device.held.map(({ id }) => ({ type: 'public-key', id: id.toString('base64url') }));
  assert.deepEqual(body.options.excludeCredentials, [
    { ...first, transports: ['internal', 'hybrid'] },
    { ...second, transports: ['internal', 'smart-card'] },
  ]);
});

test('bytes that are no answer are refused, and are no error of ours', async () => {
  const member = await again(world, carol);
  const right = (await begin(world, 'registration', member)).answer();
  const object = Buffer.from(String(right.response['attestationObject']), 'base64url');
  const bad: [string, Buffer][] = [
    ['a number', Buffer.from([7])],
    ['a text without an end', Buffer.from([0x7f, 0x61])],
    ['an array of 2³² members', Buffer.from([0x9a, 0xff, 0xff, 0xff, 0xff])],
    ['arrays in arrays', Buffer.alloc(8000, 0x81)],
    ['maps in maps', Buffer.alloc(8000, 0xa1)],
    ['tags of tags', Buffer.alloc(8000, 0xc0)],
    ['the half of one', object.subarray(0, object.length / 2)],
  ];
  for (const [what, bytes] of bad) {
    const begun = await begin(world, 'registration', member);
    const { response, ...rest } = begun.answer();
    const bad = { ...rest, response: { ...response, attestationObject: bytes.toString('base64url') } };
    await assertNotTaken(world, begun, bad, 'malformed').catch((error: unknown) => {
      throw new Error(what, { cause: error });
    });
  }
});
