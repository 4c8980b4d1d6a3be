import type { FastifyInstance } from 'fastify';
import * as z from 'zod';
import type { Audit } from '../audit/audit.ts';
import { type Clock, isoTime } from '../clock.ts';
import type { Database } from '../database/database.ts';
import { route, type Session } from '../http/http.ts';
import type { Browsers, Sessions, StoredSession } from '../sessions/sessions.ts';
import { proofsOf, type SignIn } from '../sign-in/sign-in.ts';
import { createOwnSessions } from './own-sessions.ts';

interface Parts {
  audit: Audit;
  database: Database;
  clock: Clock;
  sessions: Sessions;
  browsers: Browsers;
  signIn: SignIn;
}

/** Where I am signed in, and signing out here or there. */
export function sessionRoutes(app: FastifyInstance, parts: Parts): void {
  listSessions(app, parts);
  endSessions(app, parts);
}

const example = {
  id: 'PtWic7zEEq7GMHkjZ2b8',
  created_at: '2026-11-22T09:00:00.000Z',
  last_seen_at: '2026-11-22T09:30:00.000Z',
  expires_at: '2026-11-23T09:00:00.000Z',
  address: '192.0.2.7',
  user_agent: 'curl/8.9.1',
  proved: ['password', 'otp'],
  current: true,
};

function listSessions(app: FastifyInstance, { database, signIn }: Parts): void {
  const schema = z.object({
    id: z.string(),
    created_at: z.iso.datetime(),
    last_seen_at: z.iso.datetime(),
    expires_at: z.iso.datetime(),
    address: z.string(),
    user_agent: z.string(),
    proved: z.array(z.enum(['password', 'otp', 'recovery_code', 'passkey'])),
    current: z.boolean(),
  });
  const describe = (stored: StoredSession, current: Session) => ({
    id: stored.id,
    created_at: isoTime(stored.createdAt),
    last_seen_at: isoTime(stored.lastSeenAt),
    expires_at: isoTime(stored.expiresAt),
    address: stored.address,
    user_agent: stored.userAgent,
    proved: proofsOf(stored),
    current: stored.id === current.id,
  });
  route(app, {
    method: 'GET',
    url: '/auth/sessions',
    access: 'signed in',
    operationId: 'listSessions',
    summary: 'Where I am signed in',
    tag: 'Sessions',
    answers: {
      200: {
        description: 'Newest first; at most 100',
        schema: z
          .object({ sessions: z.array(schema).max(100) })
          .meta({ id: 'SessionList', examples: [{ sessions: [example] }] }),
      },
    },
    async handle({ session, now }) {
      const all = await signIn.listSessions(database.read, session.userId, now);
      return { sessions: all.map((each) => describe(each, session)) };
    },
  });
}

function endSessions(app: FastifyInstance, parts: Parts): void {
  const own = createOwnSessions(parts);
  route(app, {
    method: 'DELETE',
    url: '/auth/sessions',
    access: 'signed in',
    operationId: 'endOtherSessions',
    summary: 'Sign out everywhere else; other browsers that have signed in before are forgotten',
    tag: 'Sessions',
    answers: { 204: { description: 'All other sessions have ended, and other browsers are forgotten' } },
    async handle({ session, client, reply }) {
      await own.endOthers(session, client);
      return reply.code(204).send();
    },
  });

  route(app, {
    method: 'DELETE',
    url: '/auth/sessions/current',
    access: 'enrolling',
    operationId: 'signOut',
    summary: 'Sign out',
    tag: 'Sessions',
    answers: { 204: { description: 'This session has ended' } },
    async handle({ session, client, reply }) {
      await own.end(session, session.id, client);
      return reply.code(204).send();
    },
  });
  route(app, {
    method: 'DELETE',
    url: '/auth/sessions/:id',
    access: 'signed in',
    operationId: 'endSession',
    summary: 'End one of my sessions',
    tag: 'Sessions',
    params: z.strictObject({ id: z.string().max(64) }),
    answers: { 204: { description: 'That session has ended' } },
    problems: ['not_found'],
    async handle({ session, params, client, reply }) {
      await own.end(session, params.id, client);
      return reply.code(204).send();
    },
  });
}
