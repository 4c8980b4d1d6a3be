import type { FastifyRequest } from 'fastify';
import { bearerChallenge, Problem } from './problems.ts';

/**
 * Who may call a route. Each route declares one of these levels; one that declares none stops the start.
 *
 * What a session may do is judged anew at every request (see `sign-in/current-session.ts`); here its level is only
 * compared with what the route asks.
 */
export type Access =
  | 'anyone'
  | 'enrolling'
  | 'signed in'
  | 'fresh'
  | 'fresh or enrolling'
  | 'fresh or changing password'
  | 'administrator';

/**
 * `enrolling`: a second factor is required and not there yet. `changing password`: the password has become the only
 * factor and is too short for that. `full`: everything that the account may do.
 */
export type Level = 'full' | 'enrolling' | 'changing password';

export type Proof = 'password' | 'otp' | 'recovery_code';

export interface Session {
  id: string;
  userId: string;
  name: string;
  administrator: boolean;
  level: Level;
  /** Within the last 10 minutes it proved what a sign-in now would demand. */
  fresh: boolean;
  proved: Proof[];
  authenticatedAt: number;
  expiresAt: number;
}

/** Answers the session of a token at `now`, or nothing when it is unknown, over, or its account is disabled. */
export type FindSession = (token: string, now: number) => Promise<Session | undefined>;

interface Demand {
  levels: readonly Level[];
  fresh: 'always' | 'for writes' | 'never';
  administrator?: true;
}

const demands: Record<Exclude<Access, 'anyone'>, Demand> = {
  enrolling: { levels: ['full', 'enrolling', 'changing password'], fresh: 'never' },
  'signed in': { levels: ['full'], fresh: 'never' },
  fresh: { levels: ['full'], fresh: 'always' },
  'fresh or enrolling': { levels: ['full', 'enrolling'], fresh: 'always' },
  'fresh or changing password': { levels: ['full', 'changing password'], fresh: 'always' },
  administrator: { levels: ['full'], fresh: 'for writes', administrator: true },
};

/** The session of a request that may go on; throws the problem that says why it may not. */
export async function authorize(
  request: FastifyRequest,
  access: Exclude<Access, 'anyone'>,
  findSession: FindSession,
  now: number,
): Promise<Session> {
  const token = bearerToken(request.headers.authorization);
  if (token === undefined) throw new Problem('unauthenticated', { headers: { 'www-authenticate': bearerChallenge() } });
  const session = await findSession(token, now);
  if (!session) throw new Problem('unauthenticated');

  const demand = demands[access];
  if (!demand.levels.includes(session.level)) throw new Problem('forbidden', { detail: whyLimited[session.level] });
  if (demand.administrator && !session.administrator) throw new Problem('forbidden');
  const writes = request.method !== 'GET' && request.method !== 'HEAD';
  const mustBeFresh = demand.fresh === 'always' || (demand.fresh === 'for writes' && writes);
  if (mustBeFresh && !session.fresh) {
    const again = { detail: 'Sign in again, then repeat this request with the new token.' };
    throw new Problem('reauthentication_required', session.level === 'full' ? {} : again);
  }
  return session;
}

const whyLimited: Record<Level, string> = {
  full: 'This session may do everything that its account may, but this is not for it.',
  enrolling:
    'This account must have a second factor first: GET /auth/otp/generate, then PUT /auth/otp/enable with a code of it. If it has one, sign in again with a code.',
  'changing password': 'The password is now the only factor and too short for that: PUT /auth/password first.',
};

// RFC 6750, 2.1. A malformed header counts as a wrong token.
function bearerToken(header: string | undefined): string | undefined {
  if (header === undefined || !/^bearer(\s|$)/i.test(header)) return undefined;
  return header.slice('bearer'.length).trim();
}
