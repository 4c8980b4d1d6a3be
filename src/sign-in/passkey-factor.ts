import type { Audit } from '../audit/audit.ts';
import type { Clock } from '../clock.ts';
import type { Database } from '../database/database.ts';
import type { Client, Session } from '../http/http.ts';
import type { Passkeys, RegistrationResponse } from '../passkeys/passkeys.ts';
import type { Browsers, Sessions } from '../sessions/sessions.ts';
import { toRegister } from './ceremonies.ts';
import type { FactorChanges } from './factor-changes.ts';
import type { GoesOn, GoOn } from './go-on.ts';
import type { Judge } from './judge.ts';
import { type KeptPasskey, keepPasskey, refusePasskey } from './keep-passkey.ts';
import type { StillMay } from './still-may.ts';

/** What came of adding a passkey. */
export interface AddedPasskey extends KeptPasskey {
  /** How the browser goes on in which it was added. */
  goesOn?: GoesOn;
}

interface Parts {
  audit: Audit;
  database: Database;
  clock: Clock;
  sessions: Sessions;
  browsers: Browsers;
  passkeys: Passkeys;
  judge: Judge;
  stillMay: StillMay;
  changes: FactorChanges;
  goOn: GoOn;
}

/** Passkeys that come and go, and what each ends: like any change of factors, every other session. */
export function createPasskeyFactor(parts: Parts) {
  const { audit, database, clock, sessions, browsers, passkeys, judge, stillMay, changes, goOn } = parts;

  return {
    /**
     * Adds a passkey by the answer to what was asked of it. Throws `wrong_passkey` with the reason, `passkey_exists`,
     * `too_many_passkeys`, or `invalid` for its name. `inBrowser` the session gets a new token in the same transaction,
     * because it has come to be worth more, and the browser is known from now on.
     */
    async add(
      session: Session,
      given: { answer: RegistrationResponse; name: string },
      client: Client,
      { inBrowser = false } = {},
    ): Promise<AddedPasskey> {
      const { userId, id: sessionId } = session;
      const from = { by: { sessionId }, address: client.address };
      const judged = await judge.registration(given.answer, toRegister(session));
      if ('refused' in judged) return refusePasskey(parts, userId, { judged, ...from });
      return database.transaction(async (tx) => {
        const now = clock();
        const facts = await stillMay(tx, session);
        const known = (await browsers.find(tx, client, userId, now)) !== undefined;
        const kept = await keepPasskey(tx, parts, facts, { judged, name: given.name, ...from }, now);
        await sessions.prove(tx, sessionId, { secondFactor: 'passkey' }, now);
        if (!inBrowser) return kept;
        return { ...kept, goesOn: await goOn(tx, session, client, { was: known, proved: true }, now) };
      });
    },

    /** Gives a passkey another name. Throws `not_found` or `invalid`. */
    async rename(session: Session, id: string, name: string, client: Client): Promise<void> {
      const { userId, id: sessionId } = session;
      await database.transaction(async (tx) => {
        await stillMay(tx, session);
        if (!(await passkeys.rename(tx, userId, id, name))) return;
        const about = { userId, sessionId, address: client.address };
        await audit.record(tx, clock(), { event: 'passkey.renamed', ...about, detail: { passkey: id } });
      });
    },

    /**
     * Takes a passkey away. Throws `not_found`, `second_factor_required` where policy demands a factor and no other is
     * known to be there, and `last_way_in` where nobody could sign in any more and that is not accepted. `inBrowser` the
     * session gets a new token, and the browser stays known if it was.
     */
    async remove(
      session: Session,
      id: string,
      accepts: { noWayIn: boolean },
      client: Client,
      { inBrowser = false } = {},
    ): Promise<GoesOn | undefined> {
      const { userId, id: sessionId } = session;
      return database.transaction(async (tx) => {
        const now = clock();
        await stillMay(tx, session);
        const was = (await browsers.find(tx, client, userId, now)) !== undefined;
        await passkeys.remove(tx, userId, id);
        await changes.afterRemoval(tx, userId, sessionId, accepts);
        const about = { userId, sessionId, address: client.address };
        await audit.record(tx, now, { event: 'passkey.removed', ...about, detail: { passkey: id } });
        return inBrowser ? goOn(tx, session, client, { was, proved: false }, now) : undefined;
      });
    },
  };
}
