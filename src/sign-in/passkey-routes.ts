import type { FastifyInstance } from 'fastify';
import * as z from 'zod';
import { Problem, route } from '../http/http.ts';
import {
  authenticationResponse,
  exampleAssertion,
  exampleRequestOptions,
  passkeyRefused,
  requestOptionsSchema,
} from '../passkeys/passkeys.ts';
import type { SignInResult } from './credentials.ts';
import { passkeySignIn, signedIn, signedInBody } from './credentials-answer.ts';
import { tooManyTries } from './judge.ts';
import type { SignIn } from './sign-in.ts';

interface Parts {
  signIn: SignIn;
  /** Told each outcome, for the metrics. */
  count: (result: SignInResult) => void;
}

const tag = 'Passkeys';
const ceremony = z
  .string()
  .max(64)
  .meta({ description: 'As it came with the options: a secret of whoever asked for them.', examples: ['csc_…'] });

/** Signing in, and proving again, with a passkey, for programs. */
export function passkeySignInRoutes(app: FastifyInstance, { signIn, count }: Parts): void {
  route(app, {
    method: 'POST',
    url: passkeySignIn.options,
    access: 'anyone',
    operationId: 'beginPasskeySignIn',
    summary: 'What to ask a browser or device for, to sign in with a passkey',
    description:
      'Give `options` to `PublicKeyCredential.parseRequestOptionsFromJSON()`, and its answer with `ceremony` to POST /auth/passkeys/sign-in within five minutes. Nobody has to be named: the passkey says whose it is. `forbidden` also where this service is reached by an IP address: there are no passkeys for those.',
    tag,
    answers: {
      200: {
        description: 'What to ask for, and what to send with the answer',
        schema: z
          .object({ ceremony, options: requestOptionsSchema })
          .meta({ id: 'PasskeySignInOptions', examples: [{ ceremony: 'csc_…', options: exampleRequestOptions }] }),
      },
    },
    async handle() {
      return signIn.passkeyOptions.signIn();
    },
  });

  route(app, {
    method: 'POST',
    url: passkeySignIn.verification,
    access: 'anyone',
    operationId: 'signInWithPasskey',
    summary: 'Sign in with a passkey, which stands for both factors',
    description:
      'Send what `navigator.credentials.get()` has answered, by its `toJSON()`. An answer is judged once: after a refusal ask for new options.',
    tag,
    body: z
      .strictObject({ ceremony, credential: authenticationResponse })
      .meta({ examples: [{ ceremony: 'csc_…', credential: exampleAssertion }] }),
    answers: { 200: { description: 'Signed in', schema: signedIn } },
    problems: ['passkey_refused', 'too_many_tries'],
    async handle({ body, client }) {
      // Not by its cookies, as where a password is sent.
      const from = { ...client, browserTokens: [] };
      const outcome = await signIn.withPasskey(body.credential, body.ceremony, from);
      count(outcome.result);
      if (outcome.result === 'wrong passkey') throw passkeyRefused(outcome.reason);
      if (outcome.result === 'too many tries') throw tooManyTries(outcome.refusal);
      return signedInBody(outcome);
    },
  });

  route(app, {
    method: 'POST',
    url: '/auth/passkeys/reauthentication/options',
    access: 'signed in',
    operationId: 'beginPasskeyReauthentication',
    summary: 'What to ask a browser or device for, to prove again that it is you',
    description:
      'Ask `navigator.credentials.get()` for what `PublicKeyCredential.parseRequestOptionsFromJSON()` makes of `options`, and send what it answers, by its `toJSON()`, to POST /auth/reauthenticate as `passkey`. `not_found` where the account has no passkey that could answer here.',
    tag,
    answers: {
      200: {
        description: 'What to ask for',
        schema: z
          .object({ options: requestOptionsSchema })
          .meta({ id: 'PasskeyReauthenticationOptions', examples: [{ options: exampleRequestOptions }] }),
      },
    },
    problems: ['not_found'],
    async handle({ session }) {
      const options = await signIn.passkeyOptions.reauthentication(session);
      if (!options)
        throw new Problem('not_found', {
          detail: 'This account has no passkey that could answer here: send the password to POST /auth/reauthenticate.',
        });
      return { options };
    },
  });
}
