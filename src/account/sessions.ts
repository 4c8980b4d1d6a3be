import type { FastifyInstance } from 'fastify';
import * as z from 'zod';
import type { Audit } from '../audit/audit.ts';
import type { Clock } from '../clock.ts';
import type { Database } from '../database/database.ts';
import { type Client, page, queryText, type Session, seeOther, sendAgain, sendPage, whose } from '../http/http.ts';
import type { Site } from '../pages/pages.ts';
import type { Browsers, Sessions } from '../sessions/sessions.ts';
import type { SignIn } from '../sign-in/sign-in.ts';
import { factorsOf, mustReadFacts } from './factors.ts';
import { createOwnSessions } from './own-sessions.ts';
import { sessionsPage } from './sessions-page.ts';

interface Parts {
  audit: Audit;
  database: Database;
  clock: Clock;
  sessions: Sessions;
  browsers: Browsers;
  signIn: SignIn;
  site: Site;
}

/** Where one is signed in, and which browsers the account knows, on a page; and ending both there. */
export function sessionPages(app: FastifyInstance, parts: Parts): void {
  const { database, browsers, signIn, site } = parts;
  const own = createOwnSessions(parts);
  const url = '/account/sessions';

  const look = async (session: Session, client: Client, now: number) => {
    const { id: current, userId } = session;
    const { password } = factorsOf(await mustReadFacts(parts, userId));
    const { read } = database;
    return {
      site,
      person: session,
      sessions: await signIn.listSessions(read, userId, now),
      current,
      password,
      browsers: await browsers.list(read, userId, now),
      currentBrowser: (await browsers.find(read, client, userId, now))?.id,
    };
  };

  page(app, {
    method: 'GET',
    url,
    access: 'signed in',
    query: z.looseObject({ done: queryText }),
    async handle({ session, query, client, now, reply }) {
      return sendPage(reply, 200, sessionsPage({ ...(await look(session, client, now)), done: query.done }));
    },
  });

  const one = { end: own.end, forget: own.forgetBrowser };
  for (const [verb, done] of [
    ['end', 'ended'],
    ['forget', 'forgotten'],
  ] as const) {
    page(app, {
      method: 'POST',
      url: `${url}/${verb}`,
      access: 'signed in',
      back: url,
      body: z.strictObject({ ...whose, id: z.string().max(64) }),
      async handle({ session, body, client, now, reply }) {
        try {
          await one[verb](session, body.id, client);
          return seeOther(reply, `${url}?done=${done}`);
        } catch (error) {
          return sendAgain(reply, error, async (told) =>
            sessionsPage({ ...(await look(session, client, now)), error: told }),
          );
        }
      },
    });
  }

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
