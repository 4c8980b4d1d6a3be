import { hash } from 'node:crypto';
import type { RelyingParty } from './relying-party.ts';

/**
 * What is wrong with the answer of an authenticator before its signature is looked at, as pure rules (WebAuthn, 7.1 and
 * 7.2). The library checks most of it again; here it gets a name, and what the library leaves open is decided.
 */
export type Refusal =
  | 'malformed'
  | 'type'
  | 'challenge'
  | 'origin'
  | 'cross_origin'
  | 'rp_id'
  | 'user_presence'
  | 'user_verification'
  | 'backup_flags'
  | 'algorithm'
  | 'attestation'
  | 'signature'
  | 'counter'
  | 'unknown_credential';

/** What the browser says about the ceremony (WebAuthn, 5.8.1). */
export interface ClientData {
  type: string;
  challenge: string;
  origin: string;
  /** The page that asked stands within another one, of another origin. */
  crossOrigin: boolean;
}

/** Reads the client data; nothing where they are none. */
export function readClientData(encoded: string): ClientData | undefined {
  const read: unknown = tryParse(Buffer.from(encoded, 'base64url').toString());
  if (read === null || typeof read !== 'object') return undefined;
  const { type, challenge, origin, crossOrigin, topOrigin } = read as Record<string, unknown>;
  if (typeof type !== 'string' || typeof challenge !== 'string' || typeof origin !== 'string') return undefined;
  return { type, challenge, origin, crossOrigin: Boolean(crossOrigin) || topOrigin !== undefined };
}

/** What the authenticator says of itself (WebAuthn, 6.1), once it is clear that it is for us and with whom it has spoken. */
export interface AuthenticatorData {
  /** Flag BE: more than one device may hold the key. */
  backupEligible: boolean;
  /** Flag BS: it outlives its device. */
  backedUp: boolean;
  signCount: number;
}

/** What an answer is held against. */
export interface Expected {
  relyingParty: RelyingParty;
  /** The challenge, in base64url. */
  challenge: string;
}

/** Judges what the browser says. */
export function judgeClientData(
  data: ClientData | undefined,
  type: 'webauthn.create' | 'webauthn.get',
  { relyingParty, challenge }: Expected,
): Refusal | undefined {
  if (!data) return 'malformed';
  if (data.type !== type) return 'type';
  if (data.origin !== relyingParty.origin) return 'origin';
  if (data.crossOrigin) return 'cross_origin';
  return data.challenge === challenge ? undefined : 'challenge';
}

const header = 37;

/** Reads authenticator data and judges them: for whom they are, and that the person was there and was verified. */
export function judgeAuthenticatorData(bytes: Uint8Array, rpId: string): AuthenticatorData | Refusal {
  if (bytes.length < header) return 'malformed';
  const view = Buffer.from(bytes);
  if (!view.subarray(0, 32).equals(hash('sha256', rpId, 'buffer'))) return 'rp_id';
  const flags = view.readUInt8(32);
  const is = (bit: number): boolean => (flags & (1 << bit)) !== 0;
  if (!is(0)) return 'user_presence';
  if (!is(2)) return 'user_verification';
  const said = { backupEligible: is(3), backedUp: is(4), signCount: view.readUInt32BE(33) };
  // What only one device can hold is backed up nowhere (6.1.3).
  return said.backedUp && !said.backupEligible ? 'backup_flags' : said;
}

/** Whether a counter has not gone on: there may be a copy (WebAuthn, 6.1.1). One that stays at zero counts nothing. */
export function wentBack(before: number, now: number): boolean {
  return before > 0 && now <= before;
}

function tryParse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
