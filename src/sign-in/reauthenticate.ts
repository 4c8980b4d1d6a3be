import type { Audit } from '../audit/audit.ts';
import type { Clock } from '../clock.ts';
import type { Database, Tx } from '../database/database.ts';
import { type Client, Problem, type Session } from '../http/http.ts';
import type { Sessions } from '../sessions/sessions.ts';
import type { Throttle } from '../throttle/throttle.ts';
import type { Alarm } from './alarm.ts';
import { type ReadFacts, sameFacts } from './facts.ts';
import { type Code, type Judge, type JudgedCode, type JudgedPassword, tooManyTries } from './judge.ts';
import { nextStep } from './next-step.ts';
import type { Facts } from './policy.ts';

/**
 * Proving again, from a session, what a sign-in now would demand. The session keeps its id, its overall end and its
 * pending secret, and gets a new token; the old one is void.
 */
export function createReauthenticate(parts: {
  audit: Audit;
  database: Database;
  clock: Clock;
  throttle: Throttle;
  sessions: Sessions;
  judge: Judge;
  readFacts: ReadFacts;
  alarm: Alarm;
}) {
  const { audit, database, clock, throttle, sessions, judge, readFacts, alarm } = parts;

  /** Settles what was wrong, tells the audit log, and throws the problem. */
  const refuse = async (
    judged: JudgedPassword | JudgedCode | undefined,
    code: 'wrong_password' | 'wrong_otp',
    session: Session,
    client: Client,
  ): Promise<never> => {
    await database.transaction(async (tx) => {
      const now = clock();
      const about = { userId: session.userId, sessionId: session.id, address: client.address };
      const detail = { reason: code };
      await audit.record(tx, now, { event: 'session.reauthentication_refused', ...about, detail });
      if (!judged) return;
      const wrong = await throttle.settle(tx, judged.ticket, 'wrong', now);
      if ('known' in judged) await alarm.consider(tx, about, { wrong, known: judged.known }, now);
    });
    throw new Problem(code);
  };

  /** Judges the code where one is demanded, or one was sent for an authenticator in force. */
  const judgeCode = async (
    facts: Facts,
    code: Code | undefined,
    session: Session,
    client: Client,
  ): Promise<JudgedCode | undefined> => {
    const demanded = { secondFactor: facts.authenticator?.proved ?? false };
    const next = nextStep({ password: true, secondFactor: false }, demanded);
    if (!code && next === 'prove second factor') return refuse(undefined, 'wrong_otp', session, client);
    if (!code || !facts.authenticator) return undefined;
    const judged = await judge.code(facts.user.id, facts.authenticator.id, code, client);
    if (!('ticket' in judged)) throw tooManyTries(judged);
    return judged;
  };

  /**
   * Answers the session's new token. Throws `wrong_password`, `wrong_otp` or `too_many_tries`, and `wrong_password`
   * when the account changed while it was judged.
   */
  return async (
    session: Session,
    given: { password: string; code: Code | undefined },
    client: Client,
  ): Promise<string> => {
    const facts = await readFacts(database.read, session.userId);
    if (!facts) throw new Problem('unauthenticated');
    const { name, id: userId } = facts.user;
    const password = await judge.password({
      name,
      find: async () => userId,
      password: given.password,
      client,
    });
    if (!('ticket' in password)) throw tooManyTries(password);
    if (!password.right) return refuse(password, 'wrong_password', session, client);
    await database.transaction((tx) => throttle.settle(tx, password.ticket, 'right', clock()));
    const code = await judgeCode(facts, given.code, session, client);

    const finish = async (tx: Tx): Promise<{ token: string } | 'changed' | 'wrong code'> => {
      const now = clock();
      await sessions.mustStand(tx, session.id);
      if (!sameFacts(facts, await readFacts(tx, userId))) {
        if (code) await throttle.settle(tx, code.ticket, 'unjudged', now);
        return 'changed';
      }
      if (code && !(await code.spend(tx, now))) return 'wrong code';
      if (code) await throttle.settle(tx, code.ticket, 'right', now);
      const secondFactor = code && given.code?.kind;
      await sessions.prove(tx, session.id, { password: true, secondFactor }, now);
      const about = { userId, sessionId: session.id, address: client.address };
      if (secondFactor === 'recovery_code') await audit.record(tx, now, { event: 'recovery_code.used', ...about });
      await audit.record(tx, now, { event: 'session.reauthenticated', ...about });
      return { token: await sessions.renew(tx, session.id) };
    };
    const outcome = await (code
      ? judge.orGiveBack(code.ticket, () => database.transaction(finish))
      : database.transaction(finish));
    if (outcome === 'wrong code') return refuse(code, 'wrong_otp', session, client);
    if (outcome === 'changed') throw new Problem('wrong_password');
    return outcome.token;
  };
}
