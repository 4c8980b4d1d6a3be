import type { Audit } from '../../audit/audit.ts';
import type { Clock } from '../../clock.ts';
import type { Database, Tx } from '../../database/database.ts';
import type { Passkeys } from '../../passkeys/passkeys.ts';
import { voidAllRecoveryCodes } from '../../recovery-codes/recovery-codes.ts';
import type { ServiceTokens } from '../../service-tokens/service-tokens.ts';
import type { SignIn } from '../../sign-in/sign-in.ts';
import type { Totp } from '../../totp/totp.ts';
import { type ChangedAccount, changedSince, type Exported } from './changed-since.ts';
import { beginGeneration } from './generations.ts';
import type { MarkKeeper } from './mark.ts';

/** What accepting a database has done. */
export interface AcceptedDatabase {
  now: number;
  /** The number of the generation that has begun. */
  generation: number;
  /** How many of each have been ended or voided, as details of events are named. */
  voided: {
    sessions: number;
    browsers: number;
    recovery_codes: number;
    links: number;
    service_tokens: number;
    /** Authenticators whose codes of the present minute are refused, because they may be spent. */
    authenticators: number;
  };
  /** What the database knows nothing of, account by account; absent where no exported audit log was given. */
  changed: ChangedAccount[] | undefined;
  /** What that log had. */
  exported: Exported | undefined;
}

/**
 * Accepts a database that is, or may be, an older copy: whatever may have been ended or spent since ends now, for
 * everybody and in one transaction, and another generation begins, of which the mark is made anew. What may have been
 * changed about accounts cannot be known from the copy: `audit` has the lines of an exported audit log that is newer,
 * and what it tells of is answered, to be done again by hand. Throws `MarkError` where something else lies in the
 * place of the mark, before anything is done; and where the mark cannot be made: the database is accepted then, and is
 * refused again at the next start.
 */
export function createAcceptRestored(parts: {
  audit: Audit;
  database: Database;
  clock: Clock;
  mark: MarkKeeper;
  signIn: SignIn;
  totp: Totp;
  passkeys: Passkeys;
  serviceTokens: ServiceTokens;
  /** Each voids the one-time links of a kind, and answers how many that were. */
  voidLinks: readonly ((tx: Tx) => Promise<number>)[];
}) {
  const { audit, database, clock, mark, signIn, totp, passkeys, serviceTokens, voidLinks } = parts;
  return async (given: { audit?: AsyncIterable<string> | undefined } = {}): Promise<AcceptedDatabase> => {
    await mark.refuseToReplace();
    const told = given.audit && (await changedSince(database.read, given.audit));
    const accepted = await database.transaction(async (tx) => {
      const now = clock();
      const ended = await signIn.endAll(tx, now);
      let links = 0;
      for (const voidAll of voidLinks) links += await voidAll(tx);
      const voided = {
        sessions: ended.sessions,
        browsers: ended.browsers,
        recovery_codes: await voidAllRecoveryCodes(tx),
        links,
        service_tokens: await serviceTokens.endAll(tx),
        authenticators: await totp.spendPresent(tx, now),
      };
      await passkeys.voidChallenges(tx, now);
      const { number: generation } = await beginGeneration(tx, 'accepted', now);
      await audit.record(tx, now, {
        event: 'database.accepted',
        actorId: 'operator',
        detail: { generation, ...voided },
      });
      return { now, generation, voided };
    });
    await mark.renew({ anew: true });
    return { ...accepted, changed: told?.changed, exported: told?.exported };
  };
}
