import type { Audit } from '../audit/audit.ts';
import type { Clock } from '../clock.ts';
import type { Database, Tx } from '../database/database.ts';
import { type Client, Problem, type Session } from '../http/http.ts';
import { makeRecoveryCodes } from '../recovery-codes/recovery-codes.ts';
import type { Browsers, Sessions } from '../sessions/sessions.ts';
import { otpTry, pendingOtpTry, type Throttle, type Try } from '../throttle/throttle.ts';
import { type Enrolment, type Totp, type Which, whatToConfirm } from '../totp/totp.ts';
import type { Alarm } from './alarm.ts';
import type { FactorChanges } from './factor-changes.ts';
import type { GoesOn, GoOn } from './go-on.ts';
import { type Judge, tooManyTries } from './judge.ts';
import { hasSecondFactor } from './policy.ts';
import type { StillMay } from './still-may.ts';

/** How the second factor of an account stands after a change. */
export interface Standing {
  configured: boolean;
  confirmed: boolean;
  /** The secret in force has never been shown: its QR code must be fetched and scanned. */
  qrNeeded: boolean;
  /** It has just taken the place of another one. */
  replaced?: true;
  /** How the browser goes on in which it was changed. */
  goesOn?: GoesOn;
  /** Only where they were made just now. */
  recoveryCodes?: string[];
}

interface Parts {
  audit: Audit;
  database: Database;
  clock: Clock;
  throttle: Throttle;
  sessions: Sessions;
  browsers: Browsers;
  totp: Totp;
  judge: Judge;
  stillMay: StillMay;
  changes: FactorChanges;
  goOn: GoOn;
  alarm: Alarm;
}

/**
 * The second factor on and off: a verb over authenticators, recovery codes and sessions. Each change is one
 * transaction; a change of factors ends every other session and every pending secret.
 */
export function createSecondFactor(parts: Parts) {
  const { audit, database, clock, throttle, sessions, browsers, totp, judge, stillMay, changes, goOn, alarm } = parts;

  const standing = async (tx: Tx, userId: string, recoveryCodes?: string[]): Promise<Standing> => {
    const bound = await totp.inForce(tx, userId);
    const codes = recoveryCodes ? { recoveryCodes } : {};
    return {
      configured: bound !== undefined,
      confirmed: bound?.proved ?? false,
      qrNeeded: bound ? !bound.shown : false,
      ...codes,
    };
  };

  /** Confirms by a right code: the pending secret comes into force, or the one in force is proved. */
  const confirm = async (
    tx: Tx,
    session: Session,
    target: Target,
    step: number,
    now: number,
  ): Promise<Confirmed | undefined> => {
    const { userId, id: sessionId } = session;
    const facts = await stillMay(tx, session);
    const before = await totp.inForce(tx, userId);
    const accepted =
      target.secret === 'pending'
        ? await totp.bindPending(tx, userId, sessionId, { id: target.authenticatorId, step }, now)
        : await totp.spend(tx, userId, target.authenticatorId, step, now);
    if (!accepted) return undefined;
    // A passkey says more than a code, which without a password would leave the session with half of a proof.
    const byPasskey = facts.passkeys !== undefined && session.proved.includes('passkey');
    if (!byPasskey) await sessions.prove(tx, sessionId, { secondFactor: 'otp' }, now);
    if (target.secret === 'bound') return { event: 'otp.confirmed', standing: await standing(tx, userId) };
    if (before) await throttle.forget(tx, otpTry(userId, before.id));
    await changes.endTheRest(tx, userId, sessionId);
    const event = before ? 'otp.replaced' : 'otp.confirmed';
    const codes = before ? await makeRecoveryCodes(tx, userId) : await changes.codesOfTheFirst(tx, facts);
    const after = await standing(tx, userId, codes);
    return { event, standing: before ? { ...after, replaced: true } : after };
  };

  return {
    /**
     * Puts the second factor in force at once, unproved: the original's contract. Takes this session's pending secret,
     * else a new one. Where one is in force already, nothing changes.
     */
    async enable(session: Session, client: Client): Promise<Standing> {
      const { userId, id: sessionId } = session;
      return database.transaction(async (tx) => {
        const now = clock();
        const facts = await stillMay(tx, session);
        if (await totp.inForce(tx, userId)) return standing(tx, userId);
        const bound =
          (await totp.bindPending(tx, userId, sessionId, undefined, now)) ??
          (await totp.bindNew(tx, userId, sessionId, now));
        await changes.endTheRest(tx, userId, sessionId);
        await audit.record(tx, now, {
          event: 'otp.bound',
          userId,
          sessionId,
          address: client.address,
          detail: { shown: bound.shown },
        });
        return standing(tx, userId, await changes.codesOfTheFirst(tx, facts));
      });
    },

    /**
     * Proves the waiting secret by a code of it: the pending one comes into force, in place of one that was, or the one
     * in force counts as proved. Throws `wrong_otp` (and changes nothing), `too_many_tries`, or `otp_already_confirmed`
     * when nothing waits for a code. `inBrowser` the session gets a new token in the same transaction, because it has
     * come to be worth more, and the browser is known from now on.
     */
    async enableWithCode(
      session: Session,
      typed: string,
      client: Client,
      { inBrowser = false } = {},
    ): Promise<Standing> {
      const { userId, id: sessionId } = session;
      const enrolment = await totp.enrolment(database.read, userId, sessionId, clock());
      const browser = await browsers.find(database.read, client, userId, clock());
      const target = targetOf(enrolment, session, browser?.id);
      const judged = await judge.proof(target.tries, target.which, typed);
      if (!('ticket' in judged)) throw tooManyTries(judged);

      const finish = async (tx: Tx): Promise<Standing | undefined> => {
        const now = clock();
        const done = judged.step === undefined ? undefined : await confirm(tx, session, target, judged.step, now);
        const wrong = await throttle.settle(tx, judged.ticket, done ? 'right' : 'wrong', now);
        const about = { userId, sessionId, address: client.address };
        await audit.record(tx, now, { event: done?.event ?? 'otp.confirmation_refused', ...about });
        const known = browser !== undefined;
        if (!done && target.secret === 'bound') await alarm.consider(tx, about, { wrong, known }, now);
        if (!done || !inBrowser) return done?.standing;
        return { ...done.standing, goesOn: await goOn(tx, session, client, { was: known, proved: true }, now) };
      };
      const outcome = await judge.orGiveBack(judged.ticket, () => database.transaction(finish));
      if (!outcome) throw new Problem('wrong_otp');
      return outcome;
    },

    /**
     * Takes the authenticator away. Throws `second_factor_required` where policy demands one and there is no other, and
     * `last_way_in` where nobody could sign in any more: without a password, or with passkeys that cannot be used here and
     * no recovery codes. `inBrowser` the session gets a new token, and the browser stays known if it was.
     */
    async disable(session: Session, client: Client, { inBrowser = false } = {}): Promise<Standing> {
      const { userId, id: sessionId } = session;
      return database.transaction(async (tx) => {
        const facts = await stillMay(tx, session);
        if (!facts.authenticator) {
          if (facts.secondFactorRequired) await changes.mustBeLeftWell(tx, facts);
          return standing(tx, userId);
        }
        const now = clock();
        const was = (await browsers.find(tx, client, userId, now)) !== undefined;
        await throttle.forget(tx, otpTry(userId, facts.authenticator.id));
        await totp.remove(tx, userId);
        await changes.afterRemoval(tx, userId, sessionId);
        await audit.record(tx, now, { event: 'otp.removed', userId, sessionId, address: client.address });
        const left = await standing(tx, userId);
        return inBrowser ? { ...left, goesOn: await goOn(tx, session, client, { was, proved: false }, now) } : left;
      });
    },

    /** A new set of recovery codes, the old one void. Throws `second_factor_required` where there is none to recover. */
    async renewRecoveryCodes(session: Session, client: Client): Promise<string[]> {
      const { userId, id: sessionId } = session;
      return database.transaction(async (tx) => {
        if (!hasSecondFactor(await stillMay(tx, session))) {
          throw new Problem('second_factor_required', {
            detail: 'Recovery codes stand in for a second factor: set one up first.',
          });
        }
        await audit.record(tx, clock(), { event: 'recovery_codes.made', userId, sessionId, address: client.address });
        return makeRecoveryCodes(tx, userId);
      });
    },
  };
}

/** What a right code has done. */
interface Confirmed {
  event: 'otp.confirmed' | 'otp.replaced';
  standing: Standing;
}

/** The secret that waits for a code, and the budget that a code of it is charged to. */
interface Target {
  secret: 'pending' | 'bound';
  authenticatorId: string;
  which: Which;
  tries: Try[];
}

function targetOf(enrolment: Enrolment, { userId, id: sessionId }: Session, browserId: string | undefined): Target {
  const waiting = whatToConfirm(enrolment);
  if (waiting === 'none') throw new Problem('otp_already_confirmed');
  const { secret, id: authenticatorId } = waiting;
  return secret === 'pending'
    ? { secret, authenticatorId, which: { pendingOf: sessionId }, tries: pendingOtpTry(userId) }
    : { secret, authenticatorId, which: { bound: userId }, tries: otpTry(userId, authenticatorId, browserId) };
}
