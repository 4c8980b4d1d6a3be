import type { Audit } from '../audit/audit.ts';
import type { Clock } from '../clock.ts';
import type { Database } from '../database/database.ts';
import type { Options } from '../options.ts';
import type { Passkeys } from '../passkeys/passkeys.ts';
import type { Passwords } from '../passwords/passwords.ts';
import type { Browsers, Sessions } from '../sessions/sessions.ts';
import type { Throttle } from '../throttle/throttle.ts';
import type { Totp } from '../totp/totp.ts';
import { createAlarm } from './alarm.ts';
import { createChangePassword } from './change-password.ts';
import { createCredentials } from './credentials.ts';
import { sessionFinder, sessionLister } from './current-session.ts';
import { createEndAll, createEndSessions } from './end-sessions.ts';
import { createFactorChanges } from './factor-changes.ts';
import { factsReader } from './facts.ts';
import { createGoOn } from './go-on.ts';
import { createHalfSignIns } from './half-sign-in.ts';
import { createIssue } from './issue.ts';
import { createJudge } from './judge.ts';
import { createPasskeyByLink } from './passkey-by-link.ts';
import { createPasskeyFactor } from './passkey-factor.ts';
import { createPasskeyOptions } from './passkey-options.ts';
import { createProvision } from './provision.ts';
import { createReauthenticate } from './reauthenticate.ts';
import { createSecondFactor } from './second-factor.ts';
import { createSignOut } from './sign-out.ts';
import { createStillMay } from './still-may.ts';
import { deleteExpiredHalfSignIns } from './store.ts';
import { createWithPasskey } from './with-passkey.ts';

export type { SignInResult } from './credentials.ts';
/**
 * Signing in: the only place where factors meet, and the only one that issues sessions.
 *
 *   POST /auth/credentials      name and password, and a code where one is demanded → a token    credentials.ts
 *   POST /auth/reauthenticate   the same proofs from a session → a new token for it              reauthenticate.ts
 *   GET  /auth/otp/generate     the secret that waits for an authenticator app                   provision.ts
 *   PUT  /auth/otp/enable       second factor on and off, and what that ends                     second-factor.ts
 *   PUT  /auth/password         a new password, and what that ends                               change-password.ts
 *   POST /auth/passkeys/sign-in a passkey alone → a token                                        with-passkey.ts
 *   POST /auth/passkeys         passkeys that come and go, and what that ends                    passkey-factor.ts
 *   POST /auth/passkeys/…/options    what a browser is asked for                                 passkey-options.ts
 *
 *   /sign-in, /sign-in/code, /sign-in/recovery-code, /sign-in/second-passkey
 *                                                      the same in a browser, step by step       half-sign-in.ts
 *   /sign-in/passkey                                   a passkey alone, in a browser             with-passkey.ts
 *   /invitation                                        a first passkey, by a one-time link       passkey-by-link.ts
 *   /reauthenticate                                    proving again, in a browser               reauthenticate.ts
 *   /sign-out                                          ending what a browser holds               sign-out.ts
 *
 * Every session is made in `issue.ts`. What comes next is decided in `next-step.ts`, what a session may do in
 * `policy.ts`; both are pure. Which secrets are right is judged in `judge.ts`, from the facts of `facts.ts`.
 */
export { proofsOf } from './current-session.ts';
export { factorList, listFactors } from './factor-list.ts';
export type { GoesOn } from './go-on.ts';
export type { Facts } from './policy.ts';
export { minimumPassword, requiresSecondFactor, whatForbids } from './policy.ts';
export { offerSignIn } from './sign-in-form.ts';

export type SignIn = ReturnType<typeof createSignIn>;

export function createSignIn(parts: {
  audit: Audit;
  database: Database;
  clock: Clock;
  throttle: Throttle;
  sessions: Sessions;
  browsers: Browsers;
  passwords: Passwords;
  totp: Totp;
  passkeys: Passkeys;
  requireSecondFactor: Options['requireSecondFactor'];
  /** Throws `unavailable` while the clock is not to be trusted with a code. */
  mustKnowTime: () => Promise<void>;
}) {
  const readFacts = factsReader(parts);
  const judge = createJudge({ ...parts, readFacts });
  const stillMay = createStillMay({ ...parts, readFacts });
  const alarm = createAlarm(parts);
  const issue = createIssue({ ...parts, readFacts, alarm });
  const endSessions = createEndSessions(parts);
  const goOn = createGoOn(parts);
  const changes = createFactorChanges({ ...parts, readFacts, endSessions });
  const all = { ...parts, readFacts, judge, stillMay, issue, endSessions, changes, goOn, alarm };
  return {
    readFacts,
    stillMay,
    endSessions,
    alarms: alarm.count,
    endAll: createEndAll(parts),
    withCredentials: createCredentials(all),
    withPasskey: createWithPasskey(all),
    half: createHalfSignIns(all),
    signOut: createSignOut(all),
    reauthenticate: createReauthenticate(all),
    provisioning: createProvision(all),
    secondFactor: createSecondFactor(all),
    passkeys: createPasskeyFactor(all),
    passkeyByLink: createPasskeyByLink(all),
    passkeyOptions: createPasskeyOptions(parts),
    /** Takes every second factor of an account away, in a transaction, and ends every session of it. */
    removeFactors: changes.removeAll,
    password: createChangePassword(all),
    findSession: sessionFinder(all),
    listSessions: sessionLister(all),
    /** Deletes half sign-ins that have expired. */
    sweep: deleteExpiredHalfSignIns,
  };
}
