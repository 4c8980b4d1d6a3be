import type { Clock } from '../clock.ts';
import type { Database } from '../database/database.ts';
import type { Cookies, HalfSignIn, Session } from '../http/http.ts';
import {
  type Ceremony,
  type CreationOptions,
  challengeLife,
  type Passkeys,
  type RequestOptions,
} from '../passkeys/passkeys.ts';
import { newToken } from '../tokens.ts';
import { afterPassword, toProveAgain, toRegister, toSignIn } from './ceremonies.ts';

export type PasskeyOptions = ReturnType<typeof createPasskeyOptions>;

/** What browsers are asked for, each time by a challenge that only whoever asks may answer, and for this alone. */
export function createPasskeyOptions(parts: { database: Database; clock: Clock; passkeys: Passkeys }) {
  const { clock, passkeys } = parts;
  const { read } = parts.database;
  const possible = (): boolean => passkeys.relyingParty() !== undefined;

  /** What the passkeys of an account are asked; nothing where none could answer: there may be some of another host name. */
  const ofAccount = async (ceremony: Ceremony, userId: string): Promise<RequestOptions | undefined> => {
    const options = possible() ? await passkeys.requestOptions(read, ceremony, userId, clock()) : undefined;
    return options?.allowCredentials.length ? options : undefined;
  };

  return {
    /** Whether there can be any: the public URL has a host name. */
    possible,

    /** The one origin from which a passkey can be used; none where there can be no passkeys. */
    origin: (): string | undefined => passkeys.relyingParty()?.origin,

    /**
     * To sign in with a passkey alone. Nobody is known yet: `ceremony` is what whoever asks keeps to himself, and sends
     * with the answer; what he `held` before goes on being good, if it has the form of ours. Throws `forbidden` where there
     * can be no passkeys.
     */
    async signIn(held?: string): Promise<{ ceremony: string; options: RequestOptions }> {
      const ceremony = held !== undefined && ceremonyToken.test(held) ? held : newToken('csc_').token;
      return { ceremony, options: await passkeys.requestOptions(read, toSignIn(ceremony), undefined, clock()) };
    },

    /** After the password; nothing where no passkey could answer. */
    secondFactor: (half: HalfSignIn) => ofAccount(afterPassword(half), half.userId),

    /** To prove again, from a session, that it is still the same person; nothing where no passkey could answer. */
    reauthentication: (session: Session) => ofAccount(toProveAgain(session), session.userId),

    /** For a new passkey. Throws `forbidden` where there can be none. */
    async registration(session: Session): Promise<CreationOptions> {
      const { userId, name } = session;
      return passkeys.creationOptions(read, { id: userId, name }, toRegister(session), clock());
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
