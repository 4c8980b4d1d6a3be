import type { Clock } from '../clock.ts';
import type { Database } from '../database/database.ts';
import type { Passkeys } from '../passkeys/passkeys.ts';
import type { Passwords } from '../passwords/passwords.ts';
import { recoveryCodesLeft } from '../recovery-codes/recovery-codes.ts';
import type { ServiceTokens } from '../service-tokens/service-tokens.ts';
import type { SignIn } from '../sign-in/sign-in.ts';
import type { Totp } from '../totp/totp.ts';
import { findUser, hasBeenInUse, type User } from '../users/users.ts';

/** What an administrator sees of a user: how they sign in, never with what. */
export interface UserOverview {
  user: User;
  passwordSet: boolean;
  /** Something to sign in with has been given, once at least; else the user is only invited. */
  inUse: boolean;
  authenticator: 'none' | 'not confirmed' | 'in force';
  passkeys: number;
  recoveryCodesLeft: number;
  /** Sessions that are not over. */
  sessions: number;
  /** Service tokens that this user has made, and that have not expired. */
  serviceTokens: number;
}

/** Reads the overview of a user, or nothing where there is none of that id. */
export function createOverview(parts: {
  database: Database;
  clock: Clock;
  passwords: Passwords;
  totp: Totp;
  passkeys: Passkeys;
  serviceTokens: ServiceTokens;
  signIn: SignIn;
}): (userId: string) => Promise<UserOverview | undefined> {
  const { passwords, totp, passkeys, serviceTokens, signIn } = parts;
  return async (userId) => {
    const db = parts.database.read;
    const now = parts.clock();
    const user = await findUser(db, userId);
    if (!user) return undefined;
    const authenticator = await totp.inForce(db, userId);
    const tokens = await serviceTokens.list(db, now);
    return {
      user,
      passwordSet: await passwords.isSet(db, userId),
      inUse: await hasBeenInUse(db, userId),
      authenticator: authenticator ? (authenticator.proved ? 'in force' : 'not confirmed') : 'none',
      passkeys: (await passkeys.list(db, userId)).length,
      recoveryCodesLeft: await recoveryCodesLeft(db, userId),
      sessions: (await signIn.listSessions(db, userId, now)).length,
      serviceTokens: tokens.filter(({ createdBy }) => createdBy === userId).length,
    };
  };
}
