import type { Clock } from '../clock.ts';
import type { Database, Tx } from '../database/database.ts';
import { type Client, type Level, Problem } from '../http/http.ts';
import type { Browsers, Remembered, Sessions } from '../sessions/sessions.ts';
import type { Ticket } from '../throttle/throttle.ts';
import { judgedBy, type ReadFacts } from './facts.ts';
import type { Judged, Wrong } from './judged.ts';
import { nextStep } from './next-step.ts';
import { type NotesRefused, noteRefused } from './note-refused.ts';
import { type Facts, hasSecondFactor, levelOf } from './policy.ts';
import { endHeld } from './sign-out.ts';
import { selectHalfSignIn, takeHalfSignIn } from './store.ts';

/** What was judged, and waits for the transaction that makes the session. */
export type Accepted<W extends Wrong = Wrong> = Judgement & (ByPassword<W> | ByPasskeyAlone<W>);

interface Judgement {
  userId: string;
  /** What the verdict rests on. */
  judged: string;
  /** The charge that is still to be settled: the last one. */
  ticket: Ticket;
  /** The half sign-in that this finishes and that is gone with it, and when its password was proved. */
  half?: { id: string; passwordAt: number };
  /** A browser that is to be known from now on, if it gets a full session; never a program. */
  inBrowser: boolean;
  /** The session that this browser had before; a new sign-in ends it (ASVS 7.2.4). */
  replaces?: string | undefined;
}

interface ByPassword<W extends Wrong> {
  /** What stands for the second factor. */
  code?: Judged<W>;
  passwordless?: never;
}

/** A passkey has been proved, and no password: its device has verified the person, so it stands for both factors. */
interface ByPasskeyAlone<W extends Wrong> {
  code: Judged<W>;
  passwordless: true;
}

export interface SignedIn {
  result: 'signed in';
  token: string;
  expiresAt: number;
  level: Level;
  /** What a browser is to be known by. */
  browser?: Remembered;
}

export type Issue = ReturnType<typeof createIssue>;

/**
 * The one caller of `sessions.issue`: reads the facts again, spends the code, ends the half sign-in and makes the
 * session, all of it or nothing. `changed` when the account, or the half sign-in, is no longer what was judged; throws
 * `unauthenticated` when another has finished the half sign-in meanwhile.
 */
export function createIssue(
  parts: NotesRefused & {
    database: Database;
    clock: Clock;
    sessions: Sessions;
    browsers: Browsers;
    readFacts: ReadFacts;
  },
) {
  const { audit, database, clock, throttle, sessions, browsers, readFacts } = parts;

  const make = async (tx: Tx, accepted: Accepted, current: Facts, client: Client, now: number): Promise<SignedIn> => {
    const { userId, code, half, passwordless, inBrowser, replaces } = accepted;
    if (replaces !== undefined) await endHeld(tx, parts, replaces, client, now);
    const { token, session } = await sessions.issue(
      tx,
      { userId, passwordAt: passwordless ? undefined : (half?.passwordAt ?? now), secondFactor: code?.kind, client },
      now,
    );
    // The code may just have proved the authenticator; nothing else here changes what a sign-in rests on.
    const after = code ? await readFacts(tx, userId) : current;
    const level = after && levelOf(after, session);
    if (!level) throw new Error('a session was about to be made without the second factor that is in force');
    const about = { userId, sessionId: session.id, address: client.address };
    if (code?.kind === 'recovery_code') await audit.record(tx, now, { event: 'recovery_code.used', ...about });
    const browser = inBrowser && level === 'full' ? await browsers.remember(tx, userId, client, now) : undefined;
    if (browser?.isNew) await audit.record(tx, now, { event: 'browser.remembered', ...about });
    const detail = { level, ...(code && factorIn(code)), ...(passwordless && { passwordless }) };
    await audit.record(tx, now, { event: 'sign_in.succeeded', ...about, detail });
    return { result: 'signed in', token, expiresAt: session.expiresAt, level, ...(browser && { browser }) };
  };

  return <W extends Wrong = never>(accepted: Accepted<W>, client: Client): Promise<SignedIn | W | 'changed'> =>
    database.transaction(async (tx) => {
      const now = clock();
      const { userId, ticket, code, half } = accepted;
      const current = await readFacts(tx, userId);
      const stands = current !== undefined && judgedBy(current) === accepted.judged;
      if (!stands || (half && !(await selectHalfSignIn(tx, { id: half.id }, now)))) {
        await throttle.settle(tx, ticket, 'unjudged', now);
        return 'changed';
      }
      const spent = await code?.spend(tx, now);
      if (spent !== undefined && spent !== 'right') {
        const about = { event: 'sign_in.refused', userId, address: client.address } as const;
        await noteRefused(tx, parts, about, { ticket, wrong: spent }, now);
        return spent;
      }
      const proved = { password: true, secondFactor: spent === 'right' };
      if (nextStep(proved, { secondFactor: hasSecondFactor(current) }) !== 'issue session')
        throw new Error('a session was about to be made by less than the account demands');
      await throttle.settle(tx, ticket, 'right', now);
      // Of two that finish it with different codes, one does; the other's transaction is undone.
      if (half && !(await takeHalfSignIn(tx, half.id))) throw new Problem('unauthenticated');
      return make(tx, accepted, current, client, now);
    });
}

/** What stood for the second factor, as the log has it, and which passkey where it was one. */
function factorIn({ kind, passkeyId }: Judged): Record<string, string> {
  return { second_factor: kind, ...(passkeyId && { passkey: passkeyId }) };
}
