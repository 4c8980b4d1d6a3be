import type { FastifyInstance } from 'fastify';
import * as z from 'zod';
import { isoTime } from '../clock.ts';
import type { Database } from '../database/database.ts';
import { route } from '../http/http.ts';
import { recoveryCodesLeft } from '../recovery-codes/recovery-codes.ts';
import { factorList, listFactors, type SignIn } from '../sign-in/sign-in.ts';

interface Parts {
  database: Database;
  signIn: SignIn;
}

/** Who I am and how my account is protected. */
export function meRoutes(app: FastifyInstance, parts: Parts): void {
  whoami(app);
  me(app, parts);
  recoveryCodes(app, parts);
}

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
      reply.type('application/json');
      // A string goes out as it is, so it must be JSON already.
      return JSON.stringify(session.name);
    },
  });
}

function me(app: FastifyInstance, { database, signIn }: Parts): void {
  const schema = z
    .object({
      id: z.string(),
      name: z.string(),
      roles: z.array(z.literal('administrator')),
      factors: factorList,
      recovery_codes_left: z.int().min(0).max(10),
      enrolling: z.literal(true).optional(),
      password_change: z.literal(true).optional(),
      session: z.object({
        id: z.string(),
        authenticated_at: z.iso.datetime(),
        expires_at: z.iso.datetime(),
        proved: z.array(z.enum(['password', 'otp', 'recovery_code', 'passkey'])),
      }),
    })
    .meta({
      id: 'Me',
      examples: [
        {
          id: 'hV3mZ0Yk7Qd1sW9xTb2e',
          name: 'user',
          roles: [],
          factors: [
            { type: 'password', proved: true },
            { type: 'otp', proved: true },
          ],
          recovery_codes_left: 10,
          session: {
            id: 'PtWic7zEEq7GMHkjZ2b8',
            authenticated_at: '2026-11-22T09:00:00.000Z',
            expires_at: '2026-11-23T09:00:00.000Z',
            proved: ['password', 'otp'],
          },
        },
      ],
    });
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
      return {
        id: session.userId,
        name: session.name,
        roles: session.administrator ? ['administrator'] : [],
        factors: listFactors({
          password: facts?.password !== undefined,
          authenticator: facts?.authenticator,
          passkeys: facts?.passkeys !== undefined,
        }),
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
