import type { FastifyInstance, FastifyReply } from 'fastify';
import * as z from 'zod';
import { type AuditRow, activity, type Event } from '../audit/audit.ts';
import { day } from '../clock.ts';
import type { Database } from '../database/database.ts';
import { page, queryText, type Session, sendPage } from '../http/http.ts';
import type { Site } from '../pages/pages.ts';
import type { Passkeys, StoredPasskey } from '../passkeys/passkeys.ts';
import { recoveryCodesLeft } from '../recovery-codes/recovery-codes.ts';
import type { SignIn } from '../sign-in/sign-in.ts';
import { mustReadFacts } from './factors.ts';
import { type Overview, overviewPage } from './overview-page.ts';
import { signals } from './passkey-signals.ts';

export interface OverviewParts {
  database: Database;
  passkeys: Passkeys;
  signIn: SignIn;
  site: Site;
}

/** Events of one's account on its first page; all of them are under `/account/activity`. */
const recentRows = 5;

/** For how long a person is told what somebody else has done to the account. */
const announcedFor = 7 * day;

/** What somebody else can do to the factors of an account. */
const announced: Event[] = ['second_factors.reset', 'password.link_made', 'password.changed'];

/** The first page of an account. */
export function overviewRoutes(app: FastifyInstance, parts: OverviewParts): void {
  page(app, {
    method: 'GET',
    url: '/account',
    access: 'signed in',
    query: z.looseObject({ done: queryText }),
    async handle({ session, query, now, reply }) {
      return sendOverview({ session, done: query.done, now, reply }, parts);
    },
  });
}

/** Sends the overview of a full session's account; `done` is the word of what led there. */
export async function sendOverview(
  { session, done, now, reply }: { session: Session; done?: string | undefined; now: number; reply: FastifyReply },
  parts: OverviewParts,
): Promise<FastifyReply> {
  const overview = await readOverview(session, now, parts);
  // The last passkey is removed on a page that cannot be shown again without it: its browser is told here.
  const { database, passkeys, site } = parts;
  const told = done === 'passkeys-off' ? await signals(database.read, session, passkeys) : undefined;
  return sendPage(reply, 200, overviewPage({ site, person: session, overview, done, signals: told }));
}

async function readOverview(session: Session, now: number, parts: OverviewParts): Promise<Overview> {
  const { userId } = session;
  const { read } = parts.database;
  const facts = await mustReadFacts(parts, userId);
  const all = await parts.signIn.listSessions(read, userId, now);
  const { rows } = await activity(read, { userId, limit: 3 * recentRows });
  const since = now - announcedFor;
  const passkeys = facts.passkeys ? await parts.passkeys.list(read, userId) : [];
  const newest = await Promise.all(announced.map((event) => newestByOthers(read, { userId, event, since })));
  return {
    password: facts.password !== undefined,
    authenticator: authenticatorOf(facts.authenticator),
    passkeys: countPasskeys(passkeys, parts),
    passkeyNames: passkeys,
    takesPasskeys: parts.signIn.passkeyOptions.possible(),
    recoveryCodesLeft: await recoveryCodesLeft(read, userId),
    byRecoveryCode: session.proved.includes('recovery_code'),
    sessionEnds: session.expiresAt,
    otherSessions: all.filter(({ id }) => id !== session.id).length,
    alarm: await newestAlarm(read, { userId, since }),
    copied: await newestCopied(read, { userId, passkeys, since }),
    announcements: newest.filter((row) => row !== undefined),
    // What came of a sign-in follows the question for its code; the page with all activity shows both.
    recent: rows.filter(({ event }) => event !== 'sign_in.otp_required').slice(0, recentRows),
  };
}

function countPasskeys(all: readonly StoredPasskey[], { passkeys }: OverviewParts): Overview['passkeys'] {
  const host = passkeys.relyingParty()?.id;
  const here = all.filter(({ rpId }) => rpId === host).length;
  return { here, elsewhere: all.length - here };
}

function authenticatorOf(bound: { proved: boolean } | undefined): Overview['authenticator'] {
  if (!bound) return 'none';
  return bound.proved ? 'in force' : 'not confirmed';
}

/** The last time that somebody else did this to the account. An invitation, and a link that voids nothing, is no news. */
async function newestByOthers(
  read: Database['read'],
  { userId, event, since }: { userId: string; event: Event; since: number },
): Promise<AuditRow | undefined> {
  const { rows } = await activity(read, { userId, byOthers: true, events: [event] });
  // Compared here, so that the search goes by the account and not by the time, which is everybody's.
  return rows.find(({ at, detail }) => at >= since && detail['forced'] !== false);
}

/** The last time since a moment that one of these passkeys came which may have been copied; one that is gone is no news. */
async function newestCopied(
  read: Database['read'],
  { userId, passkeys, since }: { userId: string; passkeys: readonly StoredPasskey[]; since: number },
): Promise<AuditRow | undefined> {
  if (passkeys.length === 0) return undefined;
  const { rows } = await activity(read, { userId, events: ['passkey.clone_suspected'] });
  return rows.find(({ at, detail }) => at >= since && passkeys.some(({ id }) => id === detail['passkey']));
}

/** The last alarm since a moment, unless the password was changed after it: whoever raised it does not know the new one. */
async function newestAlarm(
  read: Database['read'],
  { userId, since }: { userId: string; since: number },
): Promise<AuditRow | undefined> {
  const newest = async (event: Event) => (await activity(read, { userId, events: [event], limit: 1 })).rows[0];
  const alarm = await newest('sign_in.alarm');
  if (!alarm || alarm.at < since) return undefined;
  const changed = await newest('password.changed');
  return changed && changed.sequence > alarm.sequence ? undefined : alarm;
}
