import type { FastifyRequest } from 'fastify';
import type { Cookies } from './cookies.ts';
import { bearerChallenge, Problem } from './problems.ts';
import { sameOrigin } from './same-origin.ts';

/**
 * Who may call a route. Each route declares one of these levels; one that declares none stops the start.
 *
 * What a session may do is judged anew at every request (see `sign-in/current-session.ts`); here its level is only
 * compared with what the route asks. A half sign-in is no session: one level is its own, and no other takes it.
 */
export type Access =
  | 'anyone'
  | 'half signed in'
  | 'enrolling'
  | 'signed in'
  | 'fresh'
  | 'fresh or enrolling'
  | 'fresh or changing password'
  | 'administrator'
  | 'administrator or service token';

/**
 * `enrolling`: a second factor is required and not there yet. `changing password`: the password has become the only
 * factor and is too short for that. `full`: everything that the account may do.
 */
export type Level = 'full' | 'enrolling' | 'changing password';

export type Proof = 'password' | 'otp' | 'recovery_code' | 'passkey';

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

/** A sign-in in a browser that has proved the password and nothing else. It opens the next step, and no more. */
export interface HalfSignIn {
  id: string;
  userId: string;
  name: string;
  /** What it may be finished with, besides a recovery code. */
  factors: readonly ('otp' | 'passkey')[];
  /** Where the person wanted to go: a checked local path. */
  returnTo: string | undefined;
  expiresAt: number;
}

/** A program that administers users who are no administrators. */
export interface ServiceToken {
  id: string;
  name: string;
}

/** Each answers what a token stands for at `now`, or nothing when it is unknown or over. */
export interface Lookups {
  /** Nothing also where the account is disabled. */
  findSession(token: string, now: number): Promise<Session | undefined>;
  findHalfSignIn(token: string, now: number): Promise<HalfSignIn | undefined>;
  findServiceToken(token: string, now: number): Promise<ServiceToken | undefined>;
}

/** Whoever sends a request: what of the three a route asks for. */
export interface Admitted {
  session?: Session;
  half?: HalfSignIn;
  serviceToken?: ServiceToken;
}

interface Demand {
  levels: readonly Level[];
  fresh: 'always' | 'for writes' | 'never';
  administrator?: true;
}

const administrator: Demand = { levels: ['full'], fresh: 'for writes', administrator: true };

const demands: Record<Exclude<Access, 'anyone' | 'half signed in'>, Demand> = {
  enrolling: { levels: ['full', 'enrolling', 'changing password'], fresh: 'never' },
  'signed in': { levels: ['full'], fresh: 'never' },
  fresh: { levels: ['full'], fresh: 'always' },
  'fresh or enrolling': { levels: ['full', 'enrolling'], fresh: 'always' },
  'fresh or changing password': { levels: ['full', 'changing password'], fresh: 'always' },
  administrator,
  'administrator or service token': administrator,
};

interface Given {
  access: Access;
  cookies: Cookies;
  origins: () => readonly string[];
  now: number;
}

/**
 * Finds out who sends a request, notes it for the handler and for the log, and throws the problem that says why it may
 * not go on.
 */
export async function authorize(request: FastifyRequest, given: Given, lookups: Lookups): Promise<void> {
  const { access, cookies, now } = given;
  if (access === 'anyone') return;
  if (access === 'half signed in') {
    const half = cookies.half === undefined ? undefined : await lookups.findHalfSignIn(cookies.half, now);
    if (!half) throw new Problem('unauthenticated');
    return note(request, { half });
  }
  const bearer = bearerToken(request.headers.authorization);
  if (bearer?.startsWith('css_')) return authorizeProgram(request, bearer, given, lookups);
  const session = await lookups.findSession(bearer ?? cookieToken(request, given), now);
  if (!session) throw new Problem('unauthenticated');
  note(request, { session });
  checkLevel(session, demands[access], !reads(request));
}

/** Before the level is checked, so that the log can say who was refused. */
function note(request: FastifyRequest, who: Admitted): void {
  Object.assign(request.caller, who);
}

/** A browser sends its cookie with whatever makes it, so a write must come from our own pages. */
function cookieToken(request: FastifyRequest, { cookies, origins }: Given): string {
  if (cookies.session === undefined)
    throw new Problem('unauthenticated', { headers: { 'www-authenticate': bearerChallenge() } });
  if (!reads(request) && !sameOrigin(request.headers, origins()))
    throw new Problem('forbidden', { detail: 'A request with a cookie can only be sent from our own pages.' });
  return cookies.session;
}

async function authorizeProgram(
  request: FastifyRequest,
  bearer: string,
  { access, now }: Given,
  lookups: Lookups,
): Promise<void> {
  const serviceToken = await lookups.findServiceToken(bearer, now);
  if (!serviceToken) throw new Problem('unauthenticated');
  note(request, { serviceToken });
  if (access !== 'administrator or service token')
    throw new Problem('forbidden', { detail: 'A service token opens /users, and nothing else.' });
}

function checkLevel(session: Session, demand: Demand, writes: boolean): void {
  const { level } = session;
  if (level !== 'full' && !demand.levels.includes(level))
    throw new Problem('forbidden', { detail: whyLimited[level], limited: level });
  if (demand.administrator && !session.administrator)
    throw new Problem('forbidden', { detail: `You are signed in as ${session.name}, who is no administrator.` });
  const mustBeFresh = demand.fresh === 'always' || (demand.fresh === 'for writes' && writes);
  if (mustBeFresh && !session.fresh) {
    if (level === 'full') throw new Problem('reauthentication_required');
    const detail = 'Sign in again, then repeat this request with the new token.';
    throw new Problem('reauthentication_required', { detail, limited: level });
  }
}

/** Whether a request only asks. */
export const reads = ({ method }: FastifyRequest): boolean => method === 'GET' || method === 'HEAD';

const whyLimited: Record<Exclude<Level, 'full'>, string> = {
  enrolling:
    'This account must have a second factor first: GET /auth/otp/generate, then PUT /auth/otp/enable with a code of it. If it has one, sign in again with a code.',
  'changing password': 'The password is now the only factor and too short for that: PUT /auth/password first.',
};

// RFC 6750, 2.1. A malformed header counts as a wrong token.
function bearerToken(header: string | undefined): string | undefined {
  if (header === undefined || !/^bearer(\s|$)/i.test(header)) return undefined;
  return header.slice('bearer'.length).trim();
}
