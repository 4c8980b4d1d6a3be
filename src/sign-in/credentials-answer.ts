import * as z from 'zod';
import { isoTime } from '../clock.ts';
import { basicChallenge } from '../http/http.ts';
import type { Method, Outcome } from './credentials.ts';
import type { SignedIn } from './issue.ts';

/** The bodies of `POST /auth/credentials`: the original's, with members that may follow. */
export const signedIn = z
  .object({
    token: z.string(),
    status: z.literal(0),
    expires_at: z.iso.datetime(),
    enrolling: z.literal(true).optional().meta({ description: 'A second factor must be set up before anything else.' }),
    password_change: z
      .literal(true)
      .optional()
      .meta({ description: 'The password must be changed before anything else.' }),
  })
  .meta({ id: 'SignedIn', examples: [{ token: 'csn_…', status: 0, expires_at: '2026-11-23T09:00:00.000Z' }] });

/** The two routes by which a program signs in with a passkey. */
export const passkeySignIn = { options: '/auth/passkeys/sign-in/options', verification: '/auth/passkeys/sign-in' };

const refusal = { token: z.null() };

const method = z.object({
  type: z.enum(['otp', 'passkey', 'recovery_code']),
  options: z.string().optional().meta({ description: 'Where a passkey sign-in begins.' }),
  verification: z.string().optional().meta({ description: 'Where it ends.' }),
});

export const refusedWrong = z
  .object({ ...refusal, status: z.int().min(1).max(3), methods: z.array(method).optional() })
  .meta({
    id: 'SignInRefused',
    description:
      'status: 1 otp_required · 2 wrong_otp · 3 wrong credentials. `methods` where the account has passkeys: what may stand for the second factor; a passkey signs in by itself.',
    examples: [{ token: null, status: 1 }],
  });

export const refusedTries = z
  .object({ ...refusal, status: z.literal(4), rebind: z.literal(true).optional() })
  .meta({ id: 'SignInTooManyTries', description: 'status: 4 too_many_tries', examples: [{ token: null, status: 4 }] });

export const refusedBusy = z
  .object({ ...refusal, status: z.literal(5) })
  .meta({ id: 'SignInBusy', description: 'status: 5 busy', examples: [{ token: null, status: 5 }] });

interface CredentialsAnswer {
  status: number;
  headers: Record<string, string>;
  answer: object;
}

/** The status, headers and body of an outcome. A missing or wrong code is not challenged with Basic, which browsers answer with a dialog. */
export function credentialsAnswer(outcome: Outcome): CredentialsAnswer {
  const refuse = (status: number, code: number, headers: Record<string, string>, more = {}): CredentialsAnswer => {
    return { status, headers, answer: { token: null, status: code, ...more } };
  };
  const otpChallenge = { 'www-authenticate': 'OTP realm="Countersign"' };
  switch (outcome.result) {
    case 'signed in':
      return { status: 200, headers: {}, answer: signedInBody(outcome) };
    case 'otp required':
      return refuse(401, 1, otpChallenge, outcome.methods && { methods: outcome.methods.map(described) });
    case 'wrong otp':
      return refuse(401, 2, otpChallenge);
    case 'wrong credentials':
      return refuse(401, 3, { 'www-authenticate': basicChallenge });
    case 'too many tries': {
      const { retryAfter } = outcome.refusal;
      return retryAfter === undefined
        ? refuse(429, 4, {}, { rebind: true })
        : refuse(429, 4, { 'retry-after': String(retryAfter) });
    }
    case 'busy':
      return refuse(503, 5, { 'retry-after': String(outcome.retryAfter) });
  }
}

/** What is answered to whoever has signed in, in whichever way. */
export function signedInBody({ token, expiresAt, level }: SignedIn): z.input<typeof signedIn> {
  return {
    ...{ token, status: 0, expires_at: isoTime(expiresAt) },
    ...(level === 'enrolling' && { enrolling: true }),
    ...(level === 'changing password' && { password_change: true }),
  };
}

/** How a program goes on with a method: what it sends with its next request, or where it begins another sign-in. */
function described(type: Method) {
  return type === 'passkey' ? { type, ...passkeySignIn } : { type };
}
