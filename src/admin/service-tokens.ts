import type { FastifyInstance } from 'fastify';
import * as z from 'zod';
import { Problem, page, queryText, seeOther, sendAgain, sendPage } from '../http/http.ts';
import type { Site } from '../pages/pages.ts';
import type { Admin } from './admin.ts';
import { newServiceTokenPage, serviceTokensPage } from './service-tokens-page.ts';

const url = '/admin/service-tokens';

/** Programs that administer users: which there are, a new one, and an end to one. */
export function serviceTokensPages(app: FastifyInstance, { admin, site }: { admin: Admin; site: Site }): void {
  page(app, {
    method: 'GET',
    url,
    access: 'administrator',
    query: z.looseObject({ done: queryText }),
    async handle({ session, query, reply }) {
      const tokens = await admin.listServiceTokens();
      return sendPage(reply, 200, serviceTokensPage({ site, person: session, tokens, done: query.done }));
    },
  });

  page(app, {
    method: 'POST',
    url,
    access: 'administrator',
    body: z.strictObject({ name: z.string().max(256), days: z.string().max(16) }),
    async handle({ session, body, client, reply }) {
      try {
        const given = { name: body.name, days: Number(body.days) };
        const made = await admin.createServiceToken({ session, address: client.address }, given);
        return sendPage(reply, 200, newServiceTokenPage({ site, person: session, ...made }));
      } catch (error) {
        return sendAgain(reply, error, async (said) => {
          const tokens = await admin.listServiceTokens();
          return serviceTokensPage({
            site,
            person: session,
            tokens,
            typed: body,
            error: said,
            wrong: wrongField(error),
          });
        });
      }
    },
  });

  page(app, {
    method: 'POST',
    url: `${url}/:id/revoke`,
    access: 'administrator',
    params: z.strictObject({ id: z.string().max(64) }),
    back: url,
    async handle({ session, params, client, reply }) {
      await admin.revokeServiceToken({ session, address: client.address }, params.id);
      return seeOther(reply, `${url}?done=revoked`);
    },
  });
}

/** The field that a problem is about. */
function wrongField(error: unknown): 'name' | 'days' | undefined {
  if (!(error instanceof Problem)) return undefined;
  const pointer = error.particulars.errors?.[0]?.pointer;
  if (error.code === 'name_taken' || pointer === '/name') return 'name';
  return pointer === '/days' ? 'days' : undefined;
}
