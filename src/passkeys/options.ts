import { challengeLife } from './challenge.ts';
import type { RelyingParty } from './relying-party.ts';

/** What a browser is asked for, as `PublicKeyCredential.parse…OptionsFromJSON` takes it (WebAuthn, 5.1.8 and 5.1.9). */

/** EdDSA, ES256, RS256 (RFC 9053, RFC 8812), in the order in which we like them. */
export const algorithms = [-8, -7, -257] as const;

/** A passkey as a browser finds it again. */
export interface Descriptor {
  id: string;
  transports: readonly string[];
}

const descriptor = ({ id, transports }: Descriptor) => ({ type: 'public-key' as const, id, transports });

export type CreationOptions = ReturnType<typeof makeCreationOptions>;

/** For a new passkey: one that its device can find by itself and that asks who holds it; none where one of `known` is. */
export function makeCreationOptions(given: {
  relyingParty: RelyingParty;
  service: string;
  user: { handle: Buffer; name: string };
  challenge: string;
  known: readonly Descriptor[];
}) {
  const { relyingParty, service, user, challenge, known } = given;
  return {
    rp: { id: relyingParty.id, name: service },
    user: { id: user.handle.toString('base64url'), name: user.name, displayName: user.name },
    challenge,
    pubKeyCredParams: algorithms.map((alg) => ({ type: 'public-key' as const, alg })),
    timeout: challengeLife,
    excludeCredentials: known.map(descriptor),
    authenticatorSelection: {
      residentKey: 'required' as const,
      requireResidentKey: true,
      userVerification: 'required' as const,
    },
    attestation: 'none' as const,
  };
}

export type RequestOptions = ReturnType<typeof makeRequestOptions>;

/** For signing in: with one of `known`, or, where there are none, with whichever the device has for us. */
export function makeRequestOptions(given: {
  relyingParty: RelyingParty;
  challenge: string;
  known: readonly Descriptor[];
}) {
  const { relyingParty, challenge, known } = given;
  return {
    rpId: relyingParty.id,
    challenge,
    timeout: challengeLife,
    userVerification: 'required' as const,
    allowCredentials: known.map(descriptor),
  };
}
