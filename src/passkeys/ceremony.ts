import {
  type AuthenticatorData,
  type Expected,
  judgeAuthenticatorData,
  judgeClientData,
  type Refusal,
  readClientData,
  wentBack,
} from './answer.ts';
import { algorithmOf, type CoseKey, isStrong } from './key.ts';
import { algorithms } from './options.ts';
import type { AuthenticationResponse, RegistrationResponse } from './shapes.ts';

/**
 * The two ceremonies of WebAuthn, verified: 7.1, registering a new credential, and 7.2, an authentication assertion. What
 * is signed, and with what, is the library's work; it is loaded when the first answer comes, because it is large.
 */
const library = async () => ({
  ...(await import('@simplewebauthn/server')),
  ...(await import('@simplewebauthn/server/helpers')),
});

/** What a right answer to a registration tells. */
export interface Registered {
  credentialId: Buffer;
  publicKey: Buffer;
  signCount: number;
  transports: string[];
  backupEligible: boolean;
  backedUp: boolean;
}

export interface Refused {
  refused: Refusal;
}

/** Verifies the answer to a registration. */
export async function verifyRegistration(
  answer: RegistrationResponse,
  expected: Expected,
): Promise<Registered | Refused> {
  const refused = judgeClient(answer, 'webauthn.create', expected);
  if (refused) return { refused };
  const attested = await readAttestation(answer);
  if (!attested) return { refused: 'malformed' };
  const said = judgeAuthenticatorData(attested.data, expected.relyingParty.id);
  if (typeof said === 'string') return { refused: said };
  if (!isStrong(attested.key)) return { refused: 'algorithm' };
  if (!isUncertified(attested) || !(await isAttested(answer, expected))) return { refused: 'attestation' };
  return {
    credentialId: Buffer.from(answer.id, 'base64url'),
    publicKey: Buffer.from(attested.publicKey),
    signCount: said.signCount,
    transports: (answer.response.transports ?? []).filter((each) => transportWord.test(each)),
    backupEligible: said.backupEligible,
    backedUp: said.backedUp,
  };
}

/** A passkey as it is kept, as far as an assertion is verified by it. */
interface Kept {
  credentialId: Buffer;
  publicKey: Buffer;
  signCount: number;
  backupEligible: boolean;
}

/** Verifies an assertion by the passkey that it names. */
export async function verifyAssertion(
  answer: AuthenticationResponse,
  kept: Kept,
  expected: Expected,
): Promise<AuthenticatorData | Refused> {
  const refused = judgeClient(answer, 'webauthn.get', expected);
  if (refused) return { refused };
  const said = judgeAuthenticatorData(bytesOf(answer.response.authenticatorData), expected.relyingParty.id);
  if (typeof said === 'string') return { refused: said };
  if (!(await isSigned(answer, kept, expected))) return { refused: 'signature' };
  // Held against what we keep, which is told to nobody but whoever holds the key. It never changes (6.1.3):
  if (said.backupEligible !== kept.backupEligible) return { refused: 'backup_flags' };
  return wentBack(kept.signCount, said.signCount) ? { refused: 'counter' } : said;
}

/** Judges an answer as far as the browser has written it. */
export function judgeClient(
  answer: RegistrationResponse | AuthenticationResponse,
  type: 'webauthn.create' | 'webauthn.get',
  expected: Expected,
): Refusal | undefined {
  // The id stands there twice (5.1).
  if (answer.id !== answer.rawId) return 'malformed';
  return judgeClientData(readClientData(answer.response.clientDataJSON), type, expected);
}

interface Attested {
  format: unknown;
  statement: unknown;
  /** Authenticator data, as they were signed. */
  data: Uint8Array;
  publicKey: Uint8Array;
  key: CoseKey;
}

/** Reads the attestation object of a credential (6.5) that has the id that the answer says. */
async function readAttestation(answer: RegistrationResponse): Promise<Attested | undefined> {
  const { decodeAttestationObject, decodeCredentialPublicKey, parseAuthenticatorData } = await library();
  try {
    const object = decodeAttestationObject(bytesOf(answer.response.attestationObject));
    const data = object.get('authData');
    const { credentialID, credentialPublicKey: publicKey } = parseAuthenticatorData(data);
    if (!publicKey || !credentialID || !isNamed(credentialID, answer)) return undefined;
    const key: unknown = decodeCredentialPublicKey(publicKey);
    if (!(key instanceof Map)) return undefined;
    return { format: object.get('fmt'), statement: object.get('attStmt'), data, publicKey, key };
  } catch {
    return undefined;
  }
}

/** Whether a credential has the id that the answer says, which is no longer than it may be (`shapes.ts`). */
const isNamed = (id: Uint8Array, answer: RegistrationResponse): boolean =>
  Buffer.from(id).toString('base64url') === answer.id;

/**
 * Whether no certificate vouches for a key. We ask for none (5.4.7), and nobody here would know whose to trust; so a
 * browser sends no statement, or one by the key itself, for its own algorithm (8.2). What reads certificates is left
 * out of the bundle.
 */
function isUncertified({ format, statement, key }: Attested): boolean {
  if (format === 'none') return true;
  if (format !== 'packed' || !(statement instanceof Map)) return false;
  return !statement.has('x5c') && statement.get('alg') === algorithmOf(key);
}

async function isAttested(answer: RegistrationResponse, expected: Expected): Promise<boolean> {
  const { verifyRegistrationResponse } = await library();
  const { clientDataJSON, attestationObject } = answer.response;
  try {
    const { verified } = await verifyRegistrationResponse({
      response: { ...credentialOf(answer), response: { clientDataJSON, attestationObject } },
      ...forLibrary(expected),
      supportedAlgorithmIDs: [...algorithms],
    });
    return verified;
  } catch {
    return false;
  }
}

async function isSigned(answer: AuthenticationResponse, kept: Kept, expected: Expected): Promise<boolean> {
  const { verifyAuthenticationResponse } = await library();
  const { clientDataJSON, authenticatorData, signature } = answer.response;
  try {
    const { verified } = await verifyAuthenticationResponse({
      response: { ...credentialOf(answer), response: { clientDataJSON, authenticatorData, signature } },
      ...forLibrary(expected),
      // Ours is judged behind the signature: before it, a counter is only what somebody says.
      credential: {
        id: kept.credentialId.toString('base64url'),
        publicKey: new Uint8Array(kept.publicKey),
        counter: 0,
      },
    });
    return verified;
  } catch {
    return false;
  }
}

const forLibrary = ({ relyingParty, challenge }: Expected) => ({
  expectedChallenge: challenge,
  expectedOrigin: relyingParty.origin,
  expectedRPID: relyingParty.id,
  requireUserVerification: true,
});

const transportWord = /^[a-z][a-z-]{0,31}$/;

const bytesOf = (base64url: string) => new Uint8Array(Buffer.from(base64url, 'base64url'));

const credentialOf = ({ id, rawId, type }: AuthenticationResponse | RegistrationResponse) => {
  return { id, rawId, type, clientExtensionResults: {} };
};
