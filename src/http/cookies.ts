import type { FastifyReply, FastifyRequest } from 'fastify';
import { second } from '../clock.ts';

/**
 * The two cookies of a browser: of its session, and of a sign-in that still lacks the code. No script can read them, no
 * other site's form or frame brings them, and `__Host-` keeps other hosts and plain HTTP from setting them (RFC 6265bis,
 * 4.1.3.2). Over plain HTTP on loopback the prefix and `Secure` are left out: not every browser keeps them there.
 */
export interface Cookies {
  /** What the browser sent, if anything. */
  readonly session: string | undefined;
  readonly half: string | undefined;
  /** Has the browser keep a token until `expiresAt`. A session ends the half sign-in that led to it. */
  keep(kind: Kind, token: string, expiresAt: number): void;
  /** Has the browser forget what it sent of a kind, if anything. */
  forget(kind: Kind): void;
}

type Kind = 'session' | 'half';

const names: Record<Kind, string> = { session: 'countersign', half: 'countersign-sign-in' };

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
  const forget = (kind: Kind): void => {
    if (sent(kind) !== undefined) reply.setCookie(nameOf(kind), '', { ...attributes, maxAge: 0 });
  };
  return {
    session: sent('session'),
    half: sent('half'),
    keep(kind, token, expiresAt) {
      if (kind === 'session') forget('half');
      const maxAge = Math.max(0, Math.ceil((expiresAt - now) / second));
      reply.setCookie(nameOf(kind), token, { ...attributes, maxAge });
    },
    forget,
  };
}
