import type { FastifyInstance } from 'fastify';
import * as z from 'zod';
import { route } from '../http/http.ts';
import type { Admin } from './admin.ts';
import { describeLink, exampleLink, link, params } from './shapes.ts';

const tag = 'Users';

/** What an administrator does for people who have lost what they sign in with; never a program. */
export function rescueRoutes(app: FastifyInstance, { admin }: { admin: Admin }): void {
  route(app, {
    method: 'DELETE',
    url: '/users/:id/second-factors',
    access: 'administrator',
    operationId: 'resetSecondFactors',
    summary: 'Take away the second factors of someone who has lost them; every session ends',
    tag,
    params,
    answers: { 204: { description: 'Taken away' } },
    problems: ['not_found'],
    async handle({ session, params, client, reply }) {
      await admin.resetSecondFactors({ session, address: client.address }, params.id);
      return reply.code(204).send();
    },
  });
  route(app, {
    method: 'POST',
    url: '/users/:id/password-link',
    access: 'administrator',
    operationId: 'makePasswordLink',
    summary: 'Cancel the password and make a one-time link to choose a new one; every session ends',
    description: 'Also renews an invitation: a link made before is void.',
    tag,
    params,
    answers: {
      200: {
        description: 'The link, for the person, and shown this once',
        schema: z.object({ link }).meta({ id: 'PasswordLink', examples: [{ link: exampleLink }] }),
      },
    },
    problems: ['not_found'],
    async handle({ session, params, client }) {
      const made = await admin.newPasswordLink({ session, address: client.address }, params.id);
      return describeLink(made.link);
    },
  });
  route(app, {
    method: 'DELETE',
    url: '/users/:id/sessions',
    access: 'administrator',
    operationId: 'endUserSessions',
    summary: 'End every session of a user',
    tag,
    params,
    answers: { 204: { description: 'Every session has ended' } },
    problems: ['not_found'],
    async handle({ session, params, client, reply }) {
      await admin.endSessions({ session, address: client.address }, params.id);
      return reply.code(204).send();
    },
  });
}
