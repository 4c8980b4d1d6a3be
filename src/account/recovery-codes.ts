import type { FastifyInstance } from 'fastify';
import * as z from 'zod';
import type { Database } from '../database/database.ts';
import { page, type Session, sendAgain, sendPage, whose } from '../http/http.ts';
import type { Site } from '../pages/pages.ts';
import { recoveryCodesLeft } from '../recovery-codes/recovery-codes.ts';
import type { SignIn } from '../sign-in/sign-in.ts';
import { type Factors, factorsOf, mustReadFacts } from './factors.ts';
import { newCodesPage, recoveryCodesPage } from './recovery-codes-page.ts';

interface Parts {
  database: Database;
  signIn: SignIn;
  site: Site;
}

/** How many recovery codes are left, and new ones, shown by the answer that made them. */
export function recoveryCodesRoutes(app: FastifyInstance, { database, signIn, site }: Parts): void {
  const url = '/account/recovery-codes';

  const factorsNow = async ({ userId }: Session): Promise<Factors> =>
    factorsOf(await mustReadFacts({ database, signIn }, userId));

  const look = async (session: Session) => {
    const { userId } = session;
    const left = await recoveryCodesLeft(database.read, userId);
    const takesPasskeys = signIn.passkeyOptions.possible();
    return { site, person: session, left, factors: await factorsNow(session), takesPasskeys };
  };

  page(app, {
    method: 'GET',
    url,
    access: 'signed in',
    async handle({ session, reply }) {
      return sendPage(reply, 200, recoveryCodesPage(await look(session)));
    },
  });

  page(app, {
    method: 'POST',
    url,
    access: 'fresh',
    body: z.strictObject(whose).nullish(),
    async handle({ session, client, now, reply }) {
      try {
        const codes = await signIn.secondFactor.renewRecoveryCodes(session, client);
        const about = { site, person: session, factors: await factorsNow(session), now };
        const onwards = '/account?done=codes';
        return sendPage(reply, 200, newCodesPage({ ...about, codes, replaces: true, onwards }));
      } catch (error) {
        return sendAgain(reply, error, async (told) => recoveryCodesPage({ ...(await look(session)), error: told }));
      }
    },
  });
}
