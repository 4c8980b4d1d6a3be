import { createHmac, hash, randomBytes, timingSafeEqual } from 'node:crypto';
import { clockTolerance, minute } from '../clock.ts';

/**
 * Challenges (WebAuthn, 13.4.3): 32 random bytes and when they expire, signed together with what they are for. So that
 * nothing has to be stored for a page that anybody can open, we know our own challenges by their signature; what is
 * stored is which have been answered, and only of answers that were judged.
 */

/** How long one is good: the default of a ceremony (WebAuthn, 15.1). */
export const challengeLife = 5 * minute;

/** What a challenge is for. An answer is good for that alone. */
export interface Ceremony {
  purpose: 'registration' | 'sign-in' | 'second factor' | 'reauthentication';
  /** Who may answer: the id of a session or half sign-in, the hash of a link, or what a browser or program keeps to itself. */
  boundTo: string;
}

/** A challenge of ours, as it is noted once it is answered. */
export interface Challenge {
  hash: Buffer;
  expiresAt: number;
}

const randomPart = 32;
const timePart = 8;
const signaturePart = 32;

/** Makes a challenge, in base64url. */
export function makeChallenge(secret: Buffer, ceremony: Ceremony, now: number): string {
  const body = Buffer.alloc(randomPart + timePart);
  randomBytes(randomPart).copy(body);
  body.writeBigUInt64BE(BigInt(now + challengeLife), randomPart);
  return Buffer.concat([body, signature(secret, ceremony, body)]).toString('base64url');
}

/** Reads a challenge as it came back; nothing where it is not one that we made for this ceremony, or it has expired. */
export function readChallenge(secret: Buffer, text: string, ceremony: Ceremony, now: number): Challenge | undefined {
  const bytes = Buffer.from(text, 'base64url');
  // Written in another way it would have another hash, and could be answered twice.
  if (bytes.length !== randomPart + timePart + signaturePart || bytes.toString('base64url') !== text) return undefined;
  const body = bytes.subarray(0, randomPart + timePart);
  if (!timingSafeEqual(bytes.subarray(body.length), signature(secret, ceremony, body))) return undefined;
  const expiresAt = Number(body.readBigUInt64BE(randomPart));
  // Made later than any right clock says, it is of one that was wrong: which of those were answered may be forgotten.
  if (expiresAt <= now || expiresAt > now + clockTolerance + challengeLife) return undefined;
  return { hash: hash('sha256', bytes, 'buffer'), expiresAt };
}

function signature(secret: Buffer, { purpose, boundTo }: Ceremony, body: Buffer): Buffer {
  const about = JSON.stringify([purpose, boundTo]);
  return createHmac('sha256', secret).update(body).update(about).digest();
}
