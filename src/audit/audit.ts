import { setImmediate as turnOfLoop } from 'node:timers/promises';
import { day } from '../clock.ts';
import type { Db, Tx } from '../database/database.ts';
import { type AuditSealer, createChains } from './chains/chains.ts';
import type { AuditRow, Entry, Filter } from './events.ts';
import { countOf, selectRows } from './store.ts';

export { actorOfServiceToken, readActor } from './actors.ts';
export { countByKey as auditRowsByKey, type Report, type Row as StoredRow } from './chains/chains.ts';
export { type AuditRow, type Entry, type Event, events, type Filter } from './events.ts';
export { eventsOf, isKind, kindNames } from './kinds.ts';
export {
  selectFirstSequence as firstSequence,
  selectLastSequence as lastSequence,
  selectMacs as auditMacs,
  selectNewest as newestEvent,
  selectRecent as recentEvents,
} from './store.ts';
export { inWords, type NamedPasskey } from './words.ts';

/**
 * The audit log: one row for each security event, written in the transaction of what it tells of, so that neither
 * exists without the other. Rows hold ids, never names that do not exist, and no password, code or token. `words.ts`
 * tells them to people. Each row is a link of a chain that only a holder of the key file can make: see `chains/`.
 */

export type Audit = ReturnType<typeof createAudit>;

/** `retention` is how long rows are kept, in ms; 0 keeps all. */
export function createAudit({ sealer, retention }: { sealer: AuditSealer; retention: number }) {
  const chains = createChains(sealer);
  return {
    /** Writes one event that happened at `at`, in the transaction of what it tells of. */
    async record(tx: Tx, at: number, entry: Entry): Promise<void> {
      await chains.append(tx, {
        at,
        event: entry.event,
        user_id: entry.userId ?? null,
        actor_id: entry.actorId ?? null,
        session_id: entry.sessionId ?? null,
        address: entry.address ?? null,
        detail: entry.detail ? JSON.stringify(entry.detail) : null,
      });
    },

    /** Looks for rows that were changed, taken, put in or moved behind the service's back. */
    verify: chains.verify,

    /** Every row as it is stored, the oldest first, a few at a time. */
    rows: chains.rows,

    /**
     * Lets the active key go on where `lostId` was lost for ever: an operator's act. What that key has signed cannot be
     * checked any more, and `verify` counts it apart.
     */
    takeOver: chains.takeOver,

    /** Takes rows that have been kept for long enough; `more` where there may be more of them. */
    async sweep(tx: Tx, now: number): Promise<'more' | undefined> {
      return retention === 0 ? undefined : chains.cut(tx, now - retention, now);
    },
  };
}

/** Rows on one page. */
export const pageLength = 50;

/** One page of the log, newest first. */
export interface AuditPage {
  rows: AuditRow[];
  /** The sequence to go on from, as `before`; absent where nothing older is left. */
  next?: number;
}

/** What happened, newest first, a page at a time: behind the row `before` of the filter, where one is given. */
export async function activity(db: Db, { limit = pageLength, ...filter }: Filter): Promise<AuditPage> {
  // One more than is shown, to know whether anything older is left.
  const found = await selectRows(db, filter, limit + 1);
  const rows = found.slice(0, limit);
  const last = found.length > limit ? rows.at(-1) : undefined;
  return last ? { rows, next: last.sequence } : { rows };
}

/** The sign-ins of one UTC day. */
export interface DayOfSignIns {
  /** When the day begins, in ms. */
  start: number;
  succeeded: number;
  refused: number;
}

/**
 * How many sign-ins succeeded and how many were refused on each of the last days in UTC, the oldest first and today
 * last, days without any included.
 */
export async function signInsByDay(db: Db, now: number, days: number): Promise<DayOfSignIns[]> {
  const today = Math.floor(now / day);
  const found: DayOfSignIns[] = [];
  for (let number = today - days + 1; number <= today; number += 1) {
    const span = { from: number * day, to: (number + 1) * day };
    // One day at a time, with a turn of the event loop before each: one may have had a million.
    await turnOfLoop();
    const succeeded = await countOf(db, 'sign_in.succeeded', span);
    found.push({ start: span.from, succeeded, refused: await countOf(db, 'sign_in.refused', span) });
  }
  return found;
}
