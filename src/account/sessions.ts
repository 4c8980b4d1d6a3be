import type { FastifyInstance } from 'fastify';
import * as z from 'zod';
import { record } from '../audit/audit.ts';
import { type Clock, isoTime } from '../clock.ts';
import type { Database } from '../database/database.ts';
import { Problem, route, type Session } from '../http/http.ts';
import type { Sessions, StoredSession } from '../sessions/sessions.ts';
import { idleLimitHolds, type SignIn } from '../sign-in/sign-in.ts';

interface Parts {
  database: Database;
  clock: Clock;
  sessions: Sessions;
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

function listSessions(app: FastifyInstance, { database, sessions, signIn }: Parts): void {
  const schema = z.object({
    id: z.string(),
    created_at: z.iso.datetime(),
    last_seen_at: z.iso.datetime(),
    expires_at: z.iso.datetime(),
    address: z.string(),
    user_agent: z.string(),
    proved: z.array(z.enum(['password', 'otp', 'recovery_code'])),
    current: z.boolean(),
  });
  const describe = (stored: StoredSession, current: Session) => ({
    id: stored.id,
    created_at: isoTime(stored.createdAt),
    last_seen_at: isoTime(stored.lastSeenAt),
    expires_at: isoTime(stored.expiresAt),
    address: stored.address,
    user_agent: stored.userAgent,
    proved: stored.secondFactor ? ['password', stored.secondFactor.kind] : ['password'],
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
      const facts = await signIn.readFacts(database.read, session.userId);
      const all = await sessions.list(
        database.read,
        session.userId,
        (each) => facts !== undefined && idleLimitHolds(facts, each),
        now,
      );
      return { sessions: all.map((each) => describe(each, session)) };
    },
  });
}

function endSessions(app: FastifyInstance, { database, clock, sessions }: Parts): void {
  route(app, {
    method: 'DELETE',
    url: '/auth/sessions',
    access: 'signed in',
    operationId: 'endOtherSessions',
    summary: 'Sign out everywhere else',
    tag: 'Sessions',
    answers: { 204: { description: 'All other sessions have ended' } },
    async handle({ session, client, reply }) {
      const { userId, id: sessionId } = session;
      await database.transaction(async (tx) => {
        await sessions.mustStand(tx, sessionId);
        const count = await sessions.endOthers(tx, userId, sessionId);
        await record(tx, clock(), {
          event: 'sessions.ended',
          userId,
          sessionId,
          address: client.address,
          detail: { count },
        });
      });
      return reply.code(204).send();
    },
  });

  const end = async (session: Session, id: string, address: string): Promise<void> => {
    const { userId, id: sessionId } = session;
    await database.transaction(async (tx) => {
      await sessions.mustStand(tx, sessionId);
      if (!(await sessions.end(tx, id, userId)))
        throw new Problem('not_found', { detail: 'You have no session of that id.' });
      await record(tx, clock(), { event: 'session.ended', userId, sessionId, address, detail: { ended: id } });
    });
  };
  route(app, {
    method: 'DELETE',
    url: '/auth/sessions/current',
    access: 'enrolling',
    operationId: 'signOut',
    summary: 'Sign out',
    tag: 'Sessions',
    answers: { 204: { description: 'This session has ended' } },
    problems: ['not_found'],
    async handle({ session, client, reply }) {
      await end(session, session.id, client.address);
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
      await end(session, params.id, client.address);
      return reply.code(204).send();
    },
  });
}
