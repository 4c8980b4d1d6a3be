import type { Clock } from '../clock.ts';
import type { Database, Tx } from '../database/database.ts';
import { type Client, Problem, type Session } from '../http/http.ts';
import { type AuthenticationResponse, wrongPasskey } from '../passkeys/passkeys.ts';
import type { Sessions } from '../sessions/sessions.ts';
import { toProveAgain } from './ceremonies.ts';
import { type ReadFacts, sameFacts } from './facts.ts';
import { type Code, type Judge, type JudgedPassword, tooManyTries } from './judge.ts';
import type { Judged, Wrong } from './judged.ts';
import { nextStep } from './next-step.ts';
import { type NotesRefused, noteRefused } from './note-refused.ts';
import { type Facts, hasProvedFactor, hasSecondFactor } from './policy.ts';

/**
 * Proving again, from a session, what a sign-in now would demand. The session keeps its id, its overall end and its
 * pending secret, and gets a new token; the old one is void.
 */
export function createReauthenticate(
  parts: NotesRefused & { database: Database; clock: Clock; sessions: Sessions; judge: Judge; readFacts: ReadFacts },
) {
  const { audit, database, clock, throttle, sessions, judge, readFacts } = parts;

  /** Settles what was wrong at once, before anything else is judged, tells the audit log, and throws the problem. */
  const refuse = async (
    judged: JudgedPassword | undefined,
    code: 'wrong_password' | 'wrong_otp',
    session: Session,
    client: Client,
  ): Promise<never> => {
    await database.transaction(async (tx) => {
      const now = clock();
      const about = { userId: session.userId, sessionId: session.id, address: client.address };
      await audit.record(tx, now, { event: refused, ...about, detail: { reason: code } });
      if (judged) await throttle.settle(tx, judged.ticket, 'wrong', now);
    });
    throw new Problem(code);
  };

  const judgePassword = async ({ user }: Facts, password: string, session: Session, client: Client): Promise<void> => {
    const judged = await judge.password({ name: user.name, find: async () => user.id, password, client });
    if (!('ticket' in judged)) throw tooManyTries(judged);
    if (!judged.right) return refuse(judged, 'wrong_password', session, client);
    await database.transaction((tx) => throttle.settle(tx, judged.ticket, 'right', clock()));
  };

  /** Judges the code where one is demanded, or one was sent for a second factor in force. */
  const judgeCode = async (
    facts: Facts,
    sent: Code | undefined,
    session: Session,
    client: Client,
  ): Promise<Judged | undefined> => {
    // A code of an authenticator says nothing where there is none.
    const code = sent?.kind === 'otp' && !facts.authenticator ? undefined : sent;
    const demanded = { secondFactor: hasProvedFactor(facts) };
    const next = nextStep({ password: true, secondFactor: false }, demanded);
    if (!code && next === 'prove second factor') return refuse(undefined, 'wrong_otp', session, client);
    if (!code || !hasSecondFactor(facts)) return undefined;
    const judged = await judge.code(facts, code, client);
    if (!('ticket' in judged)) throw tooManyTries(judged);
    return judged;
  };

  /** Judges everything that was sent but the password's own verdict, which has been settled: the code, or the passkey. */
  const judgeGiven = async (
    facts: Facts,
    given: Given,
    session: Session,
    client: Client,
  ): Promise<Judged | undefined> => {
    if ('password' in given) {
      await judgePassword(facts, given.password, session, client);
      return judgeCode(facts, given.code, session, client);
    }
    const judged = await judge.passkey(given.passkey, toProveAgain(session), session.userId, client);
    if ('result' in judged) throw wrongPasskey(judged.reason);
    if (!('ticket' in judged)) throw tooManyTries(judged);
    return judged;
  };

  /**
   * Answers the session's new token. Throws `wrong_password`, `wrong_otp`, `wrong_passkey` or `too_many_tries`; when the
   * account changed while it was judged, as if what was sent first was wrong.
   */
  return async (session: Session, given: Given, client: Client): Promise<string> => {
    const { userId } = session;
    const facts = await readFacts(database.read, userId);
    if (!facts) throw new Problem('unauthenticated');
    const code = await judgeGiven(facts, given, session, client);

    const finish = async (tx: Tx): Promise<Outcome> => {
      const now = clock();
      const about = { userId, sessionId: session.id, address: client.address };
      await sessions.mustStand(tx, session.id);
      if (!sameFacts(facts, await readFacts(tx, userId))) {
        if (code) await throttle.settle(tx, code.ticket, 'unjudged', now);
        return 'changed';
      }
      const spent = await code?.spend(tx, now);
      if (code && spent !== undefined && spent !== 'right') {
        await noteRefused(tx, parts, { event: refused, ...about }, { ticket: code.ticket, wrong: spent }, now);
        return spent;
      }
      if (code) await throttle.settle(tx, code.ticket, 'right', now);
      const secondFactor = code?.kind;
      await sessions.prove(tx, session.id, { password: 'password' in given, secondFactor }, now);
      if (secondFactor === 'recovery_code') await audit.record(tx, now, { event: 'recovery_code.used', ...about });
      const which = code?.passkeyId && { detail: { passkey: code.passkeyId } };
      await audit.record(tx, now, { event: 'session.reauthenticated', ...about, ...which });
      return { token: await sessions.renew(tx, session.id) };
    };
    const outcome = await (code
      ? judge.orGiveBack(code.ticket, () => database.transaction(finish))
      : database.transaction(finish));
    if (outcome === 'changed') throw 'passkey' in given ? wrongPasskey('signature') : new Problem('wrong_password');
    if ('token' in outcome) return outcome.token;
    throw outcome.result === 'wrong otp' ? new Problem('wrong_otp') : wrongPasskey(outcome.reason);
  };
}

/** What is proved again: the password, with a code where one is demanded; or a passkey, which is both. */
type Given = { password: string; code: Code | undefined } | { passkey: AuthenticationResponse };

type Outcome = { token: string } | Wrong | 'changed';

const refused = 'session.reauthentication_refused';
