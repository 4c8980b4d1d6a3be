import * as z from 'zod';
import { isoTime } from '../clock.ts';
import { basicChallenge } from '../http/http.ts';
import type { Outcome } from './credentials.ts';

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

const refusal = { token: z.null() };

export const refusedWrong = z.object({ ...refusal, status: z.int().min(1).max(3) }).meta({
  id: 'SignInRefused',
  description: 'status: 1 otp_required · 2 wrong_otp · 3 wrong credentials',
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
    case 'signed in': {
      const marks = {
        ...(outcome.level === 'enrolling' && { enrolling: true }),
        ...(outcome.level === 'changing password' && { password_change: true }),
      };
      return {
        status: 200,
        headers: {},
        answer: { token: outcome.token, status: 0, expires_at: isoTime(outcome.expiresAt), ...marks },
      };
    }
    case 'otp required':
      return refuse(401, 1, otpChallenge);
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
