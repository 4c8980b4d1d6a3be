import type { Clock } from '../clock.ts';
import type { Db } from '../database/database.ts';
import { Problem, type Session } from '../http/http.ts';
import type { Sessions } from '../sessions/sessions.ts';
import type { ReadFacts } from './facts.ts';
import { type Facts, isFresh, levelOf } from './policy.ts';

export type StillMay = (db: Db, session: Session) => Promise<Facts>;

/**
 * Judges a session again, in the transaction of what it asks for, or behind what was read for it: since its request
 * began it may have been ended, or a factor have come into force or been proved that it has not. Answers the facts it
 * was judged by; throws `unauthenticated`, `forbidden` or `reauthentication_required` when it may no longer do what it
 * might at the door.
 */
export function createStillMay(parts: { clock: Clock; sessions: Sessions; readFacts: ReadFacts }): StillMay {
  return async (db, session) => {
    const stored = await parts.sessions.mustStand(db, session.id);
    const facts = await parts.readFacts(db, session.userId);
    if (!facts) throw new Problem('unauthenticated');
    if (levelOf(facts, stored) !== session.level) throw new Problem('forbidden');
    if (session.fresh && !isFresh(facts, stored, parts.clock())) throw new Problem('reauthentication_required');
    return facts;
  };
}
