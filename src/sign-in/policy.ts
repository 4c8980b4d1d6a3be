import { minute } from '../clock.ts';
import type { Level } from '../http/http.ts';
import type { Options } from '../options.ts';
import type { CheckedSession, SecondProof } from '../sessions/sessions.ts';
import type { StoredFacts } from './store.ts';

/**
 * What a session may do, as pure rules: judged at each request from what this session itself has proved and what policy
 * demands now.
 */

/** Everything about an account that a sign-in rests on. */
export interface Facts extends StoredFacts {
  secondFactorRequired: boolean;
}

/** For how long a proof counts as fresh (NIST SP 800-63B-4 leaves the number to us). */
export const freshFor = 10 * minute;

/** Whether policy demands a second factor of an account. */
export function requiresSecondFactor(administrator: boolean, of: Options['requireSecondFactor']): boolean {
  return of === 'everyone' || (of === 'administrators' && administrator);
}

/** Code points that a new password has at least: more where it is the only factor (NIST SP 800-63B-4, 3.1.1.2). */
export function minimumPassword(secondFactorRequired: boolean): 8 | 15 {
  return secondFactorRequired ? 8 : 15;
}

/** Whether a sign-in with the password needs something more. */
export function hasSecondFactor({ authenticator, passkeys }: Facts): boolean {
  return authenticator !== undefined || passkeys !== undefined;
}

/** Whether a second factor is in force of which it is known that its person has it. */
export function hasProvedFactor({ authenticator, passkeys }: Facts): boolean {
  return authenticator?.proved === true || passkeys !== undefined;
}

/** What a session may do now; nothing when a second factor is in force that it has neither proved nor put in force. */
export function levelOf(facts: Facts, session: CheckedSession): Level | undefined {
  if (hasSecondFactor(facts)) {
    // A recovery code stands in for a factor that was proved once; it does not make up for one that never was.
    const unproved = facts.secondFactorRequired && !hasProvedFactor(facts);
    if (session.secondFactor) return unproved ? 'enrolling' : 'full';
    // Whoever has switched an authenticator on goes on without a code of it, but not past a passkey.
    if (facts.passkeys || facts.authenticator?.boundBy !== session.id) return undefined;
    return facts.secondFactorRequired ? 'enrolling' : 'full';
  }
  if (facts.secondFactorRequired) return 'enrolling';
  return facts.password?.short ? 'changing password' : 'full';
}

/**
 * Whether the session proved, within `freshFor`, what a sign-in now would demand; an authenticator never proved is not
 * demanded, and a passkey is both factors at once. A factor that has gone since proves nothing of what is left.
 */
export function isFresh(facts: Facts, session: CheckedSession, now: number): boolean {
  const recent = (at: number | undefined): boolean => at !== undefined && now - at < freshFor;
  const { secondFactor } = session;
  const second = secondFactor && stands(facts, secondFactor.kind) && recent(secondFactor.at);
  if (second && secondFactor.kind === 'passkey') return true;
  return recent(session.passwordAt) && (second || !hasProvedFactor(facts));
}

/** Whether what was proved is still a factor of the account. A recovery code stands for whichever there is. */
function stands({ authenticator, passkeys }: Facts, kind: SecondProof): boolean {
  if (kind === 'recovery_code') return true;
  return (kind === 'otp' ? authenticator : passkeys) !== undefined;
}

/** What an account has beside its password and its authenticator. */
export interface Left {
  /** How many there are, and how many of them for the host name of now: the others are in force, and nobody can use them. */
  passkeys: { all: number; usable: number };
  recoveryCodesLeft: number;
}

/**
 * Why nothing may be taken away that would leave an account so: it would be without a factor that policy demands and that
 * is known to be there, or nobody could sign in to it any more.
 */
export function whatForbids(
  facts: Pick<Facts, 'password' | 'authenticator' | 'secondFactorRequired'>,
  left: Left,
): 'second_factor_required' | 'last_way_in' | undefined {
  const required = facts.secondFactorRequired && !facts.authenticator?.proved;
  if (required && left.passkeys.usable === 0) return 'second_factor_required';
  return hasWayIn(facts, left) ? undefined : 'last_way_in';
}

/** Whether anybody could sign in: with a passkey alone, or with the password and whatever it then demands. */
function hasWayIn({ password, authenticator }: Pick<Facts, 'password' | 'authenticator'>, left: Left): boolean {
  const { passkeys, recoveryCodesLeft } = left;
  if (passkeys.usable > 0) return true;
  if (!password) return false;
  return authenticator !== undefined || recoveryCodesLeft > 0 || passkeys.all === 0;
}

/** The second factors in force, as a half sign-in offers them. */
export function factorsIn({ authenticator, passkeys }: Facts): ('otp' | 'passkey')[] {
  return [...(authenticator ? ['otp' as const] : []), ...(passkeys ? ['passkey' as const] : [])];
}

/** Whether the idle limit holds for a session: those of accounts with two factors, or that have proved two. */
export function idleLimitHolds(facts: Facts, session: CheckedSession): boolean {
  return hasSecondFactor(facts) || session.secondFactor !== undefined;
}
