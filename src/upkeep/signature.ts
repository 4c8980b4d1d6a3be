import { createHmac, timingSafeEqual } from 'node:crypto';
import type { Sealer } from '../seal.ts';

/** What only a holder of the key file can write: an HMAC-SHA-256 by a key that is derived for one purpose. */
export interface Signature {
  /** The id of the key of the file. */
  key: string;
  /** In base64. */
  mac: string;
}

/** What a signature is for: one of a backup is none of a mark. */
type Purpose = 'backup' | 'mark';

/** Signs a text with the active key. Throws where that is not held: what nobody has signed must not look signed. */
export function sign(sealer: Sealer, purpose: Purpose, text: string): Signature {
  const key = sealer.activeKeyId();
  const mac = macOf(sealer, key, purpose, text);
  if (!mac) throw new Error(`Key "${key}" is not held, so that it cannot sign.`);
  return { key, mac: mac.toString('base64') };
}

/** Whether a text has this signature; nothing where the key file does not hold the key. */
export function isSigned(sealer: Sealer, purpose: Purpose, text: string, { key, mac }: Signature): boolean | undefined {
  const wanted = macOf(sealer, key, purpose, text);
  const given = Buffer.from(mac, 'base64');
  return wanted && given.length === wanted.length && timingSafeEqual(given, wanted);
}

function macOf(sealer: Sealer, keyId: string, purpose: Purpose, text: string): Buffer | undefined {
  const key = sealer.deriveFrom(keyId, purpose);
  return key && createHmac('sha256', key).update(text).digest();
}
