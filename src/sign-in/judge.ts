import type { Clock } from '../clock.ts';
import type { Database, Tx } from '../database/database.ts';
import { Problem } from '../http/http.ts';
import type { Passwords } from '../passwords/passwords.ts';
import { spendRecoveryCode } from '../recovery-codes/recovery-codes.ts';
import {
  otpTry,
  passwordTry,
  type Refusal,
  recoveryCodeTry,
  type Throttle,
  type Ticket,
} from '../throttle/throttle.ts';
import type { Totp } from '../totp/totp.ts';

/**
 * Judging secrets, the same way wherever one is sent: charge a try, judge, and hand back the ticket with which the
 * caller settles it in the transaction of what follows. A try that could not be judged is given back.
 */
export interface Code {
  kind: 'otp' | 'recovery_code';
  text: string;
}

export interface JudgedPassword {
  ticket: Ticket;
  right: boolean;
}

export interface JudgedCode {
  ticket: Ticket;
  /** Spends the code in the transaction of what it allows; false where it was wrong or is spent. */
  spend(tx: Tx, now: number): Promise<boolean>;
}

export type Judge = ReturnType<typeof createJudge>;

export function createJudge(parts: {
  database: Database;
  clock: Clock;
  throttle: Throttle;
  passwords: Passwords;
  totp: Totp;
}) {
  const { database, clock, throttle, passwords, totp } = parts;

  const orGiveBack = async <T>(ticket: Ticket, work: () => Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (error) {
      await database.transaction((tx) => throttle.settle(tx, ticket, 'unjudged', clock()));
      throw error;
    }
  };

  return {
    /** Judges the password of a name; `userId` is absent where there is no such user, which costs the same. */
    async password(given: {
      name: string;
      userId: string | undefined;
      password: string;
      address: string;
    }): Promise<JudgedPassword | Refusal> {
      const ticket = await throttle.charge(passwordTry(given.name, given.address));
      if (!('charges' in ticket)) return ticket;
      const right = await orGiveBack(ticket, () => passwords.verify(given.userId, given.password));
      return { ticket, right };
    },

    /** Judges a code against the authenticator in force, or against the recovery codes. */
    async code(userId: string, authenticatorId: string, code: Code): Promise<JudgedCode | Refusal> {
      const isOtp = code.kind === 'otp';
      const ticket = await throttle.charge(isOtp ? otpTry(userId, authenticatorId) : recoveryCodeTry(userId));
      if (!('charges' in ticket)) return ticket;
      if (!isOtp) return { ticket, spend: (tx) => spendRecoveryCode(tx, userId, code.text) };
      const match = await orGiveBack(ticket, () => totp.judge(database.read, { bound: userId }, code.text, clock()));
      const spend = async (tx: Tx, now: number): Promise<boolean> =>
        typeof match === 'object' && totp.spend(tx, userId, authenticatorId, match.step, now);
      return { ticket, spend };
    },
  };
}

/** A refusal of the throttle as a problem; one without an end says that the authenticator must be bound again. */
export function tooManyTries({ retryAfter }: Refusal): Problem {
  if (retryAfter !== undefined) return new Problem('too_many_tries', { retryAfter });
  const detail =
    'This authenticator is off after too many wrong codes: sign in with a recovery code and bind one again.';
  return new Problem('too_many_tries', { detail, members: { rebind: true } });
}
