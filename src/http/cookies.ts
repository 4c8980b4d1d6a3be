import type { FastifyReply, FastifyRequest } from 'fastify';
import { second } from '../clock.ts';

/**
 * The cookies of a browser: of its session, of a sign-in that still lacks the code, and of the accounts that know it. No
 * script can read them, no other site's form or frame brings them, and `__Host-` keeps other hosts and plain HTTP from
 * setting them (RFC 6265bis, 4.1.3.2). Over plain HTTP on loopback the prefix and `Secure` are left out: not every
 * browser keeps them there.
 */
export interface Cookies {
  /** What the browser sent, if anything. */
  readonly session: string | undefined;
  readonly half: string | undefined;
  /** The tokens of the accounts that know this browser, at most four; none where the cookie is not one that we made. */
  readonly browserTokens: readonly string[];
  /** Has the browser keep a token until `expiresAt`. A session ends the half sign-in that led to it. */
  keep(kind: 'session' | 'half', token: string, expiresAt: number): void;
  /** Has the browser keep the first four of these tokens, by which accounts know it, until `expiresAt`. */
  keepBrowsers(tokens: readonly string[], expiresAt: number): void;
  /** Has the browser forget what it sent of a kind, if anything. */
  forget(kind: 'session' | 'half'): void;
}

type Kind = 'session' | 'half' | 'browser';

const names: Record<Kind, string> = {
  session: 'countersign',
  half: 'countersign-sign-in',
  browser: 'countersign-browser',
};

/** People of one browser who each stay known in it; the next one takes the place of whoever signed in longest ago. */
const mostAccounts = 4;
const browserToken = /^csb_[\w-]{43}$/;

/** The cookies of one request and its answer. */
export function cookiesOf(
  request: FastifyRequest,
  reply: FastifyReply,
  given: { https: boolean; now: number },
): Cookies {
  const { https, now } = given;
  const nameOf = (kind: Kind): string => (https ? `__Host-${names[kind]}` : names[kind]);
  const attributes = { secure: https, httpOnly: true, sameSite: 'lax', path: '/' } as const;
  const sent = (kind: Kind): string | undefined => {
    const name = nameOf(kind);
    // Only one of two can be ours, and nobody knows which: another program of this machine may have planted it.
    const twice =
      (request.headers.cookie ?? '').split(';').filter((each) => each.trim().startsWith(`${name}=`)).length > 1;
    return twice ? undefined : request.cookies[name] || undefined;
  };
  const set = (kind: Kind, value: string, expiresAt: number): void => {
    const maxAge = Math.max(0, Math.ceil((expiresAt - now) / second));
    reply.setCookie(nameOf(kind), value, { ...attributes, maxAge });
  };
  const forget = (kind: Kind): void => {
    if (sent(kind) !== undefined) set(kind, '', now);
  };
  return {
    session: sent('session'),
    half: sent('half'),
    browserTokens: readBrowserTokens(sent('browser')),
    keep(kind, token, expiresAt) {
      if (kind === 'session') forget('half');
      set(kind, token, expiresAt);
    },
    keepBrowsers(tokens, expiresAt) {
      set('browser', tokens.slice(0, mostAccounts).join('.'), expiresAt);
    },
    forget,
  };
}

function readBrowserTokens(value: string | undefined): string[] {
  const tokens = value?.split('.') ?? [];
  return tokens.length <= mostAccounts && tokens.every((each) => browserToken.test(each)) ? tokens : [];
}
