import type { FastifyInstance, FastifyReply } from 'fastify';
import { second } from '../clock.ts';
import { type Cookies, type HalfSignIn, Problem, page, seeOther, waitWords, withReturn } from '../http/http.ts';
import { passkeyRefused } from '../passkeys/passkeys.ts';
import type { Finished } from './half-sign-in.ts';
import type { SignedIn } from './issue.ts';
import { type Code, tooManyTries } from './judge.ts';
import type { WrongPasskey } from './judged.ts';

/** The browser keeps the session and goes where it wanted to, or first to what the account lacks. */
export function welcome(
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

/** The half sign-in is over, or was another's: it begins anew. */
export function beginAnew(reply: FastifyReply, cookies: Cookies): FastifyReply {
  cookies.forget('half');
  return seeOther(reply, '/sign-in?done=expired');
}

/** Where a half sign-in goes on that lacks the factor of a step: with the other one, which is there in its place. */
export function ledOn({ factors }: HalfSignIn, step: 'otp' | 'passkey'): string | undefined {
  if (factors.includes(step)) return undefined;
  return step === 'otp' ? '/sign-in/second-passkey' : '/sign-in/code';
}

/** What is answered at the address of a form is an answer to it: asked for again, it is the page on which that stands. */
export function leadBack(app: FastifyInstance, url: string, access: 'anyone' | 'signed in', to: string): void {
  page(app, {
    method: 'GET',
    url,
    access,
    async handle({ reply }) {
      return seeOther(reply, to);
    },
  });
}

/** Why there is no session, as the problem that the form is told. */
export function why(outcome: Exclude<Finished, SignedIn> | WrongPasskey, kind: Code['kind'] = 'otp'): Problem {
  switch (outcome.result) {
    case 'too many tries':
      return tooManyTries(outcome.refusal);
    case 'busy':
      return new Problem('busy', { retryAfter: outcome.retryAfter });
    case 'wrong otp':
      return new Problem('wrong_otp', { detail: wrongCode(outcome, kind) });
    case 'wrong passkey':
      return passkeyRefused(outcome.reason);
    default:
      return new Problem('wrong_password', { detail: 'Name and password do not match.' });
  }
}

export const wrongRecoveryCode = 'That is not one of your recovery codes, or it was used already. Take another.';

function wrongCode({ used, behind }: { used: boolean; behind?: number | undefined }, kind: Code['kind']): string {
  if (kind === 'recovery_code') return wrongRecoveryCode;
  if (used) return 'That code was used already. Wait for the next one.';
  if (behind === undefined) return 'That code is not right. Take the one that is shown now.';
  return `That code is not right: the clock of your authenticator is about ${waitWords(behind / second)} behind. Let its device set the time by itself, then take the code that is shown.`;
}
