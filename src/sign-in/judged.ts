import type { Tx } from '../database/database.ts';
import type { PasskeyRefusal } from '../passkeys/passkeys.ts';
import type { SecondProof } from '../sessions/sessions.ts';
import type { Ticket } from '../throttle/throttle.ts';
import type { Facts } from './policy.ts';

/**
 * What stands for a second factor, or for both, and has been judged: it waits for the transaction of what it allows, in
 * which it is spent and its ticket settled.
 */
export interface Judged<W extends Wrong = Wrong> {
  kind: SecondProof;
  ticket: Ticket;
  /** Which passkey it is by, where it is by one of ours. */
  passkeyId?: string | undefined;
  /** Spends the code, or the challenge that a passkey has answered: `right`, or what was wrong or is spent already. */
  spend(tx: Tx, now: number): Promise<'right' | W>;
}

export type JudgedCode = Judged<WrongOtp>;

/** What a passkey has answered, and whose it is. */
export interface JudgedPasskey extends Judged<WrongPasskey> {
  userId: string | undefined;
  /** How the account of the passkey stands; nothing where it is out of use, or the passkey nobody's. */
  facts: Facts | undefined;
  /** Spends the challenge and nothing else, where nobody may sign in by it; says what was wrong with the answer, if so. */
  forgo(tx: Tx): Promise<WrongPasskey | undefined>;
}

export type Wrong = WrongOtp | WrongPasskey;

/** A code that is not right, or no longer. */
export interface WrongOtp {
  result: 'wrong otp';
  /** It was right once: the person must wait for the next one. */
  used: boolean;
  /** It came from a browser that the account knows. */
  known: boolean;
}

/** What a passkey has answered was not right, or no longer. */
export interface WrongPasskey {
  result: 'wrong passkey';
  reason: PasskeyRefusal;
  /** The passkey that has answered, where it is one of ours. */
  passkeyId?: string | undefined;
}
