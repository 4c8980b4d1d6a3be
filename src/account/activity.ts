import type { FastifyInstance } from 'fastify';
import * as z from 'zod';
import { activity } from '../audit/audit.ts';
import type { Database } from '../database/database.ts';
import { page, queryBefore, sendPage } from '../http/http.ts';
import type { Site } from '../pages/pages.ts';
import type { Passkeys } from '../passkeys/passkeys.ts';
import type { SignIn } from '../sign-in/sign-in.ts';
import { activityPage } from './activity-page.ts';
import { factorsOf, mustReadFacts } from './factors.ts';

interface Parts {
  database: Database;
  passkeys: Passkeys;
  signIn: SignIn;
  site: Site;
}

/** The page on which a person reads what has happened to his account. */
export function activityPageRoutes(app: FastifyInstance, parts: Parts): void {
  const { database, passkeys, site } = parts;
  page(app, {
    method: 'GET',
    url: '/account/activity',
    access: 'signed in',
    query: z.looseObject({
      before: queryBefore,
    }),
    async handle({ session, query: { before }, reply }) {
      const { id: sessionId, userId } = session;
      const found = await activity(database.read, { userId, before });
      const { password } = factorsOf(await mustReadFacts(parts, userId));
      const own = await passkeys.list(database.read, userId);
      const shown = { site, person: session, sessionId, password, passkeys: own, found, first: before === undefined };
      return sendPage(reply, 200, activityPage(shown));
    },
  });
}
