import type { Clock } from '../clock.ts';
import type { Database } from '../database/database.ts';
import type { Cookies, HalfSignIn, Session } from '../http/http.ts';
import { type CreationOptions, challengeLife, type Passkeys, type RequestOptions } from '../passkeys/passkeys.ts';
import { newToken } from '../tokens.ts';
import { afterPassword, toProveAgain, toSignIn } from './ceremonies.ts';

export type PasskeyOptions = ReturnType<typeof createPasskeyOptions>;

/**
 * What browsers are asked for, each time by a challenge that only whoever asks may answer, and for this alone. All throw
 * `forbidden` where there can be no passkeys.
 */
export function createPasskeyOptions(parts: { database: Database; clock: Clock; passkeys: Passkeys }) {
  const { clock, passkeys } = parts;
  const { read } = parts.database;
  const possible = (): boolean => passkeys.relyingParty() !== undefined;
  return {
    /** Whether there can be any: the public URL has a host name. */
    possible,

    /** What a page asks, where anything could answer: the account may have none, or only some of another host name. */
    async ifAny(ask: () => Promise<RequestOptions>): Promise<RequestOptions | undefined> {
      const options = possible() ? await ask() : undefined;
      return options?.allowCredentials.length ? options : undefined;
    },

    /**
     * To sign in with a passkey alone. Nobody is known yet: `ceremony` is what whoever asks keeps to himself, and sends
     * with the answer; what he `held` before goes on being good, if it has the form of ours.
     */
    async signIn(held?: string): Promise<{ ceremony: string; options: RequestOptions }> {
      const ceremony = held !== undefined && ceremonyToken.test(held) ? held : newToken('csc_').token;
      return { ceremony, options: await passkeys.requestOptions(read, toSignIn(ceremony), undefined, clock()) };
    },

    /** After the password. */
    async secondFactor(half: HalfSignIn): Promise<RequestOptions> {
      return passkeys.requestOptions(read, afterPassword(half), half.userId, clock());
    },

    /** To prove again, from a session, that it is still the same person. */
    async reauthentication(session: Session): Promise<RequestOptions> {
      return passkeys.requestOptions(read, toProveAgain(session), session.userId, clock());
    },

    /** For a new passkey. */
    async registration({ id, userId, name }: Session): Promise<CreationOptions> {
      return passkeys.creationOptions(read, { id: userId, name }, id, clock());
    },
  };
}

/** Asks a browser to sign in with a passkey: it keeps what only it may answer by. */
export async function askBrowser(
  passkeyOptions: PasskeyOptions,
  { cookies, now }: { cookies: Cookies; now: number },
): Promise<RequestOptions> {
  const { ceremony, options } = await passkeyOptions.signIn(cookies.ceremony);
  cookies.keep('ceremony', ceremony, now + challengeLife);
  return options;
}

const ceremonyToken = /^csc_[\w-]{43}$/;
