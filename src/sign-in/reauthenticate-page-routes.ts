import type { FastifyInstance } from 'fastify';
import * as z from 'zod';
import type { Database } from '../database/database.ts';
import { page, queryText, returnTo, type Session, seeOther, sendAgain, sendPage, whose } from '../http/http.ts';
import type { Site } from '../pages/pages.ts';
import type { Code } from './judge.ts';
import { reauthenticatePage } from './reauthenticate-page.ts';
import type { SignIn } from './sign-in.ts';

interface Parts {
  database: Database;
  signIn: SignIn;
  site: Site;
}

const code = z.string().max(128).optional();

/** Asked for where a session must be fresh; from here one goes back to where one was. */
export function reauthenticatePages(app: FastifyInstance, { database, signIn, site }: Parts): void {
  const url = '/reauthenticate';

  const form = async (session: Session, wanted: string | undefined, kind: Code['kind']) => {
    const facts = await signIn.readFacts(database.read, session.userId);
    return { site, person: session, returnTo: wanted, code: facts?.authenticator?.proved ? kind : undefined };
  };

  page(app, {
    method: 'GET',
    url,
    access: 'signed in',
    query: z.looseObject({ return_to: returnTo.catch(undefined), with: queryText }),
    async handle({ session, query, reply }) {
      const kind = query.with === 'recovery-code' ? 'recovery_code' : 'otp';
      return sendPage(reply, 200, reauthenticatePage(await form(session, query.return_to, kind)));
    },
  });

  page(app, {
    method: 'POST',
    url,
    access: 'signed in',
    body: z.strictObject({
      ...whose,
      password: z.string().max(4096),
      otp: code,
      recovery_code: code,
      return_to: returnTo,
    }),
    async handle({ session, body, client, cookies, reply }) {
      const { password, otp, recovery_code: recoveryCode, return_to: wanted } = body;
      const kind = recoveryCode === undefined ? 'otp' : 'recovery_code';
      const text = otp ?? recoveryCode;
      try {
        const token = await signIn.reauthenticate(
          session,
          { password, code: text ? { kind, text } : undefined },
          client,
        );
        cookies.keep('session', token, session.expiresAt);
        return seeOther(reply, wanted ?? '/account');
      } catch (error) {
        return sendAgain(reply, error, async (told) =>
          reauthenticatePage({ ...(await form(session, wanted, kind)), error: told }),
        );
      }
    },
  });
}
