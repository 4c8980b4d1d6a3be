import type { FastifyInstance } from 'fastify';
import * as z from 'zod';
import { type AuditRow, activity, actorOfServiceToken, type Filter, readActor, signInsByDay } from '../audit/audit.ts';
import type { Database, Db } from '../database/database.ts';
import { page, queryBefore, sendPage } from '../http/http.ts';
import type { Site } from '../pages/pages.ts';
import { findUserByName, findUsers } from '../users/users.ts';
import { type Mistake, readFilter, type Typed } from './activity-filter.ts';
import { activityPage } from './activity-page.ts';
import type { Admin } from './admin.ts';

interface Parts {
  database: Database;
  admin: Admin;
  site: Site;
}

/** The days that the chart shows. */
const chartDays = 14;

/** The log for administrators: filtered by a form, a page at a time; above it, where nothing is filtered, the chart. */
export function activityPageRoutes(app: FastifyInstance, { database, admin, site }: Parts): void {
  // However long: what is no filter is said above the form.
  const typedText = z.string().default('');
  page(app, {
    method: 'GET',
    url: '/admin/activity',
    access: 'administrator',
    query: z.looseObject({
      kind: typedText,
      user: typedText,
      from: typedText,
      to: typedText,
      before: queryBefore,
    }),
    async handle({ session, query, now, reply }) {
      const { kind, user, from, to, before } = query;
      const typed = { kind, user, from, to };
      const first = before === undefined;
      const shown = { site, person: session, typed, first };
      const filter = await filterOf(database.read, typed);
      if ('sentence' in filter)
        return sendPage(reply, 422, activityPage({ ...shown, mistake: filter, names: new Map() }));
      const found = await activity(database.read, { ...filter, before });
      const names = await namesIn(database.read, admin, found.rows);
      const whole = first && Object.keys(filter).length === 0;
      const days = whole ? await signInsByDay(database.read, now, chartDays) : undefined;
      return sendPage(reply, 200, activityPage({ ...shown, found, names, days }));
    },
  });
}

/** Whose rows, which and from when; or what is to be mended. */
async function filterOf(db: Db, typed: Typed): Promise<Filter | Mistake> {
  const read = readFilter(typed);
  if ('sentence' in read || typed.user === '') return read;
  const userId = await userMeant(db, typed.user);
  return userId === undefined ? { field: 'user', sentence: 'There is no user of that name.' } : { ...read, userId };
}

/** The id of a user by name; deleted ones, who have none, by the id that the log shows for them. */
async function userMeant(db: Db, typed: string): Promise<string | undefined> {
  const user = await findUserByName(db, typed);
  if (user) return user.id;
  const { rows } = await activity(db, { userId: typed, limit: 1 });
  return rows[0]?.userId;
}

/** The names of everybody in these rows who is still there, and of the service tokens that are. */
async function namesIn(db: Db, admin: Admin, rows: readonly AuditRow[]): Promise<Map<string, string>> {
  const ids = [...new Set(rows.flatMap(({ userId, actorId }) => [userId ?? [], actorId ?? []].flat()))];
  const users = await findUsers(db, ids);
  const anyToken = ids.some((id) => readActor(id).kind === 'service token');
  const tokens = anyToken ? await admin.listServiceTokens() : [];
  return new Map([
    ...[...users.values()].map(({ id, name }): [string, string] => [id, name]),
    ...tokens.map(({ id, name }): [string, string] => [actorOfServiceToken(id), name]),
  ]);
}
