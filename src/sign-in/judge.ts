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
  type Try,
} from '../throttle/throttle.ts';
import type { Match, Totp, Which } from '../totp/totp.ts';

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
  /** It belongs to one of the steps that are looked at: where it cannot be spent, it was used already. */
  matches: boolean;
  /** Spends the code in the transaction of what it allows; false where it was wrong or is spent. */
  spend(tx: Tx, now: number): Promise<boolean>;
}

export interface JudgedProof {
  ticket: Ticket;
  /** The step to be spent; absent where the code was wrong. */
  step: number | undefined;
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

  /** What a code is; the charge is given back when the secret cannot be opened. */
  const matchOf = (ticket: Ticket, which: Which, typed: string): Promise<Match> =>
    orGiveBack(ticket, () => totp.judge(database.read, which, typed, clock()));

  return {
    /** Does what follows a charge; when it fails, the charge is given back. */
    orGiveBack,

    /**
     * Judges the password of a name. `find` answers whose it is, or nothing where there is no such user, which costs the
     * same; it is asked once the try is charged, so that how long a throttled try takes tells nothing either.
     */
    async password(given: {
      name: string;
      find: () => Promise<string | undefined>;
      password: string;
      address: string;
    }): Promise<JudgedPassword | Refusal> {
      const ticket = await throttle.charge(passwordTry(given.name, given.address));
      if (!('charges' in ticket)) return ticket;
      const right = await orGiveBack(ticket, async () => passwords.verify(await given.find(), given.password));
      return { ticket, right };
    },

    /** Judges a code against the authenticator in force, or against the recovery codes. */
    async code(userId: string, authenticatorId: string, code: Code): Promise<JudgedCode | Refusal> {
      const isOtp = code.kind === 'otp';
      const ticket = await throttle.charge(isOtp ? otpTry(userId, authenticatorId) : recoveryCodeTry(userId));
      if (!('charges' in ticket)) return ticket;
      if (!isOtp) return { ticket, matches: false, spend: (tx) => spendRecoveryCode(tx, userId, code.text) };
      const match = await matchOf(ticket, { bound: userId }, code.text);
      const step = stepIn(match);
      const spend = async (tx: Tx, now: number): Promise<boolean> =>
        step !== undefined && totp.spend(tx, userId, authenticatorId, step, now);
      return { ticket, matches: match !== 'wrong', spend };
    },

    /** Judges a code that is to prove a secret which nobody has proved yet. */
    async proof(tries: readonly Try[], which: Which, typed: string): Promise<JudgedProof | Refusal> {
      const ticket = await throttle.charge(tries);
      if (!('charges' in ticket)) return ticket;
      return { ticket, step: stepIn(await matchOf(ticket, which, typed)) };
    },
  };
}

/** The unspent step that a code belongs to, if any. */
function stepIn(match: Match): number | undefined {
  return typeof match === 'object' ? match.step : undefined;
}

/** A refusal of the throttle as a problem; one without an end says that the authenticator must be bound again. */
export function tooManyTries({ retryAfter }: Refusal): Problem {
  if (retryAfter !== undefined) return new Problem('too_many_tries', { retryAfter });
  const detail =
    'This authenticator is off after too many wrong codes: sign in with a recovery code and bind one again.';
  return new Problem('too_many_tries', { detail, members: { rebind: true } });
}
