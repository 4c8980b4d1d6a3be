import { minute } from '../clock.ts';
import type { Level } from '../http/http.ts';
import type { Options } from '../options.ts';
import type { CheckedSession } from '../sessions/sessions.ts';
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

/** What a session may do now; nothing when a second factor is in force that it has neither proved nor put in force. */
export function levelOf(facts: Facts, session: CheckedSession): Level | undefined {
  if (facts.authenticator) {
    // A recovery code stands in for an authenticator that was proved once; it does not make up for one that never was.
    const unproved = facts.secondFactorRequired && !facts.authenticator.proved;
    if (session.secondFactor) return unproved ? 'enrolling' : 'full';
    if (facts.authenticator.boundBy !== session.id) return undefined;
    return facts.secondFactorRequired ? 'enrolling' : 'full';
  }
  if (facts.secondFactorRequired) return 'enrolling';
  return facts.password?.short ? 'changing password' : 'full';
}

/** Whether the session proved, within `freshFor`, what a sign-in now would demand; an authenticator never proved is not demanded. */
export function isFresh(facts: Facts, session: CheckedSession, now: number): boolean {
  const recent = (at: number): boolean => now - at < freshFor;
  if (!recent(session.passwordAt)) return false;
  if (!facts.authenticator?.proved) return true;
  return session.secondFactor !== undefined && recent(session.secondFactor.at);
}

/** Whether the idle limit holds for a session: those of accounts with two factors, or that have proved two. */
export function idleLimitHolds(facts: Facts, session: CheckedSession): boolean {
  return facts.authenticator !== undefined || session.secondFactor !== undefined;
}
