import { createPublicKey, type JsonWebKey } from 'node:crypto';
import { algorithms } from './options.ts';

/** A public key as an authenticator writes it, a COSE_Key (RFC 9052, 7): values by their labels. */
export interface CoseKey {
  get(label: number): unknown;
}

const labels = { kty: 1, alg: 3, crv: -1, x: -2, y: -3, n: -1, e: -2 };

/** The algorithm that a key says it is for. */
export const algorithmOf = (key: CoseKey): unknown => key.get(labels.alg);

/**
 * Whether a key is for one of the algorithms that we ask for, of the kind that goes with it (WebAuthn, 5.8.5), and has 112
 * bits of strength at least (NIST SP 800-63B-4, 3.1.6.2): what is no key at all would be kept, and sign in never.
 */
export function isStrong(key: CoseKey): boolean {
  const jwk = asJwk(key);
  if (!jwk) return false;
  try {
    const { modulusLength, publicExponent } = createPublicKey({ key: jwk, format: 'jwk' }).asymmetricKeyDetails ?? {};
    return jwk.kty !== 'RSA' || (isWithin(modulusLength, 2048, 4096) && isWithin(publicExponent, 65_537, 2 ** 32));
  } catch {
    return false;
  }
}

/** Larger ones are no stronger for anybody, and those of RSA can be made too large to be verified with. */
function isWithin(size: number | bigint | undefined, least: number, most: number): boolean {
  return size !== undefined && size >= least && size <= most;
}

/** A key as Node takes it; nothing where it is not of the kind that goes with its algorithm. */
function asJwk(key: CoseKey): JsonWebKey | undefined {
  const is = (kty: number, crv?: number): boolean =>
    key.get(labels.kty) === kty && (crv === undefined || key.get(labels.crv) === crv);
  const { x, y, n, e } = labels;
  switch (algorithms.find((algorithm) => algorithm === algorithmOf(key))) {
    case -7:
      return is(2, 1) ? { kty: 'EC', crv: 'P-256', x: text(key.get(x)), y: text(key.get(y)) } : undefined;
    case -8:
      return is(1, 6) ? { kty: 'OKP', crv: 'Ed25519', x: text(key.get(x)) } : undefined;
    case -257:
      return is(3) ? { kty: 'RSA', n: text(key.get(n)), e: text(key.get(e)) } : undefined;
    default:
      return undefined;
  }
}

/** Bytes as a JWK has them; what are none make no key. */
function text(bytes: unknown): string {
  return bytes instanceof Uint8Array ? Buffer.from(bytes).toString('base64url') : '';
}
