import type { FastifyInstance } from 'fastify';
import * as z from 'zod';
import type { Clock } from '../clock.ts';
import type { Database } from '../database/database.ts';
import { Problem, problemResponse, problemSentence, route, sendPage } from '../http/http.ts';
import type { Passwords } from '../passwords/passwords.ts';
import { type Facts, minimumPassword, type SignIn } from '../sign-in/sign-in.ts';
import { invitationDonePage, invitationGonePage, invitationPage } from './invitation-page.ts';

interface Parts {
  database: Database;
  clock: Clock;
  passwords: Passwords;
  signIn: SignIn;
  service: string;
}

/** The page on which an invited person chooses a password. A link is spent by the form, never by opening it. */
export function invitationRoutes(app: FastifyInstance, parts: Parts): void {
  const { database, clock, passwords, signIn, service } = parts;
  const answers = { 200: { description: 'The page' } };
  const tag = 'Pages';

  /** The account that a link is for, if it is still good and the account may be used. */
  const invited = async (token: string): Promise<Facts | undefined> => {
    const userId = await passwords.userOfLink(database.read, token, clock());
    return userId === undefined ? undefined : signIn.readFacts(database.read, userId);
  };

  route(app, {
    method: 'GET',
    url: '/invitation',
    access: 'anyone',
    page: true,
    operationId: 'invitationPage',
    summary: 'Choose a password',
    tag,
    query: z.strictObject({ token: z.string().max(128).optional() }),
    answers,
    async handle({ query, reply }) {
      const facts = query.token ? await invited(query.token) : undefined;
      if (!facts || !query.token) return sendPage(reply, 404, invitationGonePage({ service }));
      return sendPage(
        reply,
        200,
        invitationPage({ service, name: facts.user.name, token: query.token, minimum: minimumFor(facts) }),
      );
    },
  });

  route(app, {
    method: 'POST',
    url: '/invitation',
    access: 'anyone',
    page: true,
    operationId: 'acceptInvitation',
    summary: 'Choose a password',
    tag,
    accepts: ['application/x-www-form-urlencoded'],
    // The name is in the form for password managers; the link alone says whose password it is.
    body: z.strictObject({
      token: z.string().max(128),
      username: z.string().max(256).optional(),
      password: z.string().max(4096),
    }),
    answers,
    async handle({ body, client, reply }) {
      const facts = await invited(body.token);
      if (!facts) return sendPage(reply, 404, invitationGonePage({ service }));
      try {
        const done = await signIn.password.acceptLink(facts, body, client);
        return done
          ? sendPage(reply, 200, invitationDonePage({ service }))
          : sendPage(reply, 404, invitationGonePage({ service }));
      } catch (error) {
        if (!(error instanceof Problem)) throw error;
        const { status, headers } = problemResponse(error);
        const form = {
          service,
          name: facts.user.name,
          token: body.token,
          minimum: minimumFor(facts),
          error: problemSentence(error),
        };
        return sendPage(reply.headers(headers), status, invitationPage(form));
      }
    },
  });
}

function minimumFor(facts: Facts): number {
  return minimumPassword(facts.secondFactorRequired);
}
