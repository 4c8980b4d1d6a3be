import type { Audit } from '../audit/audit.ts';
import type { Clock } from '../clock.ts';
import type { Database, Tx } from '../database/database.ts';
import { type Client, Problem, type Session } from '../http/http.ts';
import type { NewPassword, Passwords } from '../passwords/passwords.ts';
import type { Browsers } from '../sessions/sessions.ts';
import { passwordTry, siteOf, type Throttle } from '../throttle/throttle.ts';
import type { Totp } from '../totp/totp.ts';
import type { EndSessions } from './end-sessions.ts';
import { type ReadFacts, sameFacts } from './facts.ts';
import type { GoesOn, GoOn } from './go-on.ts';
import { type Judge, tooManyTries } from './judge.ts';
import { type Facts, minimumPassword } from './policy.ts';
import type { StillMay } from './still-may.ts';

interface Parts {
  audit: Audit;
  database: Database;
  clock: Clock;
  throttle: Throttle;
  passwords: Passwords;
  totp: Totp;
  judge: Judge;
  readFacts: ReadFacts;
  stillMay: StillMay;
  browsers: Browsers;
  goOn: GoOn;
  endSessions: EndSessions;
}

/** A new password: proving the present one, and what the change ends. */
export function createChangePassword(parts: Parts) {
  const { audit, database, clock, throttle, passwords, totp, judge, readFacts, stillMay, browsers, endSessions, goOn } =
    parts;

  /** Stores a new password and ends the account's sessions, but the one named, its pending secrets, and what browsers know it. */
  const replace = async (
    tx: Tx,
    userId: string,
    password: NewPassword,
    keptSessionId: string | undefined,
    now: number,
  ): Promise<void> => {
    await passwords.set(tx, userId, password, now);
    await totp.discardPending(tx, userId);
    await endSessions(tx, userId, { session: keptSessionId });
  };

  /** Judges the present password, at the budget of sign-in. */
  const proveCurrent = async (session: Session, name: string, current: string, client: Client): Promise<void> => {
    const { userId, id: sessionId } = session;
    const judged = await judge.password({ name, find: async () => userId, password: current, client });
    if (!('ticket' in judged)) throw tooManyTries(judged);
    await database.transaction(async (tx) => {
      const now = clock();
      await throttle.settle(tx, judged.ticket, judged.right ? 'right' : 'wrong', now);
      if (!judged.right)
        await audit.record(tx, now, { event: 'password.change_refused', userId, sessionId, address: client.address });
    });
    if (!judged.right) throw new Problem('wrong_password');
  };

  return {
    replace,

    /**
     * Changes the password from a session, or sets the first one of an account that has none: then there is no `current`.
     * Throws `wrong_password`, `weak_password`, `too_many_tries`, or `invalid` where `current` lacks or is too much. With
     * `inBrowser` the session gets a new token in the same transaction, and the browser stays known if it was.
     */
    async change(
      session: Session,
      given: { current: string | undefined; new: string },
      client: Client,
      { inBrowser = false } = {},
    ): Promise<GoesOn | undefined> {
      const { userId, id: sessionId } = session;
      const facts = await readFacts(database.read, userId);
      if (!facts) throw new Problem('unauthenticated');
      const { name } = facts.user;
      const current = currentOf(facts, given.current);
      if (current !== undefined) {
        await proveCurrent(session, name, current, client);
        if (given.new.normalize('NFC') === current.normalize('NFC')) throw unchanged();
      }
      const password = await passwords.prepareNew(given.new, {
        name,
        minimum: minimumPassword(facts.secondFactorRequired),
        network: siteOf(client.address),
      });

      return database.transaction(async (tx) => {
        if (!sameFacts(facts, await stillMay(tx, session))) throw new Problem('wrong_password');
        const now = clock();
        const was = (await browsers.find(tx, client, userId, now)) !== undefined;
        await replace(tx, userId, password, sessionId, now);
        const about = { userId, sessionId, address: client.address };
        const first = current === undefined && { detail: { first: true } };
        await audit.record(tx, now, { event: 'password.changed', ...about, ...first });
        return inBrowser ? goOn(tx, session, client, { was, proved: false }, now) : undefined;
      });
    },

    /**
     * Spends a one-time link and sets the password; false when the link is spent, or the account may not be used any
     * more. Throws `weak_password`, and then the link stays good.
     */
    async acceptLink(facts: Facts, given: { token: string; password: string }, client: Client): Promise<boolean> {
      const { name, id: userId } = facts.user;
      const minimum = minimumPassword(facts.secondFactorRequired);
      const network = siteOf(client.address);
      const password = await passwords.prepareNew(given.password, { name, minimum, network });
      return database.transaction(async (tx) => {
        const now = clock();
        if (!(await readFacts(tx, userId)) || !(await passwords.takeLink(tx, given.token, now))) return false;
        // Tries at the password that is gone say nothing of the new one.
        const [tries] = passwordTry(name, client.address);
        if (tries) await throttle.forget(tx, [tries]);
        await replace(tx, userId, password, undefined, now);
        await audit.record(tx, now, {
          event: 'password.changed',
          userId,
          address: client.address,
          detail: { by: 'link' },
        });
        return true;
      });
    },
  };
}

/** The present password as it must be given where there is one, and must not where there is none. */
function currentOf({ password }: Facts, given: string | undefined): string | undefined {
  if ((password === undefined) === (given === undefined)) return given;
  const detail = password
    ? 'Send the present password too.'
    : 'This account has no password yet: send the new one alone.';
  throw new Problem('invalid', { errors: [{ pointer: '/current', detail }] });
}

const unchanged = () =>
  new Problem('weak_password', {
    detail: 'That is the password it is now. Choose another one.',
    members: { reason: 'unchanged' },
  });
