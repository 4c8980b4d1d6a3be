import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { describe, it } from 'node:test';
import { isStrong } from './key.ts';

const bytes = (text: string | undefined): Buffer => Buffer.from(text ?? '', 'base64url');

const p256 = generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey.export({ format: 'jwk' });
const ed25519 = generateKeyPairSync('ed25519').publicKey.export({ format: 'jwk' });
const rsa = (modulusLength: number, publicExponent = 65_537) =>
  generateKeyPairSync('rsa', { modulusLength, publicExponent }).publicKey.export({ format: 'jwk' });

const es256 = { 1: 2, 3: -7, [-1]: 1, [-2]: bytes(p256.x), [-3]: bytes(p256.y) };
const eddsa = { 1: 1, 3: -8, [-1]: 6, [-2]: bytes(ed25519.x) };
const rs256 = ({ n, e } = rsa(2048)) => ({ 1: 3, 3: -257, [-1]: bytes(n), [-2]: bytes(e) });

const judged = (key: Record<number, unknown>): boolean =>
  isStrong(new Map(Object.entries(key).map(([label, value]) => [Number(label), value])));

describe('a key', () => {
  it('is taken that is of the kind its algorithm asks for', () => {
    for (const key of [es256, eddsa, rs256(), rs256(rsa(3072))]) assert.equal(judged(key), true, `${key[3]}`);
  });

  const wrong: [what: string, key: Record<number, unknown>][] = [
    ['for ES384', { ...es256, 3: -35 }],
    ['for RS1', { ...rs256(), 3: -65_535 }],
    ['for RS512', { ...rs256(), 3: -259 }],
    ['for no algorithm', { ...es256, 3: undefined }],
    ['for an algorithm by name', { ...es256, 3: 'ES256' }],
    ['of RSA with 1024 bits', rs256(rsa(1024))],
    ['of RSA with 2047 bits', rs256(rsa(2047))],
    ['of RSA with 1024 bits, and zeros before them', rs256(padded(rsa(1024)))],
    ['of RSA whose exponent is 3', rs256(rsa(2048, 3))],
    ['of RSA whose exponent is 1', rs256({ ...rsa(2048), e: 'AQ' })],
    ['of RSA with 8192 bits', rs256({ n: Buffer.alloc(1024, 0xff).toString('base64url'), e: 'AQAB' })],
    ['of RSA with an exponent as long', rs256({ ...rsa(2048), e: Buffer.alloc(256, 1).toString('base64url') })],
    ['of RSA for ES256', { ...rs256(), 3: -7 }],
    ['of RSA for EdDSA', { ...rs256(), 3: -8 }],
    ['of ES256 for RS256', { ...es256, 3: -257 }],
    ['on P-384 for ES256', { ...es256, [-1]: 2 }],
    ['on Ed448 for EdDSA', { ...eddsa, [-1]: 7 }],
    ['on no curve', { ...es256, [-1]: undefined }],
    ['beside its curve', { ...es256, [-3]: Buffer.alloc(32, 1) }],
    ['compressed', { ...es256, [-3]: true }],
    ['cut off', { ...eddsa, [-2]: bytes(ed25519.x).subarray(1) }],
    ['that is none', {}],
  ];
  for (const [what, key] of wrong) it(`${what} is refused`, () => assert.equal(judged(key), false));
});

function padded({ n, ...rest }: { n?: string; e?: string }) {
  return { ...rest, n: Buffer.concat([Buffer.alloc(128), bytes(n)]).toString('base64url') };
}
