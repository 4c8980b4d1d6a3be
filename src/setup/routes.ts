import type { FastifyInstance, FastifyReply } from 'fastify';
import * as z from 'zod';
import { Problem, problemResponse, problemSentence, route, sendPage } from '../http/http.ts';
import { setupDonePage, setupLinkGonePage, setupPage } from './page.ts';
import type { Setup } from './setup.ts';

/** The page on which the first administrator is made. A link is spent by the form, never by opening it. */
export function setupRoutes(app: FastifyInstance, { setup, service }: { setup: Setup; service: string }): void {
  const answers = { 200: { description: 'The page' } };
  const tag = 'Pages';

  route(app, {
    method: 'GET',
    url: '/setup',
    access: 'anyone',
    page: true,
    operationId: 'setupPage',
    summary: 'Make the first administrator',
    tag,
    query: z.strictObject({ token: z.string().max(128).optional() }),
    answers,
    async handle({ query, reply }) {
      if (!(await setup.isOpen())) throw new Problem('not_found');
      if (!query.token || !(await setup.isGood(query.token)))
        return sendPage(reply, 404, setupLinkGonePage({ service }));
      return sendPage(reply, 200, setupPage({ service, minimum: setup.minimum, token: query.token }));
    },
  });

  route(app, {
    method: 'POST',
    url: '/setup',
    access: 'anyone',
    page: true,
    operationId: 'setUp',
    summary: 'Make the first administrator',
    tag,
    accepts: ['application/x-www-form-urlencoded'],
    body: z.strictObject({ token: z.string().max(128), name: z.string().max(256), password: z.string().max(4096) }),
    answers,
    async handle({ body, client, reply }) {
      if (!(await setup.isOpen())) throw new Problem('not_found');
      try {
        const user = await setup.finish(body, client.address);
        if (!user) return sendPage(reply, 404, setupLinkGonePage({ service }));
        return sendPage(reply, 200, setupDonePage({ service, name: user.name }));
      } catch (error) {
        return again(reply, error, { service, minimum: setup.minimum, token: body.token, name: body.name });
      }
    },
  });
}

/** Shows the form once more, with what is to be mended. */
function again(
  reply: FastifyReply,
  error: unknown,
  form: { service: string; minimum: number; token: string; name: string },
): FastifyReply {
  if (!(error instanceof Problem)) throw error;
  const { status, headers } = problemResponse(error);
  return sendPage(
    reply.headers(headers),
    status,
    setupPage({ ...form, error: problemSentence(error), wrong: error.code === 'weak_password' ? 'password' : 'name' }),
  );
}
