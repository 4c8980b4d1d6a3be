import type { FastifyInstance } from 'fastify';
import * as z from 'zod';
import { record } from '../audit/audit.ts';
import { type Clock, isoTime } from '../clock.ts';
import type { Database } from '../database/database.ts';
import { Problem, route, type Session } from '../http/http.ts';
import { recoveryCodesLeft } from '../recovery-codes/recovery-codes.ts';
import type { Sessions, StoredSession } from '../sessions/sessions.ts';
import { mayRest, type SignIn } from '../sign-in/sign-in.ts';

interface Parts {
  database: Database;
  clock: Clock;
  sessions: Sessions;
  signIn: SignIn;
}

/** A person's own account over JSON: who I am, my sessions, my recovery codes. */
export function accountRoutes(app: FastifyInstance, parts: Parts): void {
  whoami(app);
  me(app, parts);
  recoveryCodes(app, parts);
  listSessions(app, parts);
  endSessions(app, parts);
}

const proof = z.enum(['password', 'otp', 'recovery_code']);

function whoami(app: FastifyInstance): void {
  route(app, {
    method: 'GET',
    url: '/whoami',
    access: 'signed in',
    operationId: 'whoami',
    summary: "The user's name as a JSON string; a program in front checks tokens here",
    tag: 'Account',
    answers: { 200: { description: 'The name', schema: z.string().meta({ examples: ['user'] }) } },
    async handle({ session, reply }) {
      // A string goes out as it is, so it must be JSON already.
      return reply.type('application/json').send(JSON.stringify(session.name));
    },
  });
}

function me(app: FastifyInstance, { database, signIn }: Parts): void {
  const schema = z
    .object({
      id: z.string(),
      name: z.string(),
      roles: z.array(z.literal('administrator')),
      factors: z.array(z.object({ type: z.enum(['password', 'otp']), proved: z.boolean() })),
      recovery_codes_left: z.int().min(0).max(10),
      enrolling: z.literal(true).optional(),
      password_change: z.literal(true).optional(),
      session: z.object({
        id: z.string(),
        authenticated_at: z.iso.datetime(),
        expires_at: z.iso.datetime(),
        proved: z.array(proof),
      }),
    })
    .meta({ id: 'Me' });
  route(app, {
    method: 'GET',
    url: '/me',
    access: 'enrolling',
    operationId: 'me',
    summary: 'My account, how it is protected, and this session',
    tag: 'Account',
    answers: { 200: { description: 'My account', schema } },
    async handle({ session }) {
      const facts = await signIn.readFacts(database.read, session.userId);
      const otp = facts?.authenticator ? [{ type: 'otp', proved: facts.authenticator.proved }] : [];
      return {
        id: session.userId,
        name: session.name,
        roles: session.administrator ? ['administrator'] : [],
        factors: [{ type: 'password', proved: true }, ...otp],
        recovery_codes_left: await recoveryCodesLeft(database.read, session.userId),
        ...(session.level === 'enrolling' && { enrolling: true }),
        ...(session.level === 'changing password' && { password_change: true }),
        session: {
          id: session.id,
          authenticated_at: isoTime(session.authenticatedAt),
          expires_at: isoTime(session.expiresAt),
          proved: session.proved,
        },
      };
    },
  });
}

function recoveryCodes(app: FastifyInstance, { database, signIn }: Parts): void {
  route(app, {
    method: 'GET',
    url: '/auth/recovery-codes',
    access: 'signed in',
    operationId: 'countRecoveryCodes',
    summary: 'How many recovery codes are left',
    tag: 'Second factor',
    answers: {
      200: {
        description: 'The count',
        schema: z.object({ left: z.int().min(0).max(10) }).meta({ examples: [{ left: 10 }] }),
      },
    },
    async handle({ session }) {
      return { left: await recoveryCodesLeft(database.read, session.userId) };
    },
  });
  route(app, {
    method: 'POST',
    url: '/auth/recovery-codes',
    access: 'fresh',
    operationId: 'renewRecoveryCodes',
    summary: 'A new set of recovery codes, shown this once; the old one is void',
    tag: 'Second factor',
    answers: {
      200: {
        description: 'Ten codes',
        schema: z
          .object({ recovery_codes: z.array(z.string()) })
          .meta({ examples: [{ recovery_codes: ['ABCD-EFGH-IJKL-MNOP-QRST-UVWX'] }] }),
      },
    },
    problems: ['second_factor_required'],
    async handle({ session, client }) {
      return { recovery_codes: await signIn.secondFactor.renewRecoveryCodes(session, client) };
    },
  });
}

function listSessions(app: FastifyInstance, { database, sessions, signIn }: Parts): void {
  const schema = z.object({
    id: z.string(),
    created_at: z.iso.datetime(),
    last_seen_at: z.iso.datetime(),
    expires_at: z.iso.datetime(),
    address: z.string(),
    user_agent: z.string(),
    proved: z.array(proof),
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
        schema: z.object({ sessions: z.array(schema).max(100) }).meta({ id: 'SessionList' }),
      },
    },
    async handle({ session, now }) {
      const facts = await signIn.readFacts(database.read, session.userId);
      const all = await sessions.list(
        database.read,
        session.userId,
        (each) => facts !== undefined && !mayRest(facts, each),
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
