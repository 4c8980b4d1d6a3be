import { sql } from 'kysely';
import { day } from '../clock.ts';
import { bytesIn, type Db, isAmong, numberIn, numbersEnd } from '../database/database.ts';
import type { Row } from './chains/chains.ts';
import type { AuditRow, Event, Filter } from './events.ts';

type Tables = { audit: Row };

type Where = Omit<Filter, 'limit'>;

/** The newest rows first, at most `limit` of them. */
export async function selectRows(db: Db, filter: Where, limit: number): Promise<AuditRow[]> {
  const { events, ...rest } = filter;
  if (!events) return selectOf(db, rest, undefined, limit);
  // One query an event: each walks an index in the order of the answer, and stops when it has enough.
  const lists = await Promise.all(events.map((event) => selectOf(db, rest, event, limit)));
  return lists
    .flat()
    .toSorted((a, b) => b.sequence - a.sequence)
    .slice(0, limit);
}

async function selectOf(
  db: Db,
  { userId, byOthers, from, to, before }: Omit<Where, 'events'>,
  event: Event | undefined,
  limit: number,
): Promise<AuditRow[]> {
  let rows = db
    .$extendTables<Tables>()
    .selectFrom('audit')
    .select(['sequence', numberIn('at'), 'event', 'user_id', 'actor_id', 'session_id', 'address', 'detail'])
    // What has another was put there by somebody else, and cannot be read.
    .where('sequence', '>', -numbersEnd)
    .where('sequence', '<', numbersEnd);
  if (event !== undefined) rows = rows.where('event', '=', event);
  if (userId !== undefined) rows = rows.where('user_id', '=', userId);
  if (byOthers) rows = rows.whereRef('actor_id', '!=', 'user_id');
  if (from !== undefined) rows = rows.where('at', '>=', from);
  if (to !== undefined) rows = rows.where('at', '<', to);
  if (before !== undefined) rows = rows.where('sequence', '<', before);
  const found = await rows.orderBy('sequence', 'desc').limit(limit).execute();
  return found.map((row) => ({
    sequence: row.sequence,
    at: row.at,
    event: textOf(row.event),
    ...(row.user_id === null ? {} : { userId: textOf(row.user_id) }),
    ...(row.actor_id === null ? {} : { actorId: textOf(row.actor_id) }),
    ...(row.session_id === null ? {} : { sessionId: textOf(row.session_id) }),
    ...(row.address === null ? {} : { address: textOf(row.address) }),
    detail: detailOf(row.detail),
  }));
}

/** The last moment that there is for JavaScript, in ms. */
const lastTime = 8.64e15;

/**
 * The row of the latest time among those behind `afterSequence`, where that is later than `laterThan`. What is no time,
 * because somebody has put it there, is not looked at.
 */
export async function selectNewest(
  db: Db,
  { afterSequence, laterThan }: { afterSequence: number; laterThan: number },
): Promise<{ sequence: number; event: string; at: number } | undefined> {
  return db
    .$extendTables<Tables>()
    .selectFrom('audit')
    .select(['sequence', 'event', 'at'])
    .where('at', '>', laterThan)
    .where('at', '<=', lastTime)
    .where(sql<boolean>`cast(at as bigint) = at`)
    .where('sequence', '>', afterSequence)
    .where('sequence', '<', numbersEnd)
    .orderBy('at', 'desc')
    .orderBy('sequence', 'desc')
    .limit(1)
    .executeTakeFirst();
}

/** The oldest row that is left; nothing where none is. */
export async function selectFirstSequence(db: Db): Promise<number | undefined> {
  const row = await db
    .$extendTables<Tables>()
    .selectFrom('audit')
    .select('sequence')
    .where('sequence', '>', 0)
    .where('sequence', '<', numbersEnd)
    .orderBy('sequence')
    .limit(1)
    .executeTakeFirst();
  return row?.sequence;
}

export async function selectLastSequence(db: Db): Promise<number> {
  const row = await db
    .$extendTables<Tables>()
    .selectFrom('audit')
    .select('sequence')
    .where('sequence', '<', numbersEnd)
    .orderBy('sequence', 'desc')
    .limit(1)
    .executeTakeFirst();
  return row?.sequence ?? 0;
}

/** The macs of these rows, as far as they are there: what tells a row from another one of its number. */
export async function selectMacs(db: Db, sequences: readonly number[]): Promise<Map<number, Buffer>> {
  const rows = await db
    .$extendTables<Tables>()
    .selectFrom('audit')
    .select(['sequence', bytesIn('mac')])
    .where(isAmong(db, 'sequence', sequences))
    .execute();
  return new Map(rows.map(({ sequence, mac }) => [sequence, Buffer.from(mac ?? [])]));
}

/** How often each of the events happened on each UTC day, counted from 1970; days without any are not there. */
export async function countByDay(
  db: Db,
  events: readonly Event[],
  { from, to }: { from: number; to: number },
): Promise<{ day: number; event: string; count: number }[]> {
  // Whole numbers divided by a whole number that stands in the statement: SQLite and PostgreSQL both drop the rest then.
  const dayOf = sql<number>`at / ${sql.lit(day)}`;
  const rows = await db
    .$extendTables<Tables>()
    .selectFrom('audit')
    .select(({ fn }) => [dayOf.as('day'), 'event', fn.countAll<number>().as('count')])
    .where('event', 'in', events)
    .where('at', '>=', from)
    .where('at', '<', to)
    .groupBy([dayOf, 'event'])
    .execute();
  return rows.map((row) => ({ day: Number(row.day), event: row.event, count: Number(row.count) }));
}

/** What is no text, because somebody has put it there, is read as none. */
const textOf = (found: unknown): string => (typeof found === 'string' ? found : '?');

/** A detail that cannot be read is none: one broken row must not hide the others. */
function detailOf(text: string | null): Record<string, unknown> {
  try {
    const detail: unknown = JSON.parse(text ?? '{}');
    return typeof detail === 'object' && detail !== null ? { ...detail } : {};
  } catch {
    return {};
  }
}
