import type { FastifyInstance } from 'fastify';
import * as z from 'zod';
import { isoTime } from '../clock.ts';
import type { Database } from '../database/database.ts';
import { basicCredentials, Problem, route } from '../http/http.ts';
import type { Options } from '../options.ts';
import type { Site } from '../pages/pages.ts';
import { authenticationResponse, exampleAssertion } from '../passkeys/passkeys.ts';
import type { SignInResult } from './credentials.ts';
import { credentialsAnswer, refusedBusy, refusedTries, refusedWrong, signedIn } from './credentials-answer.ts';
import type { Code } from './judge.ts';
import { signInPages } from './page-routes.ts';
import { passkeySignInRoutes } from './passkey-routes.ts';
import { reauthenticatePages } from './reauthenticate-page-routes.ts';
import type { Standing } from './second-factor.ts';
import type { SignIn } from './sign-in.ts';

interface Parts {
  database: Database;
  signIn: SignIn;
  site: Site;
  otpInQuery: Options['otpInQuery'];
  /** Told each outcome, for the metrics. */
  count: (result: SignInResult) => void;
}

export function signInRoutes(app: FastifyInstance, parts: Parts): void {
  credentials(app, parts);
  reauthenticate(app, parts.signIn);
  secondFactor(app, parts.signIn);
  password(app, parts.signIn);
  passkeySignInRoutes(app, parts);
  signInPages(app, parts);
  reauthenticatePages(app, parts);
}

// Any string up to this many characters is judged, so that a code with spaces, or a wrong one, is never a 422.
const otp = z
  .string()
  .max(128)
  .meta({ description: 'The six digits that the authenticator app shows.', examples: ['123456'] });
const recoveryCode = z.string().max(128).meta({ description: 'One of the recovery codes; each works once.' });
const bothCodes = { message: 'Send one code: otp or recovery_code.' };
const oneCode = (body: { otp?: string | undefined; recovery_code?: string | undefined }): boolean =>
  !(body.otp && body.recovery_code);

function credentials(app: FastifyInstance, { signIn, otpInQuery, count }: Parts): void {
  route(app, {
    method: 'POST',
    url: '/auth/credentials',
    access: 'anyone',
    basic: true,
    operationId: 'signIn',
    summary: 'Sign in with name and password, and a code where one is demanded',
    description:
      'Send the code in the body. `?otp=` works too, but queries end in access logs. A code is ignored while the account has no second factor. Where it has passkeys, a refusal with status 1 names in `methods` what it would take, and the routes at which a passkey signs in by itself.',
    tag: 'Sign-in',
    accepts: ['application/json', 'application/x-www-form-urlencoded'],
    query: z.strictObject({ otp: otp.optional() }),
    body: z
      .strictObject({ otp: otp.optional(), recovery_code: recoveryCode.optional() })
      .refine(oneCode, bothCodes)
      .nullish()
      .meta({ examples: [{}, { otp: '123456' }, { recovery_code: 'ABCD-EFGH-IJKL-MNOP-QRST-UVWX' }] }),
    answers: {
      200: { description: 'Signed in', schema: signedIn },
      401: {
        description: 'Refused: status 1 (otp_required), 2 (wrong_otp) or 3 (wrong credentials)',
        schema: refusedWrong,
      },
      429: {
        description:
          'Too many tries: status 4, Retry-After in seconds; with `rebind` the authenticator is off for good',
        schema: refusedTries,
      },
      503: { description: 'The hash queue is full: status 5, Retry-After in seconds', schema: refusedBusy },
    },
    problems: ['unauthenticated'],
    async handle({ query, body, client, request, reply }) {
      const given = basicCredentials(request.headers.authorization);
      const code = codeSent(query, body ?? {}, otpInQuery);
      // Not by its cookies: another page of the same site could have a browser send guesses, and so use up its tries.
      const outcome = await signIn.withCredentials({ ...given, code }, { ...client, browserTokens: [] });
      count(outcome.result);
      const { status, headers, answer } = credentialsAnswer(outcome);
      return reply.code(status).headers(headers).send(answer);
    },
  });
}

interface Sent {
  otp?: string | undefined;
  recovery_code?: string | undefined;
}

/** The code of a request, wherever it was sent; an empty one is none. */
function codeSent(query: Sent, body: Sent, otpInQuery: Options['otpInQuery']): Code | undefined {
  if (query.otp !== undefined && otpInQuery === 'off') {
    throw new Problem('bad_request', { detail: 'This service takes codes in the body only: send {"otp":"…"}.' });
  }
  if (query.otp !== undefined && (body.otp !== undefined || body.recovery_code !== undefined)) {
    throw new Problem('bad_request', {
      detail: 'A code is sent twice: in the query and in the body. Send it in the body.',
    });
  }
  return codeOf({ otp: body.otp ?? query.otp, recovery_code: body.recovery_code });
}

function codeOf(sent: Sent): Code | undefined {
  if (sent.recovery_code) return { kind: 'recovery_code', text: sent.recovery_code };
  return sent.otp ? { kind: 'otp', text: sent.otp } : undefined;
}

const passwordOrPasskey = (body: { password?: unknown; passkey?: unknown; otp?: unknown; recovery_code?: unknown }) =>
  body.passkey === undefined
    ? body.password !== undefined
    : body.password === undefined && !body.otp && !body.recovery_code;

function reauthenticate(app: FastifyInstance, signIn: SignIn): void {
  const password = z.string().max(4096);
  route(app, {
    method: 'POST',
    url: '/auth/reauthenticate',
    access: 'signed in',
    operationId: 'reauthenticate',
    summary: 'Prove again that it is you; the session gets a new token, the old one is void',
    description:
      'Send the password, with a code where one is demanded; or a passkey alone, which is both: POST /auth/passkeys/reauthentication/options says what to ask it for.',
    tag: 'Sign-in',
    body: z
      .strictObject({
        password: password.optional(),
        otp: otp.optional(),
        recovery_code: recoveryCode.optional(),
        passkey: authenticationResponse.optional(),
      })
      .refine(oneCode, bothCodes)
      .refine(passwordOrPasskey, {
        message: 'Send the password, with a code where one is demanded, or a passkey alone.',
      })
      .meta({
        examples: [
          { password: 'four unrelated plain words' },
          { password: 'four unrelated plain words', otp: '123456' },
          { passkey: exampleAssertion },
        ],
      }),
    answers: {
      200: {
        description: 'The new token of the same session',
        schema: z
          .object({ token: z.string(), expires_at: z.iso.datetime() })
          .meta({ examples: [{ token: 'csn_…', expires_at: '2026-11-23T09:00:00.000Z' }] }),
      },
    },
    problems: ['wrong_password', 'wrong_otp', 'wrong_passkey', 'too_many_tries', 'busy'],
    async handle({ session, body, client }) {
      const { password = '', passkey } = body;
      const given = passkey ? { passkey } : { password, code: codeOf(body) };
      const token = await signIn.reauthenticate(session, given, client);
      return { token, expires_at: isoTime(session.expiresAt) };
    },
  });
}

const standing = z
  .object({
    otp_configured: z.boolean(),
    confirmed: z.boolean().meta({ description: 'A code of this secret has been right at least once.' }),
    qr_needed: z
      .boolean()
      .meta({ description: 'The secret has not been shown yet: fetch GET /auth/otp/generate and scan it.' }),
    recovery_codes: z.array(z.string()).optional().meta({ description: 'Ten codes, shown this once.' }),
  })
  .meta({
    id: 'SecondFactor',
    examples: [
      { otp_configured: true, confirmed: false, qr_needed: true, recovery_codes: ['ABCD-EFGH-IJKL-MNOP-QRST-UVWX'] },
    ],
  });

function secondFactor(app: FastifyInstance, { secondFactor }: SignIn): void {
  const describe = ({ configured, confirmed, qrNeeded, recoveryCodes }: Standing) => {
    const codes = recoveryCodes ? { recovery_codes: recoveryCodes } : {};
    return { otp_configured: configured, confirmed, qr_needed: qrNeeded, ...codes };
  };
  route(app, {
    method: 'PUT',
    url: '/auth/otp/enable',
    access: 'fresh or enrolling',
    operationId: 'enableSecondFactor',
    summary: 'Switch the second factor on or off',
    description:
      'On without `otp`: in force at once. On with `otp`: the code proves the waiting secret first, and a wrong one changes nothing. Either ends the other sessions.',
    tag: 'Second factor',
    body: z
      .strictObject({ enabled: z.boolean(), otp: otp.optional() })
      .refine(({ enabled, otp }) => enabled || otp === undefined, { message: 'Switching off takes no code.' })
      .meta({ examples: [{ enabled: true }] }),
    answers: { 200: { description: 'How the second factor stands now', schema: standing } },
    problems: ['wrong_otp', 'otp_already_confirmed', 'second_factor_required', 'last_way_in', 'too_many_tries'],
    async handle({ session, body, client }) {
      if (!body.enabled) return describe(await secondFactor.disable(session, client));
      if (body.otp === undefined) return describe(await secondFactor.enable(session, client));
      return describe(await secondFactor.enableWithCode(session, body.otp, client));
    },
  });
}

function password(app: FastifyInstance, signIn: SignIn): void {
  const text = z.string().max(4096);
  route(app, {
    method: 'PUT',
    url: '/auth/password',
    access: 'fresh or changing password',
    operationId: 'changePassword',
    summary: 'Change the password, or set the first one; the other sessions end',
    description:
      'An account without a password, which signs in with passkeys alone, sends `new` and no `current`. From then on its password needs a second factor beside it: a passkey, or a recovery code.',
    tag: 'Account',
    body: z
      .strictObject({ current: text.optional(), new: text })
      .meta({ examples: [{ current: 'the old one', new: 'four unrelated plain words' }] }),
    answers: { 204: { description: 'Changed' } },
    problems: ['wrong_password', 'weak_password', 'too_many_tries', 'busy'],
    async handle({ session, body, client, reply }) {
      await signIn.password.change(session, { current: body.current, new: body.new }, client);
      return reply.code(204).send();
    },
  });
}
