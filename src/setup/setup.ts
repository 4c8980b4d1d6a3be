import type { Audit } from '../audit/audit.ts';
import { type Clock, minute } from '../clock.ts';
import { type Database, isPostgres } from '../database/database.ts';
import type { Options } from '../options.ts';
import { relyingPartyOf } from '../passkeys/passkeys.ts';
import type { Passwords } from '../passwords/passwords.ts';
import { minimumPassword, requiresSecondFactor } from '../sign-in/sign-in.ts';
import { siteOf } from '../throttle/throttle.ts';
import { hashToken, newToken } from '../tokens.ts';
import { anyAdministrator, createUser, nameToStore, type User } from '../users/users.ts';
import {
  deleteExpiredSetupLinks,
  deleteSetupLink,
  selectAnySetupLink,
  selectSetupLink,
  takeSetupLink,
  upsertSetupLink,
} from './store.ts';

/**
 * The first administrator: made by whoever can read what the service prints at its start. While there is none, a
 * one-time link is good for 30 minutes; once there is one, all of this is gone.
 */
const linkLife = 30 * minute;

export type Setup = ReturnType<typeof createSetup>;

export function createSetup(parts: {
  audit: Audit;
  database: Database;
  clock: Clock;
  passwords: Passwords;
  requireSecondFactor: Options['requireSecondFactor'];
  publicUrl: () => string;
}) {
  const { audit, database, clock, passwords, requireSecondFactor, publicUrl } = parts;
  const secondFactorRequired = requiresSecondFactor(true, requireSecondFactor);
  const minimum = minimumPassword(secondFactorRequired);

  const makeLink = (when: 'always' | 'unless one is out'): Promise<string | undefined> =>
    database.transaction(async (tx) => {
      const now = clock();
      if (await anyAdministrator(tx)) return undefined;
      if (when === 'unless one is out' && (await selectAnySetupLink(tx, now))) return undefined;
      const { token, hash } = newToken('csl_');
      await upsertSetupLink(tx, hash, now + linkLife);
      return `${publicUrl()}/setup?token=${token}`;
    });

  return {
    minimum,
    secondFactorRequired,

    /** Whether there can be passkeys. */
    takesPasskeys: (): boolean => relyingPartyOf(publicUrl()) !== undefined,

    /** Whether an administrator is still to be made. */
    isOpen: async (): Promise<boolean> => !(await anyAdministrator(database.read)),

    /** A new one-time link, the last one void; nothing when there is an administrator. */
    makeLink: () => makeLink('always'),

    /**
     * The link that a start prints. On PostgreSQL several instances start, at the same moment too: where one has printed
     * a link that is still good, the others answer that it `isOut` and leave it so.
     */
    async linkAtStart(): Promise<{ url?: string; isOut?: true }> {
      const url = await makeLink(isPostgres(database.read) ? 'unless one is out' : 'always');
      if (url) return { url };
      return (await anyAdministrator(database.read)) ? {} : { isOut: true };
    },

    /** Whether a link is still good. Looking does not spend it. */
    isGood: (token: string): Promise<boolean> => selectSetupLink(database.read, hashToken(token), clock()),

    /**
     * Makes the first administrator; of many at once exactly one succeeds, and the others get nothing, as with a link
     * that is not good. Throws `weak_password`, `invalid` or `name_taken`, and then the link stays good.
     */
    async finish(given: { token: string; name: string; password: string }, address: string): Promise<User | undefined> {
      const tokenHash = hashToken(given.token);
      if (!(await selectSetupLink(database.read, tokenHash, clock()))) return undefined;
      const facts = { name: nameToStore(given.name), minimum, network: siteOf(address) };
      const password = await passwords.prepareNew(given.password, facts);
      return database.transaction(async (tx) => {
        const now = clock();
        if ((await anyAdministrator(tx)) || !(await takeSetupLink(tx, tokenHash, now))) return undefined;
        const user = await createUser(tx, { name: given.name, administrator: true }, now);
        await passwords.set(tx, user.id, password, now);
        await audit.record(tx, now, { event: 'account.set_up', userId: user.id, address });
        return user;
      });
    },

    /** Voids the link, where one is out, and answers how many that were. */
    voidAll: deleteSetupLink,
    /** Accepts that the time is another: voids the link, because nobody knows how old it is. */
    acceptTime: deleteSetupLink,
    /** Deletes a link that has expired. */
    sweep: deleteExpiredSetupLinks,
  };
}
