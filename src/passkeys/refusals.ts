import { Problem } from '../http/http.ts';
import type { Refusal } from './answer.ts';

/** What each refusal says to a person, and what to do about it. */
export const refusals: Record<Refusal, string> = {
  malformed: 'What the passkey answered cannot be read. Try again.',
  type: 'That is the answer to another question. Try again.',
  challenge: 'This took more than five minutes, or was answered already. Try again.',
  origin:
    'Another page than one of this service asked for the passkey. Open this service by its own address and try again.',
  cross_origin:
    'A page of somebody else asked for the passkey from within itself. Open this service in a tab of its own and try again.',
  rp_id: 'That passkey is for another service. Try again with one for this service.',
  user_presence: 'The device says that nobody was there. Try again.',
  user_verification: 'The device has not verified you: use its fingerprint, face or screen lock.',
  backup_flags:
    'What the device says about backups of this passkey contradicts itself. Use another device, or another way.',
  algorithm: 'This service does not take keys of that kind. Use another device.',
  attestation: 'What the device says about the new passkey does not verify. Try again, or use another device.',
  signature: 'That passkey does not sign in here. Use another one, or another way.',
  counter:
    'That passkey may have been copied: its counter went back. Sign in another way, remove it and add a new one.',
  // The same words as for a wrong signature: `reason` alone tells that nobody has it (docs/decisions/0029).
  unknown_credential: 'That passkey does not sign in here. Use another one, or another way.',
};

/** Why a sign-in with a passkey came to nothing. */
export function passkeyRefused(reason: Refusal): Problem {
  return new Problem('passkey_refused', { detail: refusals[reason], members: { reason } });
}

/** Why an answer was not taken that a session has sent. */
export function wrongPasskey(reason: Refusal): Problem {
  return new Problem('wrong_passkey', { detail: refusals[reason], members: { reason } });
}
