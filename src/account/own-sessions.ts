import type { Audit } from '../audit/audit.ts';
import type { Clock } from '../clock.ts';
import type { Database } from '../database/database.ts';
import { type Client, Problem, type Session } from '../http/http.ts';
import type { Sessions } from '../sessions/sessions.ts';
import type { SignIn } from '../sign-in/sign-in.ts';

interface Parts {
  audit: Audit;
  database: Database;
  clock: Clock;
  sessions: Sessions;
  signIn: SignIn;
}

/** One's own sessions, ended from one of them; each end leaves its line in the audit log. */
export function createOwnSessions({ audit, database, clock, sessions, signIn }: Parts) {
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

    /** Ends every one but this. */
    async endOthers(session: Session, { address }: Client): Promise<void> {
      const { userId, id: sessionId } = session;
      await database.transaction(async (tx) => {
        await sessions.mustStand(tx, sessionId);
        const count = await signIn.endSessions(tx, userId, sessionId);
        await audit.record(tx, clock(), { event: 'sessions.ended', userId, sessionId, address, detail: { count } });
      });
    },
  };
}
