import type { FastifyInstance, FastifyReply } from 'fastify';
import * as z from 'zod';
import { encodeBase32 } from '../base32.ts';
import type { Database } from '../database/database.ts';
import {
  type FormError,
  Problem,
  page,
  returnTo,
  type Session,
  seeOther,
  sendAgain,
  sendPage,
  whose,
} from '../http/http.ts';
import type { Site } from '../pages/pages.ts';
import type { Passkeys } from '../passkeys/passkeys.ts';
import type { SignIn } from '../sign-in/sign-in.ts';
import { otpauthUri, qrPng, type Totp } from '../totp/totp.ts';
import { type AuthenticatorState, authenticatorPage } from './authenticator-page.ts';
import { factorsOf, mustReadFacts } from './factors.ts';
import { keepOn } from './keep-on.ts';
import { personOf } from './pieces.ts';
import { newCodesPage } from './recovery-codes-page.ts';

interface Parts {
  database: Database;
  totp: Totp;
  passkeys: Passkeys;
  signIn: SignIn;
  site: Site;
}

const url = '/account/authenticator';

/** Setting up an authenticator app, moving to another phone, and switching the second factor off. */
export function authenticatorRoutes(app: FastifyInstance, parts: Parts): void {
  const { signIn, site } = parts;

  page(app, {
    method: 'GET',
    url,
    head: false,
    access: 'fresh or enrolling',
    query: z.looseObject({ return_to: returnTo.catch(undefined) }),
    async handle({ session, query, now, reply }) {
      const state = await stateOf(session, now, parts);
      const shown = { ...about(session, parts), state, now, returnTo: query.return_to };
      return sendPage(reply, 200, authenticatorPage(shown));
    },
  });

  page(app, {
    method: 'POST',
    url,
    access: 'fresh or enrolling',
    body: z.strictObject({ ...whose, otp: z.string().max(128), return_to: returnTo }),
    async handle({ session, body, client, cookies, now, reply }) {
      const wanted = body.return_to;
      try {
        // The session may just become a full one: a copy of its old token must not.
        const inBrowser = cookies.session !== undefined;
        const done = await signIn.secondFactor.enableWithCode(session, body.otp, client, { inBrowser });
        if (done.goesOn) keepOn(cookies, session, done.goesOn);
        const { replaced, recoveryCodes: codes } = done;
        const onwards = wanted ?? `/account?done=${replaced ? 'replaced' : 'authenticator'}`;
        if (!codes) return seeOther(reply, onwards);
        const factors = factorsOf(await mustReadFacts(parts, session.userId));
        const shown = { site, person: session, factors, codes, replaces: replaced, onwards, now };
        return sendPage(reply, 200, newCodesPage(shown));
      } catch (error) {
        return again({ session, error, returnTo: wanted, now, reply }, parts);
      }
    },
  });

  page(app, {
    method: 'POST',
    url: `${url}/replace`,
    access: 'fresh',
    back: url,
    body: z.strictObject(whose).nullish(),
    async handle({ session, client, reply }) {
      await signIn.provisioning.startReplacing(session, client);
      return seeOther(reply, url);
    },
  });

  page(app, {
    method: 'POST',
    url: `${url}/keep`,
    access: 'fresh',
    back: url,
    body: z.strictObject(whose).nullish(),
    async handle({ session, reply }) {
      await signIn.provisioning.stopReplacing(session);
      return seeOther(reply, url);
    },
  });

  page(app, {
    method: 'POST',
    url: `${url}/off`,
    access: 'fresh',
    back: url,
    body: z.strictObject(whose).nullish(),
    async handle({ session, client, cookies, now, reply }) {
      try {
        const { goesOn } = await signIn.secondFactor.disable(session, client, {
          inBrowser: cookies.session !== undefined,
        });
        if (goesOn) keepOn(cookies, session, goesOn);
        return seeOther(reply, '/account?done=authenticator-off');
      } catch (error) {
        return again({ session, error, returnTo: undefined, now, reply }, parts);
      }
    },
  });
}

function about(session: Session, { signIn, site }: Parts) {
  const enrolling = session.level === 'enrolling';
  const takesPasskeys = signIn.passkeyOptions.possible();
  return { site, name: session.name, person: personOf(session), enrolling, takesPasskeys };
}

interface Refused {
  session: Session;
  error: unknown;
  returnTo: string | undefined;
  now: number;
  reply: FastifyReply;
}

/** The page once more, as the account stands now: a secret that waited is still the same. */
function again({ session, error, returnTo, now, reply }: Refused, parts: Parts): Promise<FastifyReply> {
  return sendAgain(reply, error, async (told) => {
    const state = await stateOf(session, now, parts);
    const shown = { ...about(session, parts), state, now, returnTo };
    return authenticatorPage({ ...shown, error: inOurWords(told, state) });
  });
}

/** On this page two problems can be told better than the API tells them. */
function inOurWords(told: FormError, { kind }: AuthenticatorState): FormError {
  if (told.code === 'wrong_otp')
    return { ...told, sentence: 'That code is not right. Take the one that the app shows now.' };
  if (told.code !== 'otp_already_confirmed') return told;
  const sentence =
    kind === 'in force'
      ? 'Your authenticator app is in force, and no other one waits for a code. If its recovery codes are not saved, make new ones on the page “Recovery codes”.'
      : 'The QR code was older than ten minutes, so this is a new one: scan it, then enter a code.';
  return { ...told, sentence };
}

/** What the session may see: the secret that waits for a code, made if there is none, or what is in force. */
async function stateOf(session: Session, now: number, parts: Parts): Promise<AuthenticatorState> {
  const { totp, passkeys, signIn, site } = parts;
  const { read } = parts.database;
  const secret = await signIn.provisioning.provision(session).catch((error: unknown) => {
    if (error instanceof Problem && error.code === 'otp_already_confirmed') return undefined;
    throw error;
  });
  const { bound, pending } = await totp.enrolment(read, session.userId, session.id, now);
  const facts = await mustReadFacts(parts, session.userId);
  const password = facts.password !== undefined;
  if (!secret) {
    const usable = (await passkeys.usable(read, session.userId)).length > 0;
    const beside = usable ? 'passkeys' : facts.passkeys ? 'passkeys elsewhere' : 'nothing';
    const required = facts.secondFactorRequired && !usable;
    return { kind: 'in force', password, required, beside, since: bound?.boundAt };
  }
  const uri = otpauthUri({ issuer: site.service, account: session.name, secret });
  const qr = `data:image/png;base64,${qrPng(uri).toString('base64')}`;
  const what = pending ? (bound ? 'another' : 'first') : 'unconfirmed';
  return { kind: 'waiting', password, what, secret: encodeBase32(secret), uri, qr };
}
