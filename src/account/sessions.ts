import type { FastifyInstance } from 'fastify';
import * as z from 'zod';
import type { Audit } from '../audit/audit.ts';
import type { Clock } from '../clock.ts';
import type { Database } from '../database/database.ts';
import { page, queryText, type Session, seeOther, sendAgain, sendPage, whose } from '../http/http.ts';
import type { Site } from '../pages/pages.ts';
import type { Sessions } from '../sessions/sessions.ts';
import type { SignIn } from '../sign-in/sign-in.ts';
import { createOwnSessions } from './own-sessions.ts';
import { sessionsPage } from './sessions-page.ts';

interface Parts {
  audit: Audit;
  database: Database;
  clock: Clock;
  sessions: Sessions;
  signIn: SignIn;
  site: Site;
}

/** Where one is signed in, on a page, and signing out there. */
export function sessionPages(app: FastifyInstance, parts: Parts): void {
  const { database, signIn, site } = parts;
  const own = createOwnSessions(parts);
  const url = '/account/sessions';

  const look = async (session: Session, now: number) => {
    const { id: current } = session;
    return {
      site,
      person: session,
      sessions: await signIn.listSessions(database.read, session.userId, now),
      current,
    };
  };

  page(app, {
    method: 'GET',
    url,
    access: 'signed in',
    query: z.looseObject({ done: queryText }),
    async handle({ session, query, now, reply }) {
      return sendPage(reply, 200, sessionsPage({ ...(await look(session, now)), done: query.done }));
    },
  });

  page(app, {
    method: 'POST',
    url: `${url}/end`,
    access: 'signed in',
    back: url,
    body: z.strictObject({ ...whose, id: z.string().max(64) }),
    async handle({ session, body, client, now, reply }) {
      try {
        await own.end(session, body.id, client);
        return seeOther(reply, `${url}?done=ended`);
      } catch (error) {
        return sendAgain(reply, error, async (told) => sessionsPage({ ...(await look(session, now)), error: told }));
      }
    },
  });

  page(app, {
    method: 'POST',
    url: `${url}/end-others`,
    access: 'signed in',
    back: url,
    body: z.strictObject(whose).nullish(),
    async handle({ session, client, reply }) {
      await own.endOthers(session, client);
      return seeOther(reply, `${url}?done=others-ended`);
    },
  });
}
