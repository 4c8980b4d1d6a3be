import type { Db } from '../database/database.ts';
import type { Options } from '../options.ts';
import type { Passwords } from '../passwords/passwords.ts';
import type { Totp } from '../totp/totp.ts';
import { findUser } from '../users/users.ts';
import { type Facts, requiresSecondFactor } from './policy.ts';

export type ReadFacts = (db: Db, userId: string) => Promise<Facts | undefined>;

/** Reads the facts of an account that exists and is not disabled. */
export function factsReader(parts: {
  passwords: Passwords;
  totp: Totp;
  requireSecondFactor: Options['requireSecondFactor'];
}): ReadFacts {
  return async (db, userId) => {
    const user = await findUser(db, userId);
    if (!user || user.disabled) return undefined;
    return {
      user,
      password: await parts.passwords.facts(db, userId),
      authenticator: await parts.totp.inForce(db, userId),
      secondFactorRequired: requiresSecondFactor(user.administrator, parts.requireSecondFactor),
    };
  };
}

/**
 * Whether nothing has changed that a verdict rests on. A rehash, a re-seal, a new name, and an authenticator that has
 * been proved meanwhile are no change.
 */
export function sameFacts(before: Facts, after: Facts | undefined): after is Facts {
  return (
    after !== undefined &&
    before.password?.version === after.password?.version &&
    before.authenticator?.id === after.authenticator?.id &&
    before.secondFactorRequired === after.secondFactorRequired
  );
}
