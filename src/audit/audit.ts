import { day } from '../clock.ts';
import type { Db, Tx } from '../database/database.ts';
import type { AuditRow, Entry, Filter } from './events.ts';
import { countByDay, insertEntry, selectRows } from './store.ts';

export { actorOfServiceToken, readActor } from './actors.ts';
export { type AuditRow, type Entry, type Event, events, type Filter } from './events.ts';
export { eventsOf, isKind, kindNames } from './kinds.ts';
export { inWords } from './words.ts';

/**
 * The audit log: one row for each security event, written in the transaction of what it tells of, so that neither
 * exists without the other. Rows hold ids, never names that do not exist, and no password, code or token. `words.ts`
 * tells them to people.
 */

export type Audit = ReturnType<typeof createAudit>;

export function createAudit() {
  return {
    /** Writes one event that happened at `at`, in the transaction of what it tells of. */
    async record(tx: Tx, at: number, entry: Entry): Promise<void> {
      await insertEntry(tx, at, entry);
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
  const first = today - days + 1;
  const span = { from: first * day, to: (today + 1) * day };
  const counts = await countByDay(db, ['sign_in.succeeded', 'sign_in.refused'], span);
  const count = (of: number, event: string): number =>
    counts.find((each) => each.day === of && each.event === event)?.count ?? 0;
  return Array.from({ length: days }, (_, index) => {
    const of = first + index;
    return { start: of * day, succeeded: count(of, 'sign_in.succeeded'), refused: count(of, 'sign_in.refused') };
  });
}
