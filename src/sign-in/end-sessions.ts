import type { Tx } from '../database/database.ts';
import type { Sessions } from '../sessions/sessions.ts';
import { deleteHalfSignIns } from './store.ts';

export type EndSessions = ReturnType<typeof createEndSessions>;

/** Ends every session of an account but the one named, and whatever is on the way to one; answers how many they were. */
export function createEndSessions({ sessions }: { sessions: Sessions }) {
  return async (tx: Tx, userId: string, keptSessionId?: string): Promise<number> => {
    await deleteHalfSignIns(tx, userId);
    return sessions.endOthers(tx, userId, keptSessionId);
  };
}
