import { minute } from '../clock.ts';
import type { Database, Db, Tx } from '../database/database.ts';
import { type Client, Problem } from '../http/http.ts';
import { hashToken, newId, newToken } from '../tokens.ts';
import type { SecondProof } from './proofs.ts';
import { deleteRested } from './rested.ts';
import { createSeen } from './seen.ts';
import {
  type CheckedSession,
  deleteAllSessions,
  deleteOtherSessions,
  deleteOverSessions,
  deleteSession,
  insertSession,
  type StoredSession,
  selectBeyond,
  selectSession,
  selectSessionByToken,
  selectSessions,
  updateSession,
} from './store.ts';

/**
 * Sessions: who is signed in, by which proofs, until when. The token is 256 random bits and only its hash is stored.
 * A session ends at its overall limit, or when it has rested too long, or when somebody ends it; nothing prolongs the
 * overall limit. Only `sign-in/` issues sessions; what one may do is decided there too, at every request.
 */
export { type Browsers, createBrowsers, type Remembered } from './browsers/browsers.ts';
export type { StoredBrowser } from './browsers/store.ts';
export type { SecondProof } from './proofs.ts';
export { asCheckedSession, type CheckedSession, type StoredSession, sessionsForChecks } from './store.ts';

/** Sessions that one account may have at the same time; the next one ends the oldest. */
export const mostSessions = 100;

export type Sessions = ReturnType<typeof createSessions>;

export function createSessions(parts: { database: Database; lifetime: number; idle: number }) {
  const { database, lifetime, idle } = parts;
  // Fine enough to measure the idle limit by, coarse enough not to write at every request.
  const seenEvery = Math.min(minute, idle / 60);
  const seen = createSeen(database, idle);

  /** Whether a session is over at `now`; `idleLimited` says whether the idle limit holds for it. */
  const isOver = (session: CheckedSession, idleLimited: boolean, now: number): boolean =>
    session.expiresAt <= now || (idleLimited && seen.at(session) + idle <= now);

  return {
    isOver,

    /** Makes a session and answers its token, which is never seen again. */
    async issue(
      tx: Tx,
      given: {
        userId: string;
        /** When the password was proved, if it was; a second step may have taken minutes. */
        passwordAt: number | undefined;
        secondFactor: SecondProof | undefined;
        client: Client;
      },
      now: number,
    ): Promise<{ token: string; session: StoredSession }> {
      for (const id of await selectBeyond(tx, given.userId, mostSessions - 1))
        await deleteSession(tx, id, given.userId);
      const { token, hash } = newToken('csn_');
      const session: StoredSession = {
        id: newId(),
        userId: given.userId,
        createdAt: now,
        expiresAt: now + lifetime,
        lastSeenAt: now,
        passwordAt: given.passwordAt,
        secondFactor: given.secondFactor && { kind: given.secondFactor, at: now },
        address: given.client.address,
        userAgent: given.client.userAgent,
      };
      await insertSession(tx, session, hash);
      return { token, session };
    },

    /**
     * Looks again, in the transaction of what a session asks for: it may have been ended since its request began.
     * Throws `unauthenticated` when it has.
     */
    async mustStand(db: Db, id: string): Promise<StoredSession> {
      const session = await selectSession(db, id);
      if (!session) throw new Problem('unauthenticated');
      return session;
    },

    /** The account's sessions that are not over, newest first; `idleLimited` says for which the idle limit holds. */
    async list(
      db: Db,
      userId: string,
      idleLimited: (session: StoredSession) => boolean,
      now: number,
    ): Promise<StoredSession[]> {
      const all = (await selectSessions(db, userId)).map((each) => ({ ...each, lastSeenAt: seen.at(each) }));
      return all.filter((session) => !isOver(session, idleLimited(session), now));
    },

    /** Remembers that a session was used; once a minute is enough, or once in a sixtieth of a shorter idle limit. */
    touch(session: CheckedSession, now: number): void {
      if (now - seen.at(session) >= seenEvery) seen.note(session.id, now);
    },

    /** Notes what this session has proved at `now`. */
    async prove(
      tx: Tx,
      id: string,
      proved: { password?: boolean; secondFactor?: SecondProof | undefined },
      now: number,
    ): Promise<void> {
      await updateSession(tx, id, {
        ...(proved.password ? { passwordAt: now } : {}),
        ...(proved.secondFactor ? { secondFactor: { kind: proved.secondFactor, at: now } } : {}),
      });
    },

    /** Forgets that a session has proved a second factor, because that one is gone: another must be proved anew. */
    async forgetSecondFactor(tx: Tx, id: string): Promise<void> {
      await updateSession(tx, id, { secondFactor: 'none' });
    },

    /** Gives a session a new token; the old one is void at once. Id and overall end stay. */
    async renew(tx: Tx, id: string): Promise<string> {
      const { token, hash } = newToken('csn_');
      await updateSession(tx, id, { tokenHash: hash });
      return token;
    },

    /** Ends one session of an account; false when it has none of that id. */
    async end(tx: Tx, id: string, userId: string): Promise<boolean> {
      return deleteSession(tx, id, userId);
    },

    /** Ends the session of a token and answers which that was, if any. */
    async endByToken(tx: Tx, token: string): Promise<StoredSession | undefined> {
      const session = await selectSessionByToken(tx, hashToken(token));
      if (session) await deleteSession(tx, session.id, session.userId);
      return session;
    },

    /** Ends every session of an account, but the one named, and answers how many that were. */
    async endOthers(tx: Tx, userId: string, keptId?: string): Promise<number> {
      return deleteOtherSessions(tx, userId, keptId);
    },

    /** Ends every session of everybody, and answers how many that were. */
    endAll: deleteAllSessions,

    /** Deletes sessions past their overall limit. */
    sweep: deleteOverSessions,
    /** Deletes those of two factors that have rested too long. */
    async sweepIdle(now: number): Promise<void> {
      // That goes by what is written.
      await seen.write();
      await deleteRested(database, now - idle, now);
    },

    /** Writes down when sessions were seen, as far as it is not written yet; before the database is closed. */
    writeSeen: seen.write,
  };
}
