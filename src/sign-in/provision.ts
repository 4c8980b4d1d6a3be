import type { Audit } from '../audit/audit.ts';
import type { Clock } from '../clock.ts';
import type { Database } from '../database/database.ts';
import { type Client, Problem, type Session } from '../http/http.ts';
import { type Enrolment, type Totp, whatToShow } from '../totp/totp.ts';
import type { StillMay } from './still-may.ts';

/** Showing a session the secret that waits for its authenticator app, and beginning to change phones. */
export function createProvision(parts: {
  audit: Audit;
  database: Database;
  clock: Clock;
  totp: Totp;
  stillMay: StillMay;
}) {
  const { audit, database, clock, totp, stillMay } = parts;

  /** The secret that a session may see where nothing has to be written for it, so that it waits for nobody's turn. */
  const seenBefore = async (session: Session): Promise<Buffer | undefined> => {
    const { userId, id: sessionId } = session;
    const look = () => totp.enrolment(database.read, userId, sessionId, clock());
    const before = await look();
    const showing = showingOf(before, session);
    if (showing === 'new pending' || (showing === 'bound' && !before.bound?.shown)) return undefined;
    const secret = await totp.secret(database.read, showing === 'bound' ? { bound: userId } : { pendingOf: sessionId });
    // While it was read, the session may have ended, the secret been proved, or another have come into force.
    await stillMay(database.read, session);
    const after = await look();
    return showingOf(after, session) === showing && after.bound?.id === before.bound?.id ? secret : undefined;
  };

  return {
    /** The secret that this session may see now; made if there is none. Throws the problem that says why it may see none. */
    async provision(session: Session): Promise<Buffer> {
      const seen = await seenBefore(session);
      if (seen) return seen;
      const { userId, id: sessionId } = session;
      return database.transaction(async (tx) => {
        const now = clock();
        await stillMay(tx, session);
        const showing = showingOf(await totp.enrolment(tx, userId, sessionId, now), session);
        if (showing === 'new pending') await totp.startPending(tx, userId, sessionId, now);
        if (showing === 'bound') await totp.noteShown(tx, userId);
        const secret = await totp.secret(tx, showing === 'bound' ? { bound: userId } : { pendingOf: sessionId });
        if (!secret) throw new Error('the secret that was to be shown is gone');
        return secret;
      });
    },

    /** Forgets the pending secret again; the authenticator in force was never touched. */
    async stopReplacing(session: Session): Promise<void> {
      await database.transaction(async (tx) => {
        await stillMay(tx, session);
        if (await totp.inForce(tx, session.userId)) await totp.discardPending(tx, session.userId);
      });
    },

    /** Makes a second, pending secret; the one in force works until a code of the new one has confirmed it. */
    async startReplacing(session: Session, client: Client): Promise<void> {
      const { userId, id: sessionId } = session;
      await database.transaction(async (tx) => {
        const now = clock();
        await stillMay(tx, session);
        const { bound, pending } = await totp.enrolment(tx, userId, sessionId, now);
        // Where there is nothing to replace, the secret is made when it is fetched: an unseen one must not come into force.
        if (pending || !bound) return;
        await totp.startPending(tx, userId, sessionId, now);
        await audit.record(tx, now, { event: 'otp.replacement_started', userId, sessionId, address: client.address });
      });
    },
  };
}

function showingOf(enrolment: Enrolment, session: Session): 'pending' | 'new pending' | 'bound' {
  const showing = whatToShow(enrolment, session);
  if (showing === 'already confirmed') throw new Problem('otp_already_confirmed');
  if (showing === 'not yours')
    throw new Problem('forbidden', {
      detail: 'Only the session that switched the second factor on may see its QR code.',
    });
  return showing;
}
