import type { FastifyInstance } from 'fastify';
import * as z from 'zod';
import { record } from '../audit/audit.ts';
import { encodeBase32 } from '../base32.ts';
import { type Clock, second } from '../clock.ts';
import type { Database } from '../database/database.ts';
import { Problem, route, type Session } from '../http/http.ts';
import type { Sessions } from '../sessions/sessions.ts';
import { codeDigits, period } from './code.ts';
import { otpauthUri } from './otpauth-uri.ts';
import { qrPng, qrSvg } from './qr.ts';
import { type Totp, whatToShow } from './totp.ts';

interface Parts {
  database: Database;
  clock: Clock;
  sessions: Sessions;
  totp: Totp;
  issuer: string;
}

const types = ['image/png', 'image/svg+xml', 'application/json'] as const;

const provisioning = z
  .object({
    secret: z.string(),
    uri: z.string(),
    issuer: z.string(),
    account: z.string(),
    algorithm: z.literal('SHA1'),
    digits: z.literal(codeDigits),
    period: z.literal(period / second),
  })
  .meta({
    id: 'Provisioning',
    description: 'What the QR code holds (for `Accept: application/json`).',
    examples: [
      {
        secret: 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ',
        uri: 'otpauth://totp/Countersign:user?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Countersign',
        issuer: 'Countersign',
        account: 'user',
        algorithm: 'SHA1',
        digits: codeDigits,
        period: period / second,
      },
    ],
  });

export function totpRoutes(app: FastifyInstance, parts: Parts): void {
  const { database, clock, sessions, totp, issuer } = parts;

  route(app, {
    method: 'GET',
    url: '/auth/otp/generate',
    access: 'fresh or enrolling',
    operationId: 'generateQrCode',
    summary: 'The QR code for an authenticator app: PNG, SVG or JSON by Accept',
    description:
      'A pending secret, which PUT /auth/otp/enable puts in force, or the one in force until a code has proved it.',
    tag: 'Second factor',
    answers: { 200: { description: 'The QR code', schema: provisioning, types } },
    problems: ['otp_already_confirmed', 'not_acceptable'],
    async handle({ session, request, reply }) {
      const type = takesAnything(request.headers.accept) ? types[0] : request.accepts().type([...types]);
      if (type === false)
        throw new Problem('not_acceptable', { detail: 'This answers image/png, image/svg+xml or application/json.' });
      const secret = await secretToShow(parts, session);
      const uri = otpauthUri({ issuer, account: session.name, secret });
      if (type === 'image/png') return reply.type(type).send(qrPng(uri));
      if (type === 'image/svg+xml') return reply.type(type).send(qrSvg(uri));
      const facts = { issuer, account: session.name, algorithm: 'SHA1', digits: codeDigits, period: period / second };
      return reply.send({ secret: encodeBase32(secret), uri, ...facts });
    },
  });

  route(app, {
    method: 'POST',
    url: '/auth/otp/replace',
    access: 'fresh',
    operationId: 'replaceAuthenticator',
    summary: 'Begin to change phones: a second, pending secret; the old one works until a code confirms the new one',
    tag: 'Second factor',
    answers: { 204: { description: 'Now fetch the QR code, and enable with a code of it' } },
    async handle({ session, client, reply }) {
      const { userId, id: sessionId } = session;
      await database.transaction(async (tx) => {
        const now = clock();
        await sessions.mustStand(tx, sessionId);
        const { bound, pending } = await totp.enrolment(tx, userId, sessionId, now);
        // Where there is nothing to replace, the secret is made when it is fetched: an unseen one must not come into force.
        if (pending || !bound) return;
        await totp.startPending(tx, userId, sessionId, now);
        await record(tx, now, { event: 'otp.replacement_started', userId, sessionId, address: client.address });
      });
      return reply.code(204).send();
    },
  });
}

/** Client libraries send `application/json, *\/*` with every request: whoever takes anything as gladly gets the picture. */
function takesAnything(accept = '*/*'): boolean {
  return /(?:^|,)\s*\*\/\*\s*(?:,|$)/.test(accept);
}

/** The secret that this session may see now; made if there is none. Throws the problem that says why it may see none. */
async function secretToShow({ database, clock, sessions, totp }: Parts, session: Session): Promise<Buffer> {
  const { userId, id: sessionId } = session;
  return database.transaction(async (tx) => {
    const now = clock();
    await sessions.mustStand(tx, sessionId);
    const showing = whatToShow(await totp.enrolment(tx, userId, sessionId, now), session);
    if (showing === 'already confirmed') throw new Problem('otp_already_confirmed');
    if (showing === 'not yours')
      throw new Problem('forbidden', {
        detail: 'Only the session that switched the second factor on may see its QR code.',
      });
    if (showing === 'new pending') await totp.startPending(tx, userId, sessionId, now);
    if (showing === 'bound') await totp.noteShown(tx, userId);
    const secret = await totp.secret(tx, showing === 'bound' ? { bound: userId } : { pendingOf: sessionId });
    if (!secret) throw new Error('the secret that was to be shown is gone');
    return secret;
  });
}
