import type { FastifyInstance } from 'fastify';
import * as z from 'zod';
import { Problem, route, seeOther } from '../http/http.ts';
import type { Passkeys } from '../passkeys/passkeys.ts';

/**
 * Where password managers and browsers look for the pages of an account: a well-known URL for changing passwords, and one
 * for relying-party passkey endpoints (both of the W3C). Their addresses come from the public URL alone.
 */
export function wellKnownRoutes(app: FastifyInstance, { passkeys }: { passkeys: Passkeys }): void {
  const tag = 'Account';
  route(app, {
    method: 'GET',
    url: '/.well-known/passkey-endpoints',
    access: 'anyone',
    operationId: 'passkeyEndpoints',
    summary: 'The pages on which a person adds and looks after passkeys, for password managers',
    tag,
    answers: {
      200: {
        description: 'Their addresses',
        schema: z.object({ enroll: z.url(), manage: z.url() }).meta({
          id: 'PasskeyEndpoints',
          examples: [
            {
              enroll: 'https://sign-in.example.org/account/passkeys',
              manage: 'https://sign-in.example.org/account/passkeys',
            },
          ],
        }),
      },
    },
    problems: ['not_found'],
    async handle() {
      const origin = passkeys.relyingParty()?.origin;
      if (origin === undefined) throw new Problem('not_found');
      const page = `${origin}/account/passkeys`;
      return { enroll: page, manage: page };
    },
  });

  route(app, {
    method: 'GET',
    url: '/.well-known/change-password',
    access: 'anyone',
    operationId: 'changePasswordPage',
    summary: 'Leads to the page on which a person changes the password, for password managers',
    tag,
    answers: { 303: { description: 'To `/account/password`' } },
    async handle({ reply }) {
      return seeOther(reply, '/account/password');
    },
  });
}
