import type { FastifyInstance } from 'fastify';
import * as z from 'zod';
import { activity } from '../audit/audit.ts';
import type { Database } from '../database/database.ts';
import { page, queryBefore, sendPage } from '../http/http.ts';
import type { Site } from '../pages/pages.ts';
import { activityPage } from './activity-page.ts';

interface Parts {
  database: Database;
  site: Site;
}

/** The page on which a person reads what has happened to his account. */
export function activityPageRoutes(app: FastifyInstance, { database, site }: Parts): void {
  page(app, {
    method: 'GET',
    url: '/account/activity',
    access: 'signed in',
    query: z.looseObject({
      before: queryBefore,
    }),
    async handle({ session, query: { before }, reply }) {
      const found = await activity(database.read, { userId: session.userId, before });
      const shown = { site, person: session, sessionId: session.id, found, first: before === undefined };
      return sendPage(reply, 200, activityPage(shown));
    },
  });
}
