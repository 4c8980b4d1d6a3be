import type { FastifyInstance } from 'fastify';
import * as z from 'zod';
import { encodeBase32 } from '../base32.ts';
import { second } from '../clock.ts';
import { bestType, type Client, Problem, route, type Session } from '../http/http.ts';
import { codeDigits, period } from './code.ts';
import { otpauthUri } from './otpauth-uri.ts';
import { qrPng, qrSvg } from './qr.ts';

interface Parts {
  /** The secret that a session may see now, and beginning to replace one; a floor above, where sessions are judged. */
  provision: (session: Session) => Promise<Buffer>;
  startReplacing: (session: Session, client: Client) => Promise<void>;
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

export function totpRoutes(app: FastifyInstance, { provision, startReplacing, issuer }: Parts): void {
  route(app, {
    method: 'GET',
    url: '/auth/otp/generate',
    head: false,
    access: 'fresh or enrolling',
    operationId: 'generateQrCode',
    summary: 'The QR code for an authenticator app: PNG, SVG or JSON by Accept',
    description:
      'A pending secret, which PUT /auth/otp/enable puts in force, or the one in force until a code has proved it.',
    tag: 'Second factor',
    answers: { 200: { description: 'The QR code', schema: provisioning, types } },
    problems: ['otp_already_confirmed', 'not_acceptable'],
    async handle({ session, request, reply }) {
      const type = takesAnything(request.headers.accept) ? types[0] : bestType(request, types);
      if (type === undefined)
        throw new Problem('not_acceptable', { detail: 'This answers image/png, image/svg+xml or application/json.' });
      const secret = await provision(session);
      const uri = otpauthUri({ issuer, account: session.name, secret });
      if (type === 'image/png') return reply.type(type).send(qrPng(uri));
      if (type === 'image/svg+xml') return reply.type(`${type}; charset=utf-8`).send(qrSvg(uri));
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
      await startReplacing(session, client);
      return reply.code(204).send();
    },
  });
}

/** Client libraries send `application/json, *\/*` with every request: whoever takes anything as gladly gets the picture. */
function takesAnything(accept = '*/*'): boolean {
  return /(?:^|,)\s*\*\/\*\s*(?:,|$)/.test(accept);
}
