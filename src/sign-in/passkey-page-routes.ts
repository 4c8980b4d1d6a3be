import type { FastifyInstance } from 'fastify';
import * as z from 'zod';
import { type HalfSignIn, page, returnTo, seeOther, sendAgain, sendPage, whose } from '../http/http.ts';
import type { Site } from '../pages/pages.ts';
import { authenticationResponse, inForm } from '../passkeys/passkeys.ts';
import type { SignInResult } from './credentials.ts';
import { type HalfForm, passkeyPage } from './page.ts';
import { beginAnew, leadBack, ledOn, welcome, why } from './page-outcomes.ts';
import { askBrowser } from './passkey-options.ts';
import type { SignIn } from './sign-in.ts';
import { offerSignIn } from './sign-in-form.ts';

interface Parts {
  signIn: SignIn;
  site: Site;
  /** Told each outcome, for the metrics. */
  count: (result: SignInResult) => void;
}

/** Signing in with a passkey in a browser: alone, and after the password. */
export function passkeyPages(app: FastifyInstance, parts: Parts): void {
  alone(app, parts);
  afterThePassword(app, parts);
}

const credential = inForm(authenticationResponse);

function alone(app: FastifyInstance, parts: Parts): void {
  const { signIn, count } = parts;
  const url = '/sign-in/passkey';
  leadBack(app, url, 'anyone', '/sign-in');
  page(app, {
    method: 'POST',
    url,
    access: 'anyone',
    body: z.strictObject({ credential, return_to: returnTo }),
    async handle({ body, client, cookies, now, reply }) {
      const { credential: answer, return_to: wanted } = body;
      const browser = { returnTo: wanted, replaces: cookies.session };
      // Without its cookie a browser was asked nothing: no challenge is bound to the empty text.
      const outcome = await signIn.withPasskey(answer, cookies.ceremony ?? '', client, browser);
      count(outcome.result);
      if (outcome.result === 'signed in') return welcome(reply, cookies, outcome, wanted);
      const isUnknown = outcome.result === 'wrong passkey' && outcome.reason === 'unknown_credential';
      const shown = { returnTo: wanted, refused: true, unknown: isUnknown ? answer.id : undefined } as const;
      return sendAgain(reply, why(outcome), (error) => offerSignIn(parts, { cookies, now }, { ...shown, error }));
    },
  });
  page(app, {
    method: 'POST',
    url: `${url}/options`,
    access: 'anyone',
    async handle({ cookies, now, reply }) {
      const options = await askBrowser(signIn.passkeyOptions, { cookies, now });
      return reply.type('application/json; charset=utf-8').send(JSON.stringify(options));
    },
  });
}

function afterThePassword(app: FastifyInstance, { signIn, site, count }: Parts): void {
  const url = '/sign-in/second-passkey';
  const form = async (half: HalfSignIn, error?: HalfForm['error']): Promise<string> => {
    const options = await signIn.passkeyOptions.secondFactor(half);
    const origin = signIn.passkeyOptions.origin();
    return passkeyPage({ site, half, options, origin, ...(error && { error }) });
  };
  page(app, {
    method: 'GET',
    url,
    access: 'half signed in',
    async handle({ half, reply }) {
      const elsewhere = ledOn(half, 'passkey');
      return elsewhere ? seeOther(reply, elsewhere) : sendPage(reply, 200, await form(half));
    },
  });
  page(app, {
    method: 'POST',
    url,
    access: 'half signed in',
    body: z.strictObject({ credential, username: whose.username }),
    async handle({ half, body, client, cookies, reply }) {
      const elsewhere = ledOn(half, 'passkey');
      if (elsewhere) return seeOther(reply, elsewhere);
      const outcome = await signIn.half.finishWithPasskey(half, body.credential, client, cookies.session);
      count(outcome.result);
      if (outcome.result === 'signed in') return welcome(reply, cookies, outcome, half.returnTo);
      if (outcome.result === 'wrong credentials') return beginAnew(reply, cookies);
      return sendAgain(reply, why(outcome), (error) => form(half, error));
    },
  });
}
