import type { Audit } from '../audit/audit.ts';
import type { Clock } from '../clock.ts';
import type { Database } from '../database/database.ts';
import { type Client, Problem, type Session } from '../http/http.ts';
import type { Browsers, Sessions } from '../sessions/sessions.ts';
import type { SignIn } from '../sign-in/sign-in.ts';

interface Parts {
  audit: Audit;
  database: Database;
  clock: Clock;
  sessions: Sessions;
  browsers: Browsers;
  signIn: SignIn;
}

/** One's own sessions and known browsers, ended from a session; each end leaves its line in the audit log. */
export function createOwnSessions({ audit, database, clock, sessions, browsers, signIn }: Parts) {
  return {
    /** Ends one. Throws `not_found` where there is none of that id, or it is somebody else's. */
    async end(session: Session, id: string, { address }: Client): Promise<void> {
      const { userId, id: sessionId } = session;
      await database.transaction(async (tx) => {
        await sessions.mustStand(tx, sessionId);
        if (!(await sessions.end(tx, id, userId)))
          throw new Problem('not_found', { detail: 'You have no session of that id.' });
        await audit.record(tx, clock(), { event: 'session.ended', userId, sessionId, address, detail: { ended: id } });
      });
    },

    /** Ends every one but this, and forgets every browser but the one that asks. */
    async endOthers(session: Session, client: Client): Promise<void> {
      const { userId, id: sessionId } = session;
      const { address } = client;
      await database.transaction(async (tx) => {
        await sessions.mustStand(tx, sessionId);
        const now = clock();
        const browser = await browsers.find(tx, client, userId, now);
        const ended = await signIn.endSessions(tx, userId, { session: sessionId, browser: browser?.id });
        const detail = { count: ended.sessions, browsers: ended.browsers };
        await audit.record(tx, now, { event: 'sessions.ended', userId, sessionId, address, detail });
      });
    },

    /** Forgets one browser. Throws `not_found` where the account knows none of that id. */
    async forgetBrowser(session: Session, id: string, { address }: Client): Promise<void> {
      const { userId, id: sessionId } = session;
      await database.transaction(async (tx) => {
        await sessions.mustStand(tx, sessionId);
        if (!(await browsers.forget(tx, id, userId)))
          throw new Problem('not_found', { detail: 'Your account knows no browser of that id.' });
        await audit.record(tx, clock(), { event: 'browser.forgotten', userId, sessionId, address });
      });
    },
  };
}
