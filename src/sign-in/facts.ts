import type { Db } from '../database/database.ts';
import type { Options } from '../options.ts';
import { type Facts, requiresSecondFactor } from './policy.ts';
import { type StoredFacts, selectFacts } from './store.ts';

export type ReadFacts = (db: Db, userId: string) => Promise<Facts | undefined>;

/** Reads the facts of an account that exists and is not disabled. */
export function factsReader(policy: Policy): ReadFacts {
  return async (db, userId) => asItStands(await selectFacts(db, userId), policy);
}

export type Policy = Pick<Options, 'requireSecondFactor'>;

/** What is stored of an account, with what policy demands of it; nothing of one that does not exist or is disabled. */
export function asItStands(stored: StoredFacts | undefined, { requireSecondFactor }: Policy): Facts | undefined {
  if (!stored || stored.user.disabled) return undefined;
  return { ...stored, secondFactorRequired: requiresSecondFactor(stored.user.administrator, requireSecondFactor) };
}

/**
 * What a verdict rests on, as a text that can be kept beside it and compared. A rehash, a re-seal, a new name, and an
 * authenticator that has been proved meanwhile change nothing here.
 */
export function judgedBy({ password, authenticator, passkeys, secondFactorRequired }: Facts): string {
  const factors = [password?.version, authenticator?.id, passkeys?.version];
  return JSON.stringify([...factors.map((version) => version ?? null), secondFactorRequired]);
}

/** Whether nothing has changed that a verdict rests on. */
export function sameFacts(before: Facts, after: Facts | undefined): after is Facts {
  return after !== undefined && judgedBy(before) === judgedBy(after);
}
