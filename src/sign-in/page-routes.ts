import type { FastifyInstance } from 'fastify';
import * as z from 'zod';
import { type HalfSignIn, page, queryText, returnTo, seeOther, sendAgain, sendPage, whose } from '../http/http.ts';
import type { Site } from '../pages/pages.ts';
import type { SignInResult } from './credentials.ts';
import type { Code } from './judge.ts';
import { codePage, recoveryCodePage, signOutPage } from './page.ts';
import { beginAnew, ledOn, welcome, why } from './page-outcomes.ts';
import { passkeyPages } from './passkey-page-routes.ts';
import type { SignIn } from './sign-in.ts';
import { offerSignIn } from './sign-in-form.ts';

interface Parts {
  signIn: SignIn;
  site: Site;
  /** Told each outcome, for the metrics. */
  count: (result: SignInResult) => void;
}

/** Any text up to this length is judged; what is longer is no code and no name. */
const short = z.string().max(256);

/** Signing in and out in a browser. */
export function signInPages(app: FastifyInstance, parts: Parts): void {
  passwordStep(app, parts);
  passkeyPages(app, parts);
  codeStep(app, parts, { url: '/sign-in/code', field: 'otp', render: codePage });
  codeStep(app, parts, { url: '/sign-in/recovery-code', field: 'recovery_code', render: recoveryCodePage });
  signOut(app, parts);
}

/** What a notice after a redirect says. */
const done = new Map([
  ['passkey-set', 'Now sign in with your passkey.'],
  [
    'expired',
    'Please sign in again: more than five minutes have passed since your password, or it was another browser.',
  ],
  ['ended', 'Your session has ended. Please sign in again.'],
  ['signed-out', 'You are signed out.'],
]);

function passwordStep(app: FastifyInstance, parts: Parts): void {
  const { signIn, count } = parts;
  const url = '/sign-in';
  page(app, {
    method: 'GET',
    url,
    access: 'anyone',
    query: z.looseObject({ return_to: returnTo.catch(undefined), done: queryText }),
    async handle({ query, cookies, now, reply }) {
      const shown = { returnTo: query.return_to, done: done.get(query.done ?? '') };
      return sendPage(reply, 200, await offerSignIn(parts, { cookies, now }, shown));
    },
  });
  page(app, {
    method: 'POST',
    url,
    access: 'anyone',
    body: z.strictObject({ username: short, password: z.string().max(4096), return_to: returnTo }),
    async handle({ body, client, cookies, now, reply }) {
      const { username: name, password, return_to: wanted } = body;
      const browser = { returnTo: wanted, replaces: cookies.session };
      const outcome = await signIn.withCredentials({ name, password, code: undefined }, client, browser);
      count(outcome.result);
      if (outcome.result === 'signed in') return welcome(reply, cookies, outcome, wanted);
      if (outcome.result === 'otp required' && outcome.half) {
        cookies.keep('half', outcome.half.token, outcome.half.expiresAt);
        return seeOther(reply, '/sign-in/code');
      }
      return sendAgain(reply, why(outcome), (error) =>
        offerSignIn(parts, { cookies, now }, { name, returnTo: wanted, error }),
      );
    },
  });
}

function codeStep(
  app: FastifyInstance,
  { signIn, site, count }: Parts,
  step: { url: string; field: Code['kind']; render: typeof codePage },
): void {
  const { url, field, render } = step;
  const leadsOn = (half: HalfSignIn) => (field === 'otp' ? ledOn(half, field) : undefined);
  page(app, {
    method: 'GET',
    url,
    access: 'half signed in',
    async handle({ half, reply }) {
      const elsewhere = leadsOn(half);
      if (elsewhere) return seeOther(reply, elsewhere);
      return sendPage(reply, 200, render({ site, half }));
    },
  });
  page(app, {
    method: 'POST',
    url,
    access: 'half signed in',
    body: z.strictObject({ [field]: z.string().max(128), username: whose.username }),
    async handle({ half, body, client, cookies, reply }) {
      const elsewhere = leadsOn(half);
      if (elsewhere) return seeOther(reply, elsewhere);
      const code = { kind: field, text: String(body[field]) };
      const outcome = await signIn.half.finish(half, code, client, cookies.session);
      count(outcome.result);
      if (outcome.result === 'signed in') {
        const onwards = field === 'recovery_code' ? '/account?done=recovery-code' : half.returnTo;
        return welcome(reply, cookies, outcome, onwards);
      }
      if (outcome.result === 'wrong credentials') return beginAnew(reply, cookies);
      return sendAgain(reply, why(outcome, field), (error) => render({ site, half, error }));
    },
  });
}

function signOut(app: FastifyInstance, { signIn, site }: Parts): void {
  const url = '/sign-out';
  page(app, {
    method: 'GET',
    url,
    access: 'anyone',
    async handle({ reply }) {
      return sendPage(reply, 200, signOutPage({ site }));
    },
  });
  page(app, {
    method: 'POST',
    url,
    access: 'anyone',
    async handle({ client, cookies, reply }) {
      await signIn.signOut(cookies, client);
      cookies.forget('session');
      cookies.forget('half');
      return seeOther(reply, '/sign-in?done=signed-out');
    },
  });
}
