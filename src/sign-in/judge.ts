import type { Clock } from '../clock.ts';
import { type Database, DatabaseUnavailable, type Tx } from '../database/database.ts';
import { type Client, Problem } from '../http/http.ts';
import type { Passwords } from '../passwords/passwords.ts';
import { spendRecoveryCode } from '../recovery-codes/recovery-codes.ts';
import type { Browsers } from '../sessions/sessions.ts';
import {
  otpTry,
  passwordTry,
  type Refusal,
  recoveryCodeTry,
  siteOf,
  type Throttle,
  type Ticket,
  type Try,
} from '../throttle/throttle.ts';
import type { Match, Totp, Which } from '../totp/totp.ts';
import { findUser } from '../users/users.ts';

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
  /** The browser that it came from, where the account knows it. */
  browserId: string | undefined;
}

export interface JudgedCode {
  ticket: Ticket;
  /** It came from a browser that the account knows. */
  known: boolean;
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
  browsers: Browsers;
  passwords: Passwords;
  totp: Totp;
  /** Throws `unavailable` while the clock is not to be trusted with a code. */
  mustKnowTime: () => Promise<void>;
}) {
  const { database, clock, throttle, browsers, passwords, totp, mustKnowTime } = parts;

  const orGiveBack = async <T>(ticket: Ticket, work: () => Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (error) {
      // A verdict that may be kept is not taken back: one that is not kept counts as wrong after a while.
      if (error instanceof DatabaseUnavailable && error.inDoubt) throw error;
      await database.transaction((tx) => throttle.settle(tx, ticket, 'unjudged', clock()));
      throw error;
    }
  };

  /** What a code is; the charge is given back when the secret cannot be opened. */
  const matchOf = (ticket: Ticket, which: Which, typed: string): Promise<Match> =>
    orGiveBack(ticket, () => totp.judge(database.read, which, typed, clock()));

  /**
   * The browser that sends a request, if the account of a name knows it. The account is found by the browser's token and
   * its name compared, so that nothing depends on whether there is an account of that name.
   */
  const knownByName = async (client: Client, name: string): Promise<string | undefined> => {
    for (const { browser } of await browsers.standing(database.read, client, clock())) {
      const user = await findUser(database.read, browser.userId);
      if (user?.name === name) return browser.id;
    }
    return undefined;
  };

  return {
    /** Does what follows a charge; when that fails, and nothing of it can have been kept, the charge is given back. */
    orGiveBack,

    /**
     * Judges the password of a name. `find` answers whose it is, or nothing where there is no such user, which costs the
     * same; it is asked once the try is charged, so that how long a throttled try takes tells nothing either.
     */
    async password(given: {
      name: string;
      find: () => Promise<string | undefined>;
      password: string;
      client: Client;
    }): Promise<JudgedPassword | Refusal> {
      const { name, client } = given;
      const browserId = await knownByName(client, name);
      const asker = { network: siteOf(client.address), known: browserId !== undefined };
      // Before the try is charged: turning away in a flood is to cost no transaction.
      passwords.mustHaveRoom(asker);
      const ticket = await throttle.charge(passwordTry(name, client.address, browserId));
      if (!('charges' in ticket)) return ticket;
      const right = await orGiveBack(ticket, async () => passwords.verify(await given.find(), given.password, asker));
      return { ticket, right, browserId };
    },

    /** Judges a code against the authenticator in force, or against the recovery codes. */
    async code(userId: string, authenticatorId: string, code: Code, client: Client): Promise<JudgedCode | Refusal> {
      const isOtp = code.kind === 'otp';
      if (isOtp) await mustKnowTime();
      const browser = await browsers.find(database.read, client, userId, clock());
      const tries = isOtp ? otpTry(userId, authenticatorId, browser?.id) : recoveryCodeTry(userId, browser?.id);
      const ticket = await throttle.charge(tries);
      if (!('charges' in ticket)) return ticket;
      const known = browser !== undefined;
      if (!isOtp) return { ticket, known, matches: false, spend: (tx) => spendRecoveryCode(tx, userId, code.text) };
      const match = await matchOf(ticket, { bound: userId }, code.text);
      const step = stepIn(match);
      const spend = async (tx: Tx, now: number): Promise<boolean> =>
        step !== undefined && totp.spend(tx, userId, authenticatorId, step, now);
      return { ticket, known, matches: match !== 'wrong', spend };
    },

    /** Judges a code that is to prove a secret which nobody has proved yet. */
    async proof(tries: readonly Try[], which: Which, typed: string): Promise<JudgedProof | Refusal> {
      await mustKnowTime();
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
