import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import type { Refusal } from './answer.ts';
import { verifyAssertion, verifyRegistration } from './ceremony.ts';

/** The examples of the W3C, made by its own program: an oracle that shares nothing with the code here or its library. */
interface Vector {
  name: string;
  title: string;
  credential_id: string;
  registration: Record<'challenge' | 'clientDataJSON' | 'attestationObject', string>;
  authentication: Record<'challenge' | 'clientDataJSON' | 'authenticatorData' | 'signature', string>;
}

const file = new URL('../../test/vectors/webauthn.json', import.meta.url);
const { rp_id, origin, vectors } = JSON.parse(readFileSync(file, 'utf8')) as {
  rp_id: string;
  origin: string;
  vectors: Vector[];
};
const relyingParty = { id: rp_id, origin };

const bytes = (hex: string): Buffer => Buffer.from(hex, 'hex');
const text = (hex: string): string => bytes(hex).toString('base64url');

/**
 * The examples choose their flags by lot, and ours must be verified; so some are refused for that alone. Certificates
 * vouch for others, for which we do not ask.
 */
const outcomes: Record<string, [registration: Refusal | 'right', authentication: Refusal | 'right']> = {
  'none-es256': ['user_verification', 'user_verification'],
  'packed-self-es256': ['right', 'user_verification'],
  'none-es256-crossOrigin': ['cross_origin', 'cross_origin'],
  'none-es256-topOrigin': ['cross_origin', 'cross_origin'],
  'none-es256-long-credential-id': ['user_verification', 'right'],
  'packed-es256': ['attestation', 'right'],
  'packed-es512': ['algorithm', 'user_verification'],
  'packed-rs256': ['attestation', 'user_verification'],
  'packed-eddsa': ['user_verification', 'user_verification'],
  'tpm-es256': ['attestation', 'right'],
  'android-key-es256': ['attestation', 'user_verification'],
};

const common = ({ credential_id }: Vector) => {
  const id = text(credential_id);
  return { id, rawId: id, type: 'public-key' as const };
};

const registrationOf = (vector: Vector) => {
  const { clientDataJSON, attestationObject } = vector.registration;
  const response = { clientDataJSON: text(clientDataJSON), attestationObject: text(attestationObject) };
  return { ...common(vector), response };
};

const assertionOf = (vector: Vector) => {
  const { clientDataJSON, authenticatorData, signature } = vector.authentication;
  const said = { authenticatorData: text(authenticatorData), signature: text(signature) };
  return { ...common(vector), response: { clientDataJSON: text(clientDataJSON), ...said } };
};

/** What is kept of a credential: its key is what the attestation object ends with. */
const keptOf = ({ credential_id, registration }: Vector) => {
  const id = bytes(credential_id);
  const object = bytes(registration.attestationObject);
  const publicKey = object.subarray(object.lastIndexOf(id) + id.length);
  const flags = object.readUInt8(object.lastIndexOf(id) - 2 - 16 - 4 - 1);
  return { credentialId: id, publicKey, signCount: 0, backupEligible: (flags & 8) !== 0 };
};

describe('the examples of WebAuthn Level 3, section 16', () => {
  it('are those that we know the outcome of', () =>
    assert.deepEqual(vectors.map(({ name }) => name).toSorted(), Object.keys(outcomes).toSorted()));

  for (const vector of vectors) {
    const [registration, authentication] = outcomes[vector.name] ?? [];

    it(`${vector.title}, registration: ${registration}`, async () => {
      const expected = { relyingParty, challenge: text(vector.registration.challenge) };
      const outcome = await verifyRegistration(registrationOf(vector), expected);
      if (registration !== 'right') return assert.deepEqual(outcome, { refused: registration });
      const { credentialId, publicKey, backupEligible } = keptOf(vector);
      const kept = { credentialId, publicKey: Buffer.from(publicKey), backupEligible, backedUp: true };
      return assert.deepEqual(outcome, { ...kept, signCount: 0, transports: [] });
    });

    it(`${vector.title}, authentication: ${authentication}`, async () => {
      const expected = { relyingParty, challenge: text(vector.authentication.challenge) };
      const outcome = await verifyAssertion(assertionOf(vector), keptOf(vector), expected);
      if (authentication !== 'right') return assert.deepEqual(outcome, { refused: authentication });
      return assert.equal('refused' in outcome, false, JSON.stringify(outcome));
    });
  }
});

const right = vectors.filter(({ name }) => outcomes[name]?.[1] === 'right');

describe('an assertion of the W3C that is right', () => {
  it('is refused with any bit of its signature or of what is signed changed', async () => {
    const [vector] = right;
    assert.ok(vector);
    const expected = { relyingParty, challenge: text(vector.authentication.challenge) };
    const kept = keptOf(vector);
    const changed = (hex: string, bit: number): string => {
      const all = bytes(hex);
      all.writeUInt8(all.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3);
      return all.toString('hex');
    };
    for (const part of ['authenticatorData', 'clientDataJSON', 'signature'] as const) {
      const bits = vector.authentication[part].length * 4;
      // Of a signature the number at its end: the DER around its two numbers may be written in more than one way.
      for (let bit = part === 'signature' ? bits - 256 : 0; bit < bits; bit += 1) {
        const authentication = { ...vector.authentication, [part]: changed(vector.authentication[part], bit) };
        const outcome = await verifyAssertion(assertionOf({ ...vector, authentication }), kept, expected);
        assert.ok('refused' in outcome, `${part}, bit ${bit}`);
      }
    }
  });

  it('is refused for another key, another kind of passkey, a later count, another host name', async () => {
    const [vector, other] = right;
    assert.ok(vector && other);
    const expected = { relyingParty, challenge: text(vector.authentication.challenge) };
    const [answer, kept] = [assertionOf(vector), keptOf(vector)];
    const judged = (change: Partial<typeof kept>, with_ = expected) =>
      verifyAssertion(answer, { ...kept, ...change }, with_);
    assert.deepEqual(await judged({ publicKey: keptOf(other).publicKey }), { refused: 'signature' });
    assert.deepEqual(await judged({ publicKey: Buffer.from('no key') }), { refused: 'signature' });
    assert.deepEqual(await judged({ backupEligible: !kept.backupEligible }), { refused: 'backup_flags' });
    assert.deepEqual(await judged({ signCount: 1 }), { refused: 'counter' });
    const elsewhere = { ...expected, relyingParty: { id: 'www.example.org', origin } };
    assert.deepEqual(await judged({}, elsewhere), { refused: 'rp_id' });
    assert.deepEqual(await judged({}, { ...expected, challenge: 'another' }), { refused: 'challenge' });
    const renamed = { ...answer, rawId: text(other.credential_id) };
    assert.deepEqual(await verifyAssertion(renamed, kept, expected), { refused: 'malformed' });
  });
});
