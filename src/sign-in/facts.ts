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
    // Read before it is asked whether there is such a user: the time must not tell.
    const password = await parts.passwords.facts(db, userId);
    const authenticator = await parts.totp.inForce(db, userId);
    if (!user || user.disabled) return undefined;
    const secondFactorRequired = requiresSecondFactor(user.administrator, parts.requireSecondFactor);
    return { user, password, authenticator, secondFactorRequired };
  };
}

/**
 * What a verdict rests on, as a text that can be kept beside it and compared. A rehash, a re-seal, a new name, and an
 * authenticator that has been proved meanwhile change nothing here.
 */
export function judgedBy({ password, authenticator, secondFactorRequired }: Facts): string {
  return JSON.stringify([password?.version ?? null, authenticator?.id ?? null, secondFactorRequired]);
}

/** Whether nothing has changed that a verdict rests on. */
export function sameFacts(before: Facts, after: Facts | undefined): after is Facts {
  return after !== undefined && judgedBy(before) === judgedBy(after);
}
