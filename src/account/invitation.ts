import type { FastifyInstance, FastifyReply } from 'fastify';
import * as z from 'zod';
import type { Clock } from '../clock.ts';
import type { Database } from '../database/database.ts';
import { type Client, page, sendAgain, sendPage } from '../http/http.ts';
import type { Site } from '../pages/pages.ts';
import { inForm, type RegistrationResponse, registrationResponse } from '../passkeys/passkeys.ts';
import type { Passwords } from '../passwords/passwords.ts';
import { type Facts, minimumPassword, type SignIn } from '../sign-in/sign-in.ts';
import { nameFor } from './device.ts';
import { factorsOf } from './factors.ts';
import { invitationDonePage, invitationGonePage, invitationPage, linkWantedPage } from './invitation-page.ts';
import { newCodesPage } from './recovery-codes-page.ts';

interface Parts {
  database: Database;
  clock: Clock;
  passwords: Passwords;
  signIn: SignIn;
  site: Site;
}

const url = '/invitation';

/** A form of the page as it was sent: with a password, or with what a passkey has answered. */
type Sent = { token: string } & ({ password: string } | { credential: RegistrationResponse });

const token = z.string().max(128);
// The name is in the form for password managers; the link alone says whose password it is.
const withPassword = z.strictObject({
  token,
  username: z.string().max(256).optional(),
  password: z.string().max(4096),
});
const withPasskey = z.strictObject({ token, credential: inForm(registrationResponse) });

/**
 * The page on which an invited person chooses a password, or makes a passkey. A link is spent by a form, never by opening
 * it.
 */
export function invitationRoutes(app: FastifyInstance, parts: Parts): void {
  const { database, clock, passwords, signIn, site } = parts;

  /** The account that a link is for, if it is still good and the account may be used. */
  const invited = async (token: string): Promise<Facts | undefined> => {
    const userId = await passwords.userOfLink(database.read, token, clock());
    return userId === undefined ? undefined : signIn.readFacts(database.read, userId);
  };
  const form = async (facts: Facts, token: string) => {
    const minimum = minimumPassword(facts.secondFactorRequired);
    const passkey = await signIn.passkeyByLink.options(facts, token);
    return { site, name: facts.user.name, token, minimum, passkey };
  };
  const gone = (reply: FastifyReply) => sendPage(reply, 404, invitationGonePage({ site }));

  const passwordSet = (facts: Facts) => invitationDonePage({ site, factors: factorsOf(facts) });

  /** The page that says that it is done; nothing where the link is spent. */
  const accept = async (facts: Facts, sent: Sent, client: Client, now: number): Promise<string | undefined> => {
    if ('password' in sent)
      return (await signIn.password.acceptLink(facts, sent, client)) ? passwordSet(facts) : undefined;
    const given = { token: sent.token, answer: sent.credential, name: nameFor(client.userAgent, []) };
    const done = await signIn.passkeyByLink.accept(facts.user.id, given, client);
    if (!done) return undefined;
    const { name, administrator } = facts.user;
    const factors = { password: false, authenticator: false, passkeys: true };
    const shown = { site, person: { name, administrator }, factors, codes: done.recoveryCodes ?? [], now };
    return newCodesPage({ ...shown, signedOut: 'Your passkey is set.', onwards: '/sign-in?done=passkey-set' });
  };

  page(app, {
    method: 'GET',
    url,
    access: 'anyone',
    query: z.looseObject({ token: token.optional() }),
    async handle({ query, reply }) {
      if (query.token === undefined) return sendPage(reply, 404, linkWantedPage({ site }));
      const facts = await invited(query.token);
      return facts ? sendPage(reply, 200, invitationPage(await form(facts, query.token))) : gone(reply);
    },
  });

  page(app, {
    method: 'POST',
    url,
    access: 'anyone',
    body: z.union([withPassword, withPasskey]),
    async handle({ body, client, now, reply }) {
      const facts = await invited(body.token);
      if (!facts) return gone(reply);
      try {
        const done = await accept(facts, body, client, now);
        return done === undefined ? gone(reply) : sendPage(reply, 200, done);
      } catch (error) {
        return sendAgain(reply, error, async (told) =>
          invitationPage({ ...(await form(facts, body.token)), error: told }),
        );
      }
    },
  });
}
