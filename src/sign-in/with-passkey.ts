import type { Clock } from '../clock.ts';
import type { Database } from '../database/database.ts';
import type { Client } from '../http/http.ts';
import type { AuthenticationResponse } from '../passkeys/passkeys.ts';
import { toSignIn } from './ceremonies.ts';
import type { InBrowser, TooManyTries } from './credentials.ts';
import { judgedBy } from './facts.ts';
import type { Issue, SignedIn } from './issue.ts';
import type { Judge } from './judge.ts';
import type { JudgedPasskey, WrongPasskey } from './judged.ts';
import { type NotesRefused, noteRefused } from './note-refused.ts';

/** What comes of signing in with a passkey alone. */
export type PasskeyOutcome = SignedIn | WrongPasskey | TooManyTries;

/** Signing in with a passkey and nothing else: its device has verified the person, so it stands for both factors. */
export function createWithPasskey(
  parts: NotesRefused & { database: Database; clock: Clock; judge: Judge; issue: Issue },
) {
  const { database, clock, judge, issue } = parts;

  /** It is nobody's who may sign in: settles it as wrong. */
  const refuse = ({ ticket, userId, passkeyId, forgo }: JudgedPasskey, { address }: Client): Promise<WrongPasskey> =>
    database.transaction(async (tx) => {
      // What is right for an account that is disabled is told as what is wrong for one that is not.
      const wrong = (await forgo(tx)) ?? ({ result: 'wrong passkey', reason: 'signature', passkeyId } as const);
      await noteRefused(tx, parts, { event: 'sign_in.refused', userId, address }, { ticket, wrong }, clock());
      return wrong;
    });

  const attempt = async (
    answer: AuthenticationResponse,
    token: string,
    client: Client,
    browser: InBrowser | undefined,
  ): Promise<PasskeyOutcome | 'changed'> => {
    const code = await judge.passkey(answer, toSignIn(token), undefined, client);
    if ('result' in code) return code;
    if (!('ticket' in code)) return { result: 'too many tries', refusal: code };
    const { ticket, facts } = code;
    return judge.orGiveBack(ticket, async () => {
      if (!facts) return refuse(code, client);
      const accepted = { userId: facts.user.id, judged: judgedBy(facts), passwordless: true } as const;
      const where = { inBrowser: browser !== undefined, replaces: browser?.replaces };
      return issue({ ...accepted, ...where, ticket, code }, client);
    });
  };

  /**
   * Signs in whoever's passkey has answered a challenge that was made for `token`, or says why not. An account that
   * changes meanwhile is judged anew once, then refused.
   */
  return async (
    answer: AuthenticationResponse,
    token: string,
    client: Client,
    browser?: InBrowser,
  ): Promise<PasskeyOutcome> => {
    const first = await attempt(answer, token, client, browser);
    const outcome = first === 'changed' ? await attempt(answer, token, client, browser) : first;
    return outcome === 'changed' ? { result: 'wrong passkey', reason: 'signature' } : outcome;
  };
}
