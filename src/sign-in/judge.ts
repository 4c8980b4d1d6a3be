import type { Clock } from '../clock.ts';
import { type Database, DatabaseUnavailable } from '../database/database.ts';
import { type Client, Problem } from '../http/http.ts';
import type {
  AuthenticationResponse,
  Ceremony,
  NewPasskey,
  PasskeyRefusal,
  Passkeys,
  RefusedPasskey,
  RegistrationResponse,
} from '../passkeys/passkeys.ts';
import type { Passwords } from '../passwords/passwords.ts';
import { spendRecoveryCode } from '../recovery-codes/recovery-codes.ts';
import type { Browsers } from '../sessions/sessions.ts';
import {
  noCharge,
  otpTry,
  passkeyTry,
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
import type { ReadFacts } from './facts.ts';
import type { JudgedCode, JudgedPasskey, WrongPasskey } from './judged.ts';
import type { Facts } from './policy.ts';

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
  passkeys: Passkeys;
  readFacts: ReadFacts;
  /** Throws `unavailable` while the clock is not to be trusted with a code. */
  mustKnowTime: () => Promise<void>;
}) {
  const { database, clock, throttle, browsers, passwords, totp, passkeys, readFacts, mustKnowTime } = parts;

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

  /** Judges a code against the authenticator in force. */
  const otp = async (
    userId: string,
    authenticatorId: string,
    typed: string,
    client: Client,
  ): Promise<JudgedCode | Refusal> => {
    await mustKnowTime();
    const browser = await browsers.find(database.read, client, userId, clock());
    const ticket = await throttle.charge(otpTry(userId, authenticatorId, browser?.id));
    if (!('charges' in ticket)) return ticket;
    const match = await matchOf(ticket, { bound: userId }, typed);
    const step = stepIn(match);
    return {
      ...{ kind: 'otp', ticket },
      async spend(tx, now) {
        if (step !== undefined && (await totp.spend(tx, userId, authenticatorId, step, now))) return 'right';
        return { result: 'wrong otp', used: match !== 'wrong', known: browser !== undefined };
      },
    };
  };

  /** Charges a wrong answer of a passkey: to the browser, where the account that it was meant for knows that. */
  const chargePasskey = async (meantFor: string | undefined, client: Client): Promise<Ticket | Refusal> => {
    const browser = meantFor ? await browsers.find(database.read, client, meantFor, clock()) : undefined;
    return throttle.charge(passkeyTry(client.address, browser?.id));
  };

  const recoveryCode = async (userId: string, typed: string, client: Client): Promise<JudgedCode | Refusal> => {
    const browser = await browsers.find(database.read, client, userId, clock());
    const ticket = await throttle.charge(recoveryCodeTry(userId, browser?.id));
    if (!('charges' in ticket)) return ticket;
    return {
      ...{ kind: 'recovery_code', ticket },
      async spend(tx) {
        if (await spendRecoveryCode(tx, userId, typed)) return 'right';
        return { result: 'wrong otp', used: false, known: browser !== undefined };
      },
    };
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

    /**
     * Judges a code against the authenticator in force, or against the recovery codes. Throws `wrong_otp` for one of an
     * authenticator where there is none: nothing can be guessed there.
     */
    async code({ user, authenticator }: Facts, code: Code, client: Client): Promise<JudgedCode | Refusal> {
      if (code.kind === 'recovery_code') return recoveryCode(user.id, code.text, client);
      if (!authenticator) throw new Problem('wrong_otp');
      return otp(user.id, authenticator.id, code.text, client);
    },

    /**
     * Judges what a passkey has answered in a ceremony. Where an account is named it must be one of its own; else the
     * answer says whose it is. What answers no question of ours is refused at once: it takes nothing to know, so it costs
     * no try and no transaction, and leaves no row.
     */
    async passkey(
      answer: AuthenticationResponse,
      ceremony: Ceremony,
      userId: string | undefined,
      client: Client,
    ): Promise<JudgedPasskey | Refusal | WrongPasskey> {
      await mustKnowTime();
      const judged = await passkeys.judge(answer, ceremony, userId, clock());
      if (!('challenge' in judged)) return { result: 'wrong passkey', reason: judged.refused };
      const { passkey, meantFor } = judged;
      // For an account that is out of use nothing is right, here as where a password is judged.
      const facts = passkey && (await readFacts(database.read, passkey.userId));
      // Charged when it is judged, unlike what can be guessed: whoever holds the key is kept out by nobody's failures.
      const ticket = 'said' in judged && facts ? noCharge : await chargePasskey(meantFor, client);
      if (!('charges' in ticket)) return ticket;
      const wrong = (reason: PasskeyRefusal) => ({ result: 'wrong passkey', reason, passkeyId: passkey?.id }) as const;
      return {
        ...{ kind: 'passkey', ticket, passkeyId: passkey?.id, userId: passkey?.userId, facts },
        async spend(tx, now) {
          const refused = await passkeys.use(tx, judged, now);
          return refused ? wrong(refused) : 'right';
        },
        async forgo(tx) {
          const refused = await passkeys.forgo(tx, judged);
          return refused && wrong(refused);
        },
      };
    },

    /**
     * Judges what a device has answered that is to hold a new passkey. Throws `wrong_passkey` at once where it answers no
     * question of ours.
     */
    async registration(answer: RegistrationResponse, ceremony: Ceremony): Promise<NewPasskey | RefusedPasskey> {
      await mustKnowTime();
      return passkeys.verify(answer, ceremony, clock());
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
    'This authenticator is off after too many wrong codes: sign in with a recovery code or a passkey, and bind one again.';
  return new Problem('too_many_tries', { detail, members: { rebind: true } });
}
