import type { FastifyInstance } from 'fastify';
import * as z from 'zod';
import type { Database } from '../database/database.ts';
import {
  type FormError,
  Problem,
  page,
  queryText,
  returnTo,
  type Session,
  seeOther,
  sendAgain,
  sendPage,
  whose,
} from '../http/http.ts';
import type { Site } from '../pages/pages.ts';
import { authenticationResponse, inForm } from '../passkeys/passkeys.ts';
import type { Code } from './judge.ts';
import { leadBack, wrongRecoveryCode } from './page-outcomes.ts';
import type { Facts } from './policy.ts';
import { type Offered, reauthenticatePage } from './reauthenticate-page.ts';
import type { SignIn } from './sign-in.ts';

interface Parts {
  database: Database;
  signIn: SignIn;
  site: Site;
}

type Render = (
  session: Session,
  returnTo: string | undefined,
  kind: Code['kind'],
  error?: FormError,
) => Promise<string>;

const code = z.string().max(128).optional();

/** Asked for where a session must be fresh; from here one goes back to where one was. */
export function reauthenticatePages(app: FastifyInstance, { database, signIn, site }: Parts): void {
  const render: Render = async (session, wanted, kind, error) => {
    const facts = await signIn.readFacts(database.read, session.userId);
    if (!facts) throw new Problem('unauthenticated');
    const passkey = await signIn.passkeyOptions.reauthentication(session);
    const origin = signIn.passkeyOptions.origin();
    const ways = { passkey, origin, ...passwordWays(facts, kind), none: !facts.password && !facts.passkeys };
    const told = error && { error: { ...error, sentence: sentenceOf(error, ways) } };
    return reauthenticatePage({ site, person: session, returnTo: wanted, ways, ...told });
  };

  withPassword(app, signIn, render);
  withPasskey(app, signIn, render);
}

/** Where a passkey is the only second factor, a recovery code stands beside the password. */
function passwordWays(
  { password, authenticator, passkeys }: Facts,
  kind: Code['kind'],
): Pick<Offered, 'password' | 'app'> {
  const app = authenticator?.proved === true;
  if (!password) return { password: undefined, app: false };
  if (app) return { password: kind, app };
  return { password: passkeys ? 'recovery_code' : 'no code', app };
}

/** What is wrong, of the code that was asked for. */
function sentenceOf({ code, sentence }: FormError, { password }: Offered): string {
  return code === 'wrong_otp' && password === 'recovery_code' ? wrongRecoveryCode : sentence;
}

const url = '/reauthenticate';

function withPassword(app: FastifyInstance, signIn: SignIn, render: Render): void {
  page(app, {
    method: 'GET',
    url,
    access: 'signed in',
    query: z.looseObject({ return_to: returnTo.catch(undefined), with: queryText }),
    async handle({ session, query, reply }) {
      const kind = query.with === 'recovery-code' ? 'recovery_code' : 'otp';
      return sendPage(reply, 200, await render(session, query.return_to, kind));
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
        const given: Code | undefined = text ? { kind, text } : undefined;
        const token = await signIn.reauthenticate(session, { password, code: given }, client);
        cookies.keep('session', token, session.expiresAt);
        return seeOther(reply, wanted ?? '/account');
      } catch (error) {
        return sendAgain(reply, error, (told) => render(session, wanted, kind, told));
      }
    },
  });
}

function withPasskey(app: FastifyInstance, signIn: SignIn, render: Render): void {
  leadBack(app, `${url}/passkey`, 'signed in', url);

  page(app, {
    method: 'POST',
    url: `${url}/passkey`,
    access: 'signed in',
    back: url,
    body: z.strictObject({ ...whose, credential: inForm(authenticationResponse), return_to: returnTo }),
    async handle({ session, body, client, cookies, reply }) {
      const { credential: passkey, return_to: wanted } = body;
      try {
        cookies.keep('session', await signIn.reauthenticate(session, { passkey }, client), session.expiresAt);
        return seeOther(reply, wanted ?? '/account');
      } catch (error) {
        return sendAgain(reply, error, (told) => render(session, wanted, 'otp', told));
      }
    },
  });
}
