import type { Audit } from '../audit/audit.ts';
import type { Clock } from '../clock.ts';
import type { Database } from '../database/database.ts';
import type { Options } from '../options.ts';
import type { Passkeys } from '../passkeys/passkeys.ts';
import type { Passwords } from '../passwords/passwords.ts';
import type { ServiceTokens } from '../service-tokens/service-tokens.ts';
import type { Sessions } from '../sessions/sessions.ts';
import { minimumPassword, requiresSecondFactor, type SignIn } from '../sign-in/sign-in.ts';
import type { Totp } from '../totp/totp.ts';
import { createAccounts, createRescue } from './accounts.ts';
import { createChange, createCheckActor } from './actor.ts';
import { createServiceTokenVerbs } from './service-token-verbs.ts';
import { createOverview } from './user-overview.ts';

/**
 * Users as an administrator sees them, and the programs that he lets do some of it. Every verb names its actor, who is
 * looked at again in the transaction (`actor.ts`):
 *
 *   an administrator    everything here, but nothing on himself
 *   a service token     create, rename, disable, enable and delete users who are no administrators
 *   the operator        everything: at the command line, or by a program around the server
 */
export type { Link } from './accounts.ts';
export type { Actor, Administrator } from './actor.ts';
export type { ListedServiceToken } from './service-token-verbs.ts';
export type { UserOverview } from './user-overview.ts';

export type Admin = ReturnType<typeof createAdmin>;

export function createAdmin(parts: {
  audit: Audit;
  database: Database;
  clock: Clock;
  passwords: Passwords;
  sessions: Sessions;
  serviceTokens: ServiceTokens;
  totp: Totp;
  passkeys: Passkeys;
  signIn: SignIn;
  requireSecondFactor: Options['requireSecondFactor'];
  publicUrl: () => string;
}) {
  const checkActor = createCheckActor(parts);
  const change = createChange(parts, checkActor);
  const minimumFor = (administrator: boolean): 8 | 15 =>
    minimumPassword(requiresSecondFactor(administrator, parts.requireSecondFactor));
  const all = { ...parts, checkActor, change, minimumFor };
  return Object.assign(
    { overview: createOverview(parts) },
    createAccounts(all),
    createRescue(all),
    createServiceTokenVerbs(all),
  );
}
