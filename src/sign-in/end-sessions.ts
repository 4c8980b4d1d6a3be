import type { Tx } from '../database/database.ts';
import type { Browsers, Sessions } from '../sessions/sessions.ts';
import { deleteAllHalfSignIns, deleteHalfSignIns } from './store.ts';

export type EndSessions = ReturnType<typeof createEndSessions>;

/** How many were ended. */
export interface Ended {
  sessions: number;
  browsers: number;
}

/**
 * Ends every session of an account and forgets every browser that it knows, but what is named, and ends whatever is on
 * the way to a session.
 */
export function createEndSessions({ sessions, browsers }: { sessions: Sessions; browsers: Browsers }) {
  return async (
    tx: Tx,
    userId: string,
    kept: { session?: string | undefined; browser?: string | undefined } = {},
  ): Promise<Ended> => {
    await deleteHalfSignIns(tx, userId);
    return {
      sessions: await sessions.endOthers(tx, userId, kept.session),
      browsers: await browsers.forgetOthers(tx, userId, kept.browser),
    };
  };
}

/** The same for everybody at once. */
export function createEndAll({ sessions, browsers }: { sessions: Sessions; browsers: Browsers }) {
  return async (tx: Tx, now: number): Promise<Ended> => {
    await deleteAllHalfSignIns(tx);
    return { sessions: await sessions.endAll(tx), browsers: await browsers.endAll(tx, now) };
  };
}
