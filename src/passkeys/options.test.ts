import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makeCreationOptions, makeRequestOptions } from './options.ts';

const relyingParty = { id: 'sign-in.example.org', origin: 'https://sign-in.example.org' };
const known = [{ id: 'AQID', transports: ['internal', 'hybrid'] }];
const challenge = 'as-it-was-made';

test('a new passkey is asked for that its device can find, that verifies its person, and that is not there yet', () => {
  const user = { handle: Buffer.from([0xff, 0xfe]), name: 'alice' };
  assert.deepEqual(makeCreationOptions({ relyingParty, service: 'Countersign', user, challenge, known }), {
    rp: { id: 'sign-in.example.org', name: 'Countersign' },
    user: { id: '__4', name: 'alice', displayName: 'alice' },
    challenge,
    pubKeyCredParams: [
      { type: 'public-key', alg: -8 },
      { type: 'public-key', alg: -7 },
      { type: 'public-key', alg: -257 },
    ],
    timeout: 300_000,
    excludeCredentials: [{ type: 'public-key', id: 'AQID', transports: ['internal', 'hybrid'] }],
    authenticatorSelection: { residentKey: 'required', requireResidentKey: true, userVerification: 'required' },
    attestation: 'none',
  });
});

test('an assertion is asked for by a person who is verified, with a passkey that is known, or with any', () => {
  const asked = { rpId: 'sign-in.example.org', challenge, timeout: 300_000, userVerification: 'required' };
  assert.deepEqual(makeRequestOptions({ relyingParty, challenge, known }), {
    ...asked,
    allowCredentials: [{ type: 'public-key', id: 'AQID', transports: ['internal', 'hybrid'] }],
  });
  assert.deepEqual(makeRequestOptions({ relyingParty, challenge, known: [] }), { ...asked, allowCredentials: [] });
});
