import type { FastifyInstance } from 'fastify';
import * as z from 'zod';
import { Problem, page, sendAgain, sendPage } from '../http/http.ts';
import type { Site } from '../pages/pages.ts';
import { setupDonePage, setupLinkGonePage, setupPage } from './page.ts';
import type { Setup } from './setup.ts';

/** The page on which the first administrator is made. A link is spent by the form, never by opening it. */
export function setupRoutes(app: FastifyInstance, { setup, site }: { setup: Setup; site: Site }): void {
  const url = '/setup';
  const { minimum } = setup;

  page(app, {
    method: 'GET',
    url,
    access: 'anyone',
    query: z.looseObject({ token: z.string().max(128).optional() }),
    async handle({ query, reply }) {
      if (!(await setup.isOpen())) throw new Problem('not_found');
      if (!query.token || !(await setup.isGood(query.token))) return sendPage(reply, 404, setupLinkGonePage({ site }));
      return sendPage(reply, 200, setupPage({ site, minimum, token: query.token }));
    },
  });

  page(app, {
    method: 'POST',
    url,
    access: 'anyone',
    body: z.strictObject({ token: z.string().max(128), name: z.string().max(256), password: z.string().max(4096) }),
    async handle({ body, client, reply }) {
      if (!(await setup.isOpen())) throw new Problem('not_found');
      try {
        const user = await setup.finish(body, client.address);
        if (!user) return sendPage(reply, 404, setupLinkGonePage({ site }));
        const { secondFactorRequired } = setup;
        const done = { site, name: user.name, secondFactorRequired, takesPasskeys: setup.takesPasskeys() };
        return sendPage(reply, 200, setupDonePage(done));
      } catch (error) {
        const { token, name } = body;
        return sendAgain(reply, error, (told) => setupPage({ site, minimum, token, name, error: told }));
      }
    },
  });
}
