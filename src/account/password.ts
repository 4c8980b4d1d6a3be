import type { FastifyInstance } from 'fastify';
import * as z from 'zod';
import type { Database } from '../database/database.ts';
import { Problem, page, returnTo, type Session, seeOther, sendAgain, sendPage, whose } from '../http/http.ts';
import type { Site } from '../pages/pages.ts';
import { minimumPassword, type SignIn } from '../sign-in/sign-in.ts';
import { keepOn } from './keep-on.ts';
import { passwordPage } from './password-page.ts';
import { personOf } from './pieces.ts';

interface Parts {
  database: Database;
  signIn: SignIn;
  site: Site;
}

/**
 * Changing one's password, or setting a first one; also the one thing to do where it has become the only factor and is too
 * short for that.
 */
export function passwordRoutes(app: FastifyInstance, { database, signIn, site }: Parts): void {
  const url = '/account/password';
  const access = 'fresh or changing password';

  const form = async (session: Session, wanted: string | undefined) => {
    const facts = await signIn.readFacts(database.read, session.userId);
    if (!facts) throw new Problem('unauthenticated');
    return {
      site,
      first: facts.password === undefined,
      returnTo: wanted,
      name: session.name,
      person: personOf(session),
      minimum: minimumPassword(facts.secondFactorRequired),
    };
  };

  page(app, {
    method: 'GET',
    url,
    access,
    query: z.looseObject({ return_to: returnTo.catch(undefined) }),
    async handle({ session, query, reply }) {
      return sendPage(reply, 200, passwordPage(await form(session, query.return_to)));
    },
  });

  page(app, {
    method: 'POST',
    url,
    access,
    body: z.strictObject({
      ...whose,
      current: z.string().max(4096).optional(),
      new: z.string().max(4096),
      return_to: returnTo,
    }),
    async handle({ session, body, client, cookies, reply }) {
      const { current, new: next, return_to: wanted } = body;
      try {
        const inBrowser = cookies.session !== undefined;
        const goesOn = await signIn.password.change(session, { current, new: next }, client, { inBrowser });
        if (goesOn) keepOn(cookies, session, goesOn);
        return seeOther(reply, wanted ?? '/account?done=password');
      } catch (error) {
        return sendAgain(reply, error, async (told) => passwordPage({ ...(await form(session, wanted)), error: told }));
      }
    },
  });
}
