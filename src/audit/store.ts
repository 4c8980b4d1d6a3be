import { sql } from 'kysely';
import { bytesIn, type Db, isAmong, numberIn, numbersEnd, statement } from '../database/database.ts';
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
  let rows = readable(db);
  if (event !== undefined) rows = rows.where('event', '=', event);
  if (userId !== undefined) rows = rows.where('user_id', '=', userId);
  if (byOthers) rows = rows.whereRef('actor_id', '!=', 'user_id');
  if (from !== undefined) rows = rows.where('at', '>=', from);
  if (to !== undefined) rows = rows.where('at', '<', to);
  if (before !== undefined) rows = rows.where('sequence', '<', before);
  return (await rows.orderBy('sequence', 'desc').limit(limit).execute()).map(asAuditRow);
}

const readable = (db: Db) =>
  db
    .$extendTables<Tables>()
    .selectFrom('audit')
    .select(['sequence', numberIn('at'), 'event', 'user_id', 'actor_id', 'session_id', 'address', 'detail'])
    // What has another was put there by somebody else, and cannot be read.
    .where('sequence', '>', -numbersEnd)
    .where('sequence', '<', numbersEnd);

const asAuditRow = (row: Omit<Row, 'chain' | 'link' | 'mac'>): AuditRow => ({
  sequence: row.sequence,
  at: row.at,
  event: textOf(row.event),
  ...(row.user_id === null ? {} : { userId: textOf(row.user_id) }),
  ...(row.actor_id === null ? {} : { actorId: textOf(row.actor_id) }),
  ...(row.session_id === null ? {} : { sessionId: textOf(row.session_id) }),
  ...(row.address === null ? {} : { address: textOf(row.address) }),
  detail: detailOf(row.detail),
});

const ofUser = statement((db, given: { event: Event; userId: string; limit: number }) =>
  readable(db)
    .where('event', '=', given.event)
    .where('user_id', '=', given.userId)
    .orderBy('sequence', 'desc')
    .limit(given.limit),
);

/** The newest rows of one event about a user, at most `limit` of them. */
export async function selectRecent(
  db: Db,
  given: { event: Event; userId: string; limit: number },
): Promise<AuditRow[]> {
  return (await ofUser.all(db, given)).map(asAuditRow);
}

/** The last moment that there is for JavaScript, in ms. */
const lastTime = 8.64e15;

const newest = statement((db, given: { afterSequence: number; laterThan: number }) =>
  db
    .$extendTables<Tables>()
    .selectFrom('audit')
    .select(['sequence', 'event', 'at'])
    .where('at', '>', given.laterThan)
    .where('at', '<=', lastTime)
    .where(sql<boolean>`cast(at as bigint) = at`)
    .where('sequence', '>', given.afterSequence)
    .where('sequence', '<', numbersEnd)
    .orderBy('at', 'desc')
    .orderBy('sequence', 'desc')
    .limit(1),
);

/**
 * The row of the latest time among those behind `afterSequence`, where that is later than `laterThan`. What is no time,
 * because somebody has put it there, is not looked at.
 */
export async function selectNewest(
  db: Db,
  given: { afterSequence: number; laterThan: number },
): Promise<{ sequence: number; event: string; at: number } | undefined> {
  return newest.first(db, given);
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

/** How often an event happened in a span of time. */
export async function countOf(db: Db, event: Event, { from, to }: { from: number; to: number }): Promise<number> {
  const { rows } = await db
    .$extendTables<Tables>()
    .selectFrom('audit')
    .select(({ fn }) => fn.countAll<number>().as('rows'))
    .where('event', '=', event)
    .where('at', '>=', from)
    .where('at', '<', to)
    .executeTakeFirstOrThrow();
  return Number(rows);
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
