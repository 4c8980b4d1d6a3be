import assert from 'node:assert/strict';
import { hash } from 'node:crypto';
import { describe, it } from 'node:test';
import { assert as holds, jsonValue, nat, property, string, uint8Array } from 'fast-check';
import { judgeAuthenticatorData, judgeClientData, type Refusal, readClientData, wentBack } from './answer.ts';

const relyingParty = { id: 'sign-in.example.org', origin: 'https://sign-in.example.org' };
const expected = { relyingParty, challenge: 'as-it-was-made' };
const right = {
  type: 'webauthn.get',
  challenge: expected.challenge,
  origin: relyingParty.origin,
  crossOrigin: false,
};

const encoded = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
const judged = (said: unknown, type: 'webauthn.create' | 'webauthn.get' = 'webauthn.get'): Refusal | undefined =>
  judgeClientData(readClientData(encoded(said)), type, expected);

describe('client data (WebAuthn, 5.8.1)', () => {
  it('are taken as a browser writes them, with whatever it adds', () => {
    assert.equal(judged(right), undefined);
    const { crossOrigin: _, ...without } = right;
    assert.equal(judged(without), undefined, 'an older browser does not say whether another page was around it');
    assert.equal(judged({ ...right, other_keys_can_be_added_here: 'do not compare clientDataJSON' }), undefined);
    assert.equal(judged({ ...right, type: 'webauthn.create' }, 'webauthn.create'), undefined);
  });

  const wrong: [what: string, said: Record<string, unknown>, refusal: Refusal][] = [
    ['of the other ceremony', { type: 'webauthn.create' }, 'type'],
    ['of a payment', { type: 'payment.get' }, 'type'],
    ['with another challenge', { challenge: 'as-it-was-Made' }, 'challenge'],
    ['with an empty challenge', { challenge: '' }, 'challenge'],
    ['from within another page', { crossOrigin: true }, 'cross_origin'],
    ['with a page around it', { topOrigin: 'https://example.com' }, 'cross_origin'],
    ['with itself around it', { topOrigin: relyingParty.origin }, 'cross_origin'],
    ['without a type', { type: undefined }, 'malformed'],
    ['without a challenge', { challenge: undefined }, 'malformed'],
    ['without an origin', { origin: undefined }, 'malformed'],
    ['with a number as challenge', { challenge: 1 }, 'malformed'],
    ['with a list of origins', { origin: [relyingParty.origin] }, 'malformed'],
  ];
  for (const [what, said, refusal] of wrong)
    it(`${what} are refused: ${refusal}`, () => assert.equal(judged({ ...right, ...said }), refusal));

  for (const origin of [
    'http://sign-in.example.org',
    'https://sign-in.example.org:8443',
    'https://sign-in.example.org/',
    'https://sign-in.example.org.',
    'https://Sign-in.example.org',
    'https://example.org',
    'https://a.sign-in.example.org',
    'https://sign-in.example.org.evil.example',
    'https://evilsign-in.example.org',
    'https://sign-in.example.org@evil.example',
    'android:apk-key-hash:7d1043473d55bfa90e8530d35801d4e381bc69f0',
    'null',
    '',
  ])
    it(`from ${JSON.stringify(origin)} are refused`, () => assert.equal(judged({ ...right, origin }), 'origin'));

  it('are none where they cannot be read, and that is no error', () => {
    for (const text of ['', '{', 'null', '[]', '"x"', '1', '\uFEFF{}'])
      assert.equal(readClientData(Buffer.from(text).toString('base64url')), undefined, text);
    return holds(
      property(string({ unit: 'binary' }), jsonValue(), (text, value) => {
        assert.equal(readClientData(text), undefined);
        assert.equal(judged(value), 'malformed');
      }),
    );
  });
});

/** Authenticator data with these flags and this counter, for a host name. */
function data(flags: number, { id = relyingParty.id, signCount = 0 } = {}): Buffer {
  const bytes = Buffer.alloc(37);
  hash('sha256', id, 'buffer').copy(bytes);
  bytes.writeUInt8(flags, 32);
  bytes.writeUInt32BE(signCount, 33);
  return bytes;
}

const [up, uv, be, bs] = [1, 4, 8, 16];

describe('authenticator data (WebAuthn, 6.1)', () => {
  it('are taken with a person who was there and was verified, and with flags that fit, of all that there are', () => {
    for (let flags = 0; flags < 256; flags += 1) {
      const has = (bit: number): boolean => (flags & bit) !== 0;
      const refusal =
        (has(up) ? undefined : 'user_presence') ??
        (has(uv) ? undefined : 'user_verification') ??
        (has(bs) && !has(be) ? 'backup_flags' : undefined);
      assert.deepEqual(
        judgeAuthenticatorData(data(flags), relyingParty.id),
        refusal ?? { backupEligible: has(be), backedUp: has(bs), signCount: 0 },
        `flags ${flags}`,
      );
    }
  });

  it('are only for our host name', () => {
    for (const id of ['example.org', 'org', 'a.sign-in.example.org', 'sign-in.example.org.', 'SIGN-IN.EXAMPLE.ORG', ''])
      assert.equal(judgeAuthenticatorData(data(up | uv, { id }), relyingParty.id), 'rp_id', id);
  });

  it('tell the count, however large', () =>
    holds(
      property(nat(0xffff_ffff), (signCount) =>
        assert.deepEqual(judgeAuthenticatorData(data(up | uv, { signCount }), relyingParty.id), {
          backupEligible: false,
          backedUp: false,
          signCount,
        }),
      ),
    ));

  it('that are cut off are refused, and so is anything else', () => {
    for (let length = 0; length < 37; length += 1)
      assert.equal(judgeAuthenticatorData(data(up | uv).subarray(0, length), relyingParty.id), 'malformed');
    return holds(
      property(uint8Array({ minLength: 37 }), (bytes) =>
        assert.equal(judgeAuthenticatorData(bytes, relyingParty.id), 'rp_id'),
      ),
    );
  });
});

describe('a counter (WebAuthn, 6.1.1)', () => {
  it('must go on, but where there is none', () => {
    for (const [before, now] of [
      [0, 0],
      [0, 1],
      [1, 2],
      [7, 0xffff_ffff],
    ] as const)
      assert.equal(wentBack(before, now), false, `${before}, ${now}`);
    for (const [before, now] of [
      [1, 1],
      [2, 1],
      [1, 0],
      [0xffff_ffff, 0],
    ] as const)
      assert.equal(wentBack(before, now), true, `${before}, ${now}`);
  });

  it('that goes on is never said to go back, and the other way round', () =>
    holds(property(nat(), nat(), (before, now) => assert.equal(wentBack(before, now), now <= before && before > 0))));
});
