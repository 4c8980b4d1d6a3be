import type { FastifyInstance, FastifyReply } from 'fastify';
import * as z from 'zod';
import type { Database } from '../database/database.ts';
import {
  type Client,
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
import {
  inForm,
  mostPasskeys,
  type Passkeys,
  type RegistrationResponse,
  registrationResponse,
} from '../passkeys/passkeys.ts';
import { recoveryCodesLeft } from '../recovery-codes/recovery-codes.ts';
import type { SignIn } from '../sign-in/sign-in.ts';
import { nameFor } from './device.ts';
import { factorsOf, mustReadFacts } from './factors.ts';
import { keepOn } from './keep-on.ts';
import { signals } from './passkey-signals.ts';
import { type PasskeysShown, passkeysPage } from './passkeys-page.ts';
import { personOf } from './pieces.ts';
import { newCodesPage } from './recovery-codes-page.ts';
import { removalOf } from './removal.ts';

interface Parts {
  database: Database;
  passkeys: Passkeys;
  signIn: SignIn;
  site: Site;
}

const url = '/account/passkeys';

/** The passkeys of an account: adding one, giving it another name, taking it away. */
export function ownPasskeyPages(app: FastifyInstance, parts: Parts): void {
  page(app, {
    method: 'GET',
    url,
    access: 'fresh or enrolling',
    query: z.looseObject({ done: queryText, return_to: returnTo.catch(undefined) }),
    async handle({ session, query, client, reply }) {
      const state = await stateOf({ session, client, returnTo: query.return_to }, parts);
      return sendPage(reply, 200, passkeysPage({ ...state, done: query.done }));
    },
  });
  adding(app, parts);
  keeping(app, parts);
}

function adding(app: FastifyInstance, parts: Parts): void {
  const { signIn, site } = parts;
  page(app, {
    method: 'POST',
    url,
    access: 'fresh or enrolling',
    body: z.strictObject({
      ...whose,
      name: z.string().max(256),
      credential: inForm(registrationResponse),
      return_to: returnTo,
    }),
    async handle({ session, body, client, cookies, now, reply }) {
      const { name, credential: answer, return_to: wanted } = body;
      try {
        // The session may just become a full one: a copy of its old token must not.
        const inBrowser = cookies.session !== undefined;
        const added = await signIn.passkeys.add(session, { answer, name }, client, { inBrowser });
        if (added.goesOn) keepOn(cookies, session, added.goesOn);
        const { recoveryCodes: codes } = added;
        if (!codes) return seeOther(reply, wanted ?? `${url}?done=added`);
        const factors = factorsOf(await mustReadFacts(parts, session.userId));
        const about = { site, person: session, factors, now };
        return sendPage(reply, 200, newCodesPage({ ...about, codes, onwards: wanted ?? '/account?done=passkey' }));
      } catch (error) {
        if (await isThere(error, session, answer, parts)) return seeOther(reply, `${url}?done=there-already`);
        return again(reply, error, { session, client, returnTo: wanted, name }, parts);
      }
    },
  });
}

/** Whether what was answered already, or too late, has made one of their passkeys: the page that came of it was loaded again. */
async function isThere(
  error: unknown,
  { userId }: Session,
  { id }: RegistrationResponse,
  { database, passkeys }: Parts,
): Promise<boolean> {
  if (!(error instanceof Problem) || error.particulars.members?.['reason'] !== 'challenge') return false;
  const all = await passkeys.list(database.read, userId);
  return all.some(({ credentialId }) => credentialId.toString('base64url') === id);
}

function keeping(app: FastifyInstance, parts: Parts): void {
  const { database, passkeys, signIn } = parts;
  const id = z.string().max(64);

  page(app, {
    method: 'POST',
    url: `${url}/rename`,
    access: 'fresh',
    back: url,
    body: z.strictObject({ ...whose, id, name: z.string().max(256) }),
    async handle({ session, body, client, reply }) {
      try {
        await signIn.passkeys.rename(session, body.id, body.name, client);
        return seeOther(reply, `${url}?done=renamed`);
      } catch (error) {
        return again(reply, error, { session, client, renaming: { id: body.id, name: body.name } }, parts);
      }
    },
  });

  page(app, {
    method: 'POST',
    url: `${url}/remove`,
    access: 'fresh',
    back: url,
    body: z.strictObject({ ...whose, id, accept: z.literal('no_way_in').optional() }),
    async handle({ session, body, client, cookies, reply }) {
      try {
        const accepts = { noWayIn: body.accept !== undefined };
        const inBrowser = cookies.session !== undefined;
        const goesOn = await signIn.passkeys.remove(session, body.id, accepts, client, { inBrowser });
        if (goesOn) keepOn(cookies, session, goesOn);
        const left = await passkeys.list(database.read, session.userId);
        // Without the last one this session may be fresh no more, and this page would only ask for what is gone.
        return seeOther(reply, left.length === 0 ? '/account?done=passkeys-off' : `${url}?done=removed`);
      } catch (error) {
        return again(reply, error, { session, client, removing: body.id }, parts);
      }
    },
  });
}

/** Who looks at the page, and what was filled in where it is shown again. */
interface Looking {
  session: Session;
  client: Client;
  returnTo?: string | undefined;
  /** How the new one was called. */
  name?: string;
  renaming?: { id: string; name: string };
  removing?: string;
}

/** The page once more, as the account stands now, with a new challenge. */
function again(reply: FastifyReply, error: unknown, looking: Looking, parts: Parts): Promise<FastifyReply> {
  return sendAgain(reply, error, async (told) => {
    const { renaming, removing } = looking;
    return passkeysPage({ ...(await stateOf(looking, parts)), renaming, removing, error: inOurWords(told) });
  });
}

/** On this page some problems can be told better than the API tells them. */
function inOurWords(told: FormError): FormError {
  const sentence = sentences[told.code];
  return sentence === undefined ? told : { ...told, sentence };
}

const sentences: Partial<Record<FormError['code'], string>> = {
  not_found: 'That passkey is gone. These are the ones that there are now.',
  second_factor_required:
    'This account must have a second factor, and this passkey is the only one that counts. Add another passkey or an authenticator app first.',
};

async function stateOf(looking: Looking, parts: Parts): Promise<PasskeysShown> {
  const { passkeys, signIn, site } = parts;
  const { session, client, returnTo: wanted } = looking;
  const { read } = parts.database;
  const facts = await mustReadFacts(parts, session.userId);
  const all = await passkeys.list(read, session.userId);
  const left = await recoveryCodesLeft(read, session.userId);
  const relyingParty = passkeys.relyingParty();
  const account = { facts, passkeys: all, recoveryCodesLeft: left, host: relyingParty?.id };
  const mayAdd = relyingParty !== undefined && all.length < mostPasskeys;
  return {
    site,
    name: session.name,
    person: personOf(session),
    enrolling: session.level === 'enrolling',
    factors: factorsOf(facts),
    relyingParty,
    passkeys: all.map((passkey) => ({ ...passkey, removal: removalOf(passkey.id, account) })),
    creation: mayAdd ? await signIn.passkeyOptions.registration(session) : undefined,
    newName: looking.name ?? nameFor(client.userAgent, all),
    signals: await signals(read, session, passkeys),
    returnTo: wanted,
  };
}
