import type { Tx } from '../database/database.ts';
import { Problem } from '../http/http.ts';
import type { Passkeys } from '../passkeys/passkeys.ts';
import { makeRecoveryCodes, recoveryCodesLeft, voidRecoveryCodes } from '../recovery-codes/recovery-codes.ts';
import type { Sessions } from '../sessions/sessions.ts';
import { otpTry, pendingOtpTry, recoveryCodeTry, type Throttle } from '../throttle/throttle.ts';
import type { Totp } from '../totp/totp.ts';
import type { EndSessions } from './end-sessions.ts';
import type { ReadFacts } from './facts.ts';
import { type Facts, hasSecondFactor, whatForbids } from './policy.ts';

export type FactorChanges = ReturnType<typeof createFactorChanges>;

/** What a change of factors brings with it, whichever factor it is, in the transaction of the change. */
export function createFactorChanges(parts: {
  throttle: Throttle;
  sessions: Sessions;
  totp: Totp;
  passkeys: Passkeys;
  readFacts: ReadFacts;
  endSessions: EndSessions;
}) {
  const { throttle, sessions, totp, passkeys, readFacts, endSessions } = parts;

  /** What every change of factors ends; `keptSessionId` is the only session that goes on. */
  const endTheRest = async (tx: Tx, userId: string, keptSessionId?: string): Promise<void> => {
    await totp.discardPending(tx, userId);
    await endSessions(tx, userId, { session: keptSessionId });
    await throttle.forget(tx, pendingOtpTry(userId));
  };

  /**
   * With the last second factor its recovery codes go, and what the session that goes on has proved of it. A session that
   * was made by a passkey alone has proved nothing else, and keeps that: it is not fresh by it any more.
   */
  const endLast = async (tx: Tx, userId: string, keptSessionId?: string): Promise<void> => {
    await throttle.forget(tx, recoveryCodeTry(userId));
    await voidRecoveryCodes(tx, userId);
    if (keptSessionId === undefined) return;
    const { passwordAt } = await sessions.mustStand(tx, keptSessionId);
    if (passwordAt !== undefined) await sessions.forgetSecondFactor(tx, keptSessionId);
  };

  /**
   * Throws where an account may not be left as it is now: `second_factor_required`, or `last_way_in`, which may be
   * accepted where the way to do so is offered.
   */
  const mustBeLeftWell = async (tx: Tx, facts: Facts, accepts?: Accepts): Promise<void> => {
    const { id } = facts.user;
    const all = (await passkeys.list(tx, id)).length;
    const usable = (await passkeys.usable(tx, id)).length;
    const recoveryCodes = await recoveryCodesLeft(tx, id);
    const forbids = whatForbids(facts, { passkeys: { all, usable }, recoveryCodesLeft: recoveryCodes });
    if (!forbids || (forbids === 'last_way_in' && accepts?.noWayIn)) return;
    if (forbids === 'second_factor_required' || accepts) throw new Problem(forbids);
    throw new Problem(forbids, { detail: `Nobody could sign in any more${all === 0 ? setPassword : whatIsLeft}` });
  };

  return {
    endTheRest,
    mustBeLeftWell,

    /** Makes recovery codes with the first second factor; `before` is how the account stood without it. */
    async codesOfTheFirst(tx: Tx, before: Facts): Promise<string[] | undefined> {
      return hasSecondFactor(before) ? undefined : makeRecoveryCodes(tx, before.user.id);
    },

    /**
     * What follows when a second factor has been taken away from an account in use. Throws what `mustBeLeftWell` does,
     * and then nothing has been taken away.
     */
    async afterRemoval(tx: Tx, userId: string, keptSessionId: string, accepts?: Accepts): Promise<void> {
      const left = await readFacts(tx, userId);
      if (!left) throw new Problem('unauthenticated');
      await mustBeLeftWell(tx, left, accepts);
      if (!hasSecondFactor(left)) await endLast(tx, userId, keptSessionId);
      await endTheRest(tx, userId, keptSessionId);
    },

    /** Takes every second factor of an account away, and ends every session. */
    async removeAll(tx: Tx, userId: string): Promise<void> {
      const bound = await totp.inForce(tx, userId);
      if (bound) await throttle.forget(tx, otpTry(userId, bound.id));
      await totp.remove(tx, userId);
      await passkeys.removeAll(tx, userId);
      await endLast(tx, userId);
      await endTheRest(tx, userId);
    },
  };
}

/** Which consequence its owner has named, where there is a way to name it. */
interface Accepts {
  noWayIn: boolean;
}

const whatIsLeft =
  ': the passkeys of this account are for another address of this service. Remove them first, or add one here.';
const setPassword = '. Set a password first.';
