import type { FastifyReply, FastifyRequest } from 'fastify';
import { second } from '../clock.ts';

/**
 * The cookies of a browser: of its session, of a sign-in that still lacks the second factor, of a passkey that it may be
 * asked for, and of the accounts that know it. No script can read them, no other site's form or frame brings them, and
 * `__Host-` keeps other hosts and plain HTTP from setting them (RFC 6265bis, 4.1.3.2). Over plain HTTP on loopback the
 * prefix and `Secure` are left out: not every browser keeps them there.
 */
export interface Cookies {
  /** What the browser sent, if anything. */
  readonly session: string | undefined;
  readonly half: string | undefined;
  readonly ceremony: string | undefined;
  /** The tokens of the accounts that know this browser, at most four; none where the cookie is not one that we made. */
  readonly browserTokens: readonly string[];
  /** Has the browser keep a token until `expiresAt`. A session ends the half sign-in that led to it. */
  keep(kind: Single, token: string, expiresAt: number): void;
  /** Has the browser keep the first four of these tokens, by which accounts know it, until `expiresAt`. */
  keepBrowsers(tokens: readonly string[], expiresAt: number): void;
  /** Has the browser forget what it sent of a kind, if anything. */
  forget(kind: Single): void;
}

type Kind = 'session' | 'half' | 'ceremony' | 'browser';
/** Those that hold one token. */
type Single = Exclude<Kind, 'browser'>;

const names: Record<Kind, string> = {
  session: 'countersign',
  half: 'countersign-sign-in',
  ceremony: 'countersign-passkey',
  browser: 'countersign-browser',
};

/** People of one browser who each stay known in it; the next one takes the place of whoever signed in longest ago. */
const mostAccounts = 4;
const browserToken = /^csb_[\w-]{43}$/;

/** Reads the cookies of a request, and writes those of its answer. */
export type ReadCookies = (request: FastifyRequest, reply: FastifyReply, now: number) => Cookies;

export function cookieReader(https: boolean): ReadCookies {
  const nameOf = (kind: Kind): string => (https ? `__Host-${names[kind]}` : names[kind]);
  const own: Names = {
    session: nameOf('session'),
    half: nameOf('half'),
    ceremony: nameOf('ceremony'),
    browser: nameOf('browser'),
  };
  const attributes = { secure: https, httpOnly: true, sameSite: 'lax', path: '/' } as const;
  return (request, reply, now) => {
    const write: Write = (kind, value, expiresAt) => {
      const maxAge = Math.max(0, Math.ceil((expiresAt - now) / second));
      reply.setCookie(own[kind], value, { ...attributes, maxAge });
    };
    const { cookie } = request.headers;
    const sent = cookie ? sentIn(cookie, request.server.parseCookie(cookie), own) : nothing;
    const forget: Cookies['forget'] = (kind) => {
      if (sent[kind] !== undefined) write(kind, '', 0);
    };
    return {
      ...sent,
      keep(kind, token, expiresAt) {
        if (kind === 'session') forget('half');
        write(kind, token, expiresAt);
      },
      keepBrowsers: (tokens, expiresAt) => write('browser', tokens.slice(0, mostAccounts).join('.'), expiresAt),
      forget,
    };
  };
}

type Names = Readonly<Record<Kind, string>>;
type Write = (kind: Kind, value: string, expiresAt: number) => void;
type Sent = Pick<Cookies, Single | 'browserTokens'>;

/** What a program sends that keeps its token itself. */
const nothing: Sent = { session: undefined, half: undefined, ceremony: undefined, browserTokens: [] };

function sentIn(header: string, values: Readonly<Record<string, string | undefined>>, own: Names): Sent {
  const sent = (kind: Kind): string | undefined => {
    const name = own[kind];
    // Only one of two can be ours, and nobody knows which: another program of this machine may have planted it.
    const twice = header.split(';').filter((each) => each.trim().startsWith(`${name}=`)).length > 1;
    return twice ? undefined : values[name] || undefined;
  };
  return {
    session: sent('session'),
    half: sent('half'),
    ceremony: sent('ceremony'),
    browserTokens: readBrowserTokens(sent('browser')),
  };
}

function readBrowserTokens(value: string | undefined): string[] {
  const tokens = value?.split('.') ?? [];
  return tokens.length <= mostAccounts && tokens.every((each) => browserToken.test(each)) ? tokens : [];
}
