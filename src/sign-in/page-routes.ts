import type { FastifyInstance, FastifyReply } from 'fastify';
import * as z from 'zod';
import { second } from '../clock.ts';
import {
  type Cookies,
  Problem,
  page,
  queryText,
  returnTo,
  seeOther,
  sendAgain,
  sendPage,
  waitWords,
  whose,
  withReturn,
} from '../http/http.ts';
import type { Site } from '../pages/pages.ts';
import type { Outcome } from './credentials.ts';
import type { Finished } from './half-sign-in.ts';
import type { SignedIn } from './issue.ts';
import { type Code, tooManyTries } from './judge.ts';
import { codePage, recoveryCodePage, signInPage, signOutPage } from './page.ts';
import type { SignIn } from './sign-in.ts';

interface Parts {
  signIn: SignIn;
  site: Site;
  /** Told each outcome, for the metrics. */
  count: (result: Outcome['result']) => void;
}

/** Any text up to this length is judged; what is longer is no code and no name. */
const short = z.string().max(256);

/** Signing in and out in a browser. */
export function signInPages(app: FastifyInstance, parts: Parts): void {
  passwordStep(app, parts);
  codeStep(app, parts, { url: '/sign-in/code', field: 'otp', render: codePage });
  codeStep(app, parts, { url: '/sign-in/recovery-code', field: 'recovery_code', render: recoveryCodePage });
  signOut(app, parts);
}

/** What a notice after a redirect says. */
const done = new Map([
  [
    'expired',
    'Please sign in again: more than five minutes have passed since your password, or it was another browser.',
  ],
  ['ended', 'Your session has ended. Please sign in again.'],
  ['signed-out', 'You are signed out.'],
]);

function passwordStep(app: FastifyInstance, { signIn, site, count }: Parts): void {
  const url = '/sign-in';
  page(app, {
    method: 'GET',
    url,
    access: 'anyone',
    query: z.looseObject({ return_to: returnTo.catch(undefined), done: queryText }),
    async handle({ query, reply }) {
      const shown = { site, returnTo: query.return_to, done: done.get(query.done ?? '') };
      return sendPage(reply, 200, signInPage(shown));
    },
  });
  page(app, {
    method: 'POST',
    url,
    access: 'anyone',
    body: z.strictObject({ username: short, password: z.string().max(4096), return_to: returnTo }),
    async handle({ body, client, cookies, reply }) {
      const { username: name, password, return_to: wanted } = body;
      const browser = { returnTo: wanted, replaces: cookies.session };
      const outcome = await signIn.withCredentials({ name, password, code: undefined }, client, browser);
      count(outcome.result);
      if (outcome.result === 'signed in') return welcome(reply, cookies, outcome, wanted);
      if (outcome.result === 'otp required' && outcome.half) {
        cookies.keep('half', outcome.half.token, outcome.half.expiresAt);
        return seeOther(reply, '/sign-in/code');
      }
      return sendAgain(reply, why(outcome, 'otp'), (error) => signInPage({ site, name, returnTo: wanted, error }));
    },
  });
}

function codeStep(
  app: FastifyInstance,
  { signIn, site, count }: Parts,
  step: { url: string; field: Code['kind']; render: typeof codePage },
): void {
  const { url, field, render } = step;
  page(app, {
    method: 'GET',
    url,
    access: 'half signed in',
    async handle({ half, reply }) {
      return sendPage(reply, 200, render({ site, name: half.name }));
    },
  });
  page(app, {
    method: 'POST',
    url,
    access: 'half signed in',
    body: z.strictObject({ [field]: z.string().max(128), username: whose.username }),
    async handle({ half, body, client, cookies, reply }) {
      const code = { kind: field, text: String(body[field]) };
      const outcome = await signIn.half.finish(half, code, client, cookies.session);
      count(outcome.result);
      if (outcome.result === 'signed in') {
        const onwards = field === 'recovery_code' ? '/account?done=recovery-code' : half.returnTo;
        return welcome(reply, cookies, outcome, onwards);
      }
      if (outcome.result !== 'wrong credentials')
        return sendAgain(reply, why(outcome, field), (error) => render({ site, name: half.name, error }));
      cookies.forget('half');
      return seeOther(reply, '/sign-in?done=expired');
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

/** The browser keeps the session and goes where it wanted to, or first to what the account lacks. */
function welcome(
  reply: FastifyReply,
  cookies: Cookies,
  { token, expiresAt, level, browser }: SignedIn,
  wanted: string | undefined,
): FastifyReply {
  cookies.keep('session', token, expiresAt);
  if (browser) cookies.keepBrowsers(browser.tokens, browser.expiresAt);
  if (level === 'changing password') return seeOther(reply, withReturn('/account/password', wanted));
  return seeOther(reply, level === 'full' ? (wanted ?? '/account') : withReturn('/account/authenticator', wanted));
}

/** Why there is no session, as the problem that the form is told. */
function why(outcome: Exclude<Finished, SignedIn>, kind: Code['kind']): Problem {
  switch (outcome.result) {
    case 'too many tries':
      return tooManyTries(outcome.refusal);
    case 'busy':
      return new Problem('busy', { retryAfter: outcome.retryAfter });
    case 'wrong otp':
      return new Problem('wrong_otp', { detail: wrongCode(outcome, kind) });
    default:
      return new Problem('wrong_password', { detail: 'Name and password do not match.' });
  }
}

function wrongCode({ used, behind }: { used: boolean; behind?: number | undefined }, kind: Code['kind']): string {
  if (kind === 'recovery_code') return 'That is not one of your recovery codes, or it was used already. Take another.';
  if (used) return 'That code was used already. Wait for the next one.';
  if (behind === undefined) return 'That code is not right. Take the one that is shown now.';
  return `That code is not right: the clock of your authenticator is about ${waitWords(behind / second)} behind. Let its device set the time by itself, then take the code that is shown.`;
}
