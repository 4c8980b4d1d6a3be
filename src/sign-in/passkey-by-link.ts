import type { Audit } from '../audit/audit.ts';
import type { Clock } from '../clock.ts';
import type { Database } from '../database/database.ts';
import type { Client } from '../http/http.ts';
import type { CreationOptions, Passkeys, RegistrationResponse } from '../passkeys/passkeys.ts';
import type { Passwords } from '../passwords/passwords.ts';
import { rememberInUse } from '../users/users.ts';
import { toRegisterByLink } from './ceremonies.ts';
import type { FactorChanges } from './factor-changes.ts';
import type { ReadFacts } from './facts.ts';
import type { Judge } from './judge.ts';
import { type KeptPasskey, keepPasskey, refusePasskey } from './keep-passkey.ts';
import { type Facts, hasSecondFactor } from './policy.ts';

/**
 * A one-time link to choose a password, accepted by a passkey instead. Only where no second factor is in force: a passkey
 * signs in alone, and a link must not lead around a factor that whoever has it may not have.
 */
export function createPasskeyByLink(parts: {
  audit: Audit;
  changes: FactorChanges;
  database: Database;
  clock: Clock;
  passwords: Passwords;
  passkeys: Passkeys;
  judge: Judge;
  readFacts: ReadFacts;
}) {
  const { database, clock, passwords, passkeys, judge, readFacts } = parts;
  return {
    /** What a browser is asked for; nothing where the link is for a password alone, or there can be no passkeys. */
    async options(facts: Facts, token: string): Promise<CreationOptions | undefined> {
      if (hasSecondFactor(facts) || !passkeys.relyingParty()) return undefined;
      return passkeys.creationOptions(database.read, facts.user, toRegisterByLink(token), clock());
    },

    /**
     * Spends the link and keeps the passkey; nothing when the link is spent, or is for a password alone. Throws
     * `wrong_passkey` or `passkey_exists`, and then the link stays good.
     */
    async accept(
      userId: string,
      given: { token: string; answer: RegistrationResponse; name: string },
      client: Client,
    ): Promise<KeptPasskey | undefined> {
      const from = { by: 'link', address: client.address } as const;
      const judged = await judge.registration(given.answer, toRegisterByLink(given.token));
      if ('refused' in judged) return refusePasskey(parts, userId, { judged, ...from });
      return database.transaction(async (tx) => {
        const now = clock();
        const facts = await readFacts(tx, userId);
        if (!facts || hasSecondFactor(facts) || !(await passwords.takeLink(tx, given.token, now))) return undefined;
        await rememberInUse(tx, userId);
        return keepPasskey(tx, parts, facts, { judged, name: given.name, ...from }, now);
      });
    },
  };
}
