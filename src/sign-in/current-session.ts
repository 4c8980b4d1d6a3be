import type { Database, Db } from '../database/database.ts';
import type { Lookups, Proof, Session } from '../http/http.ts';
import type { CheckedSession, Sessions, StoredSession } from '../sessions/sessions.ts';
import { hashToken } from '../tokens.ts';
import { asItStands, type Policy, type ReadFacts } from './facts.ts';
import { idleLimitHolds, isFresh, levelOf } from './policy.ts';
import { selectForCheck } from './store.ts';

/**
 * The session behind a token, as `http/` sees it: judged at every request from the account as it stands now, so that a
 * disabled account, a new policy or a removed factor takes hold at once.
 */
export function sessionFinder(
  parts: Policy & {
    database: Database;
    sessions: Sessions;
  },
): Lookups['findSession'] {
  const { database, sessions } = parts;
  return async (token, now): Promise<Session | undefined> => {
    const found = await selectForCheck(database.read, hashToken(token));
    const facts = asItStands(found?.facts, parts);
    if (!found || !facts) return undefined;
    const { session } = found;
    if (sessions.isOver(session, idleLimitHolds(facts, session), now)) {
      // What is over ends when it is met, or a clock that is set back would revive it.
      await database.transaction((tx) => sessions.end(tx, session.id, facts.user.id)).catch(() => undefined);
      return undefined;
    }
    const level = levelOf(facts, session);
    if (!level) return undefined;
    sessions.touch(session, now);
    const { passwordAt, secondFactor } = session;
    return {
      id: session.id,
      userId: facts.user.id,
      name: facts.user.name,
      administrator: facts.user.administrator,
      level,
      fresh: isFresh(facts, session, now),
      proved: proofsOf(session),
      authenticatedAt: Math.max(passwordAt ?? 0, secondFactor?.at ?? 0),
      expiresAt: session.expiresAt,
    };
  };
}

/** What a session has proved, in the order of a sign-in. */
export function proofsOf({ passwordAt, secondFactor }: CheckedSession): Proof[] {
  return [...(passwordAt === undefined ? [] : ['password' as const]), ...(secondFactor ? [secondFactor.kind] : [])];
}

/** The sessions of an account that are not over at `now`, the newest first; none for a disabled one. */
export function sessionLister({ sessions, readFacts }: { sessions: Sessions; readFacts: ReadFacts }) {
  return async (db: Db, userId: string, now: number): Promise<StoredSession[]> => {
    const facts = await readFacts(db, userId);
    return facts ? sessions.list(db, userId, (each) => idleLimitHolds(facts, each), now) : [];
  };
}
