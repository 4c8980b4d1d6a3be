import type { Audit } from '../audit/audit.ts';
import type { Clock } from '../clock.ts';
import type { Database, Tx } from '../database/database.ts';
import { type Client, Problem, type Session } from '../http/http.ts';
import { makeRecoveryCodes, voidRecoveryCodes } from '../recovery-codes/recovery-codes.ts';
import type { Browsers, Sessions } from '../sessions/sessions.ts';
import { otpTry, pendingOtpTry, recoveryCodeTry, type Throttle, type Try } from '../throttle/throttle.ts';
import { type Enrolment, type Totp, type Which, whatToConfirm } from '../totp/totp.ts';
import type { Alarm } from './alarm.ts';
import type { EndSessions } from './end-sessions.ts';
import type { GoesOn, GoOn } from './go-on.ts';
import { type Judge, tooManyTries } from './judge.ts';
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
  endSessions: EndSessions;
  goOn: GoOn;
  alarm: Alarm;
}

/**
 * The second factor on and off: a verb over authenticators, recovery codes and sessions. Each change is one
 * transaction; a change of factors ends every other session and every pending secret.
 */
export function createSecondFactor(parts: Parts) {
  const { audit, database, clock, throttle, sessions, browsers, totp, judge, stillMay, endSessions, goOn, alarm } =
    parts;

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

  /** What every change of factors ends. */
  const endTheRest = async (tx: Tx, userId: string, keptSessionId?: string): Promise<void> => {
    await totp.discardPending(tx, userId);
    await endSessions(tx, userId, { session: keptSessionId });
    await throttle.forget(tx, pendingOtpTry(userId));
  };

  /** Takes every second factor away; `keptSessionId` is the only session that goes on. */
  const removeAll = async (tx: Tx, userId: string, keptSessionId?: string): Promise<boolean> => {
    const bound = await totp.inForce(tx, userId);
    if (bound) await throttle.forget(tx, otpTry(userId, bound.id));
    await throttle.forget(tx, recoveryCodeTry(userId));
    await totp.remove(tx, userId);
    await voidRecoveryCodes(tx, userId);
    if (keptSessionId !== undefined) await sessions.forgetSecondFactor(tx, keptSessionId);
    await endTheRest(tx, userId, keptSessionId);
    return bound !== undefined;
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
    await stillMay(tx, session);
    const before = await totp.inForce(tx, userId);
    const accepted =
      target.secret === 'pending'
        ? await totp.bindPending(tx, userId, sessionId, { id: target.authenticatorId, step }, now)
        : await totp.spend(tx, userId, target.authenticatorId, step, now);
    if (!accepted) return undefined;
    await sessions.prove(tx, sessionId, { secondFactor: 'otp' }, now);
    if (target.secret === 'bound') return { event: 'otp.confirmed', standing: await standing(tx, userId) };
    if (before) await throttle.forget(tx, otpTry(userId, before.id));
    await endTheRest(tx, userId, sessionId);
    const event = before ? 'otp.replaced' : 'otp.confirmed';
    const after = await standing(tx, userId, await makeRecoveryCodes(tx, userId));
    return { event, standing: before ? { ...after, replaced: true } : after };
  };

  return {
    removeAll,

    /**
     * Puts the second factor in force at once, unproved: the original's contract. Takes this session's pending secret,
     * else a new one. Where one is in force already, nothing changes.
     */
    async enable(session: Session, client: Client): Promise<Standing> {
      const { userId, id: sessionId } = session;
      return database.transaction(async (tx) => {
        const now = clock();
        await stillMay(tx, session);
        if (await totp.inForce(tx, userId)) return standing(tx, userId);
        const bound =
          (await totp.bindPending(tx, userId, sessionId, undefined, now)) ??
          (await totp.bindNew(tx, userId, sessionId, now));
        await endTheRest(tx, userId, sessionId);
        await audit.record(tx, now, {
          event: 'otp.bound',
          userId,
          sessionId,
          address: client.address,
          detail: { shown: bound.shown },
        });
        return standing(tx, userId, await makeRecoveryCodes(tx, userId));
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

    /** Takes the second factor away. Throws `second_factor_required` where policy demands one. */
    async disable(session: Session, client: Client): Promise<Standing> {
      const { userId, id: sessionId } = session;
      return database.transaction(async (tx) => {
        const facts = await stillMay(tx, session);
        if (facts.secondFactorRequired) throw new Problem('second_factor_required');
        const now = clock();
        if (await totp.inForce(tx, userId)) {
          await removeAll(tx, userId, sessionId);
          await audit.record(tx, now, { event: 'otp.removed', userId, sessionId, address: client.address });
        }
        return standing(tx, userId);
      });
    },

    /** A new set of recovery codes, the old one void. Throws `second_factor_required` where there is none to recover. */
    async renewRecoveryCodes(session: Session, client: Client): Promise<string[]> {
      const { userId, id: sessionId } = session;
      return database.transaction(async (tx) => {
        await stillMay(tx, session);
        if (!(await totp.inForce(tx, userId))) {
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
