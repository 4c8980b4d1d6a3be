import type { FastifyInstance } from 'fastify';
import * as z from 'zod';
import type { Clock } from '../clock.ts';
import type { Database } from '../database/database.ts';
import { page, sendAgain, sendPage } from '../http/http.ts';
import type { Site } from '../pages/pages.ts';
import type { Passwords } from '../passwords/passwords.ts';
import { type Facts, minimumPassword, type SignIn } from '../sign-in/sign-in.ts';
import { invitationDonePage, invitationGonePage, invitationPage } from './invitation-page.ts';

interface Parts {
  database: Database;
  clock: Clock;
  passwords: Passwords;
  signIn: SignIn;
  site: Site;
}

/** The page on which an invited person chooses a password. A link is spent by the form, never by opening it. */
export function invitationRoutes(app: FastifyInstance, parts: Parts): void {
  const { database, clock, passwords, signIn, site } = parts;
  const url = '/invitation';

  /** The account that a link is for, if it is still good and the account may be used. */
  const invited = async (token: string): Promise<Facts | undefined> => {
    const userId = await passwords.userOfLink(database.read, token, clock());
    return userId === undefined ? undefined : signIn.readFacts(database.read, userId);
  };
  const form = ({ user, secondFactorRequired }: Facts, token: string) => {
    return { site, name: user.name, token, minimum: minimumPassword(secondFactorRequired) };
  };

  page(app, {
    method: 'GET',
    url,
    access: 'anyone',
    query: z.looseObject({ token: z.string().max(128).optional() }),
    async handle({ query: { token }, reply }) {
      const facts = token === undefined ? undefined : await invited(token);
      if (!facts || token === undefined) return sendPage(reply, 404, invitationGonePage({ site }));
      return sendPage(reply, 200, invitationPage(form(facts, token)));
    },
  });

  page(app, {
    method: 'POST',
    url,
    access: 'anyone',
    // The name is in the form for password managers; the link alone says whose password it is.
    body: z.strictObject({
      token: z.string().max(128),
      username: z.string().max(256).optional(),
      password: z.string().max(4096),
    }),
    async handle({ body, client, reply }) {
      const facts = await invited(body.token);
      if (!facts) return sendPage(reply, 404, invitationGonePage({ site }));
      try {
        const done = await signIn.password.acceptLink(facts, body, client);
        return done
          ? sendPage(reply, 200, invitationDonePage({ site }))
          : sendPage(reply, 404, invitationGonePage({ site }));
      } catch (error) {
        return sendAgain(reply, error, (told) => invitationPage({ ...form(facts, body.token), error: told }));
      }
    },
  });
}
