import { once } from 'node:events';
import type { AuditRow, Event, Filter, Report, StoredRow } from '../audit/audit.ts';
import { isoTime } from '../clock.ts';
import type { Inspected } from '../database/database.ts';
import { databaseOf, readDuration } from '../options.ts';
import type { Service } from '../service.ts';
import { type Call, clean, columns, Failure } from './call.ts';
import { requireDatabase, withService } from './service.ts';

/** `countersign audit …`: the log read, passed on, and held against its chains. None of these changes it. */

export async function listAudit(call: Call): Promise<void> {
  await withService(call, 'must exist', async (service) => {
    const { activity } = await import('../audit/audit.ts');
    const { findUsers } = await import('../users/users.ts');
    const { read } = service.database;
    const { rows } = await activity(read, await filterOf(call, service));
    const people = await findUsers(read, [
      ...new Set(rows.flatMap(({ userId, actorId }) => [userId ?? [], actorId ?? []].flat())),
    ]);
    const name = (id: string | undefined): string => (id === undefined ? '-' : (people.get(id)?.name ?? id));
    if (rows.length === 0) call.say('There is nothing of that in the log.');
    const lines = rows.map((row) => [
      String(timeOrNumber(row.at)),
      row.event,
      name(row.userId),
      name(row.actorId),
      row.address ?? '-',
      detailText(row),
    ]);
    const events = rows.map((row) => describe(row, people.get(row.userId ?? '')?.name));
    const head = ['AT', 'EVENT', 'USER', 'BY', 'ADDRESS', 'DETAIL'];
    call.answer(rows.length === 0 ? '' : columns([head, ...lines]), { events });
  });
}

export async function exportAudit(call: Call): Promise<void> {
  await withService(call, 'must exist', async ({ audit, database }) => {
    const { stdout } = call.io;
    for await (const rows of audit.rows(database.read)) {
      const lines = rows.map((row) => `${JSON.stringify(lineOf(row))}\n`).join('');
      if (!stdout.write(lines)) await once(stdout, 'drain');
    }
  });
}

export async function verifyAudit(call: Call): Promise<void> {
  const report = await reportOf(call);
  const { rows, older, since, chains, lost, cut, faults, count } = report;
  const ok = count === 0;
  const sentences = [
    `${rows} rows in the log, ${rows - older - lost.rows} of them in ${chainsOf(chains - lost.chains)}: all are as they were written.`,
    lost.chains > 0 &&
      `${lost.rows} rows in ${chainsOf(lost.chains)} were signed with a key that is lost: all are there, and nothing tells whether they were changed.`,
    older > 0 &&
      `${older} are older than the chains${since === null ? '' : `, which begin at row ${since}`}; nothing tells whether those were changed.`,
    cut > 0 && `${cut} that were due to go are gone.`,
    'Nothing tells whether the whole database was put back to an older copy.',
  ];
  call.answer(ok ? sentences.filter(Boolean).join('\n') : '', { ok, ...report });
  if (ok) return;
  const more = count > faults.length ? [`And ${count - faults.length} more.`] : [];
  const advice = 'Keep a copy of the database as it is; then look at who could write to it.';
  throw new Failure([...faults.map(({ sentence }) => clean(sentence)), ...more, advice]);
}

/** The database is only read: what somebody has done to it stays as it is found, and a copy that cannot be written to does. */
async function reportOf(call: Call): Promise<Report> {
  const { options } = call.settings();
  await requireDatabase(options);
  const { createAudit } = await import('../audit/audit.ts');
  const { inspectDatabase } = await import('../database/database.ts');
  const { readKeyring } = await import('../upkeep/upkeep.ts');
  return inspectDatabase(databaseOf(options), async ({ read, schema }) => {
    refuseSchema(schema);
    const audit = createAudit({ sealer: await readKeyring(read, options), retention: 0 });
    // On SQLite every transaction sees one state; PostgreSQL is asked for that.
    return audit.verify({ snapshot: (work) => read.transaction().setIsolationLevel('repeatable read').execute(work) });
  });
}

/** What cannot be judged: a view may stand in place of a table, and what another version has may mean something else. */
function refuseSchema({ foreign, missing, unknown }: Inspected['schema']): void {
  if (foreign.length > 0)
    throw new Failure(
      `Somebody has put a ${clean(foreign.join(' and a '))} into the database, so that nothing which it answers can be trusted. Keep a copy of it as it is; then look at who could write to it.`,
    );
  if (missing.length > 0)
    throw new Failure('This database is of an older version. Start the service once, which brings it up to date.');
  if (unknown.length > 0) throw new Failure('This database is of a newer version. Verify it with that one.');
}

const chainsOf = (count: number): string => `${count} ${count === 1 ? 'chain' : 'chains'}`;

async function filterOf({ flags }: Call, service: Service): Promise<Filter> {
  const { user, event, since, until, limit = '50' } = flags;
  const rows = Number(limit);
  if (!/^\d{1,5}$/.test(String(limit)) || rows < 1 || rows > 10_000)
    throw new Failure('--limit takes a whole number from 1 to 10000.', 2);
  return {
    limit: rows,
    ...(event === undefined ? {} : { events: [await eventNamed(String(event))] }),
    ...(user === undefined ? {} : { userId: await accountNamed(String(user), service) }),
    ...(since === undefined ? {} : { from: timeOf('--since', String(since), service.clock()) }),
    ...(until === undefined ? {} : { to: timeOf('--until', String(until), service.clock()) }),
  };
}

async function eventNamed(typed: string): Promise<Event> {
  const { events } = await import('../audit/audit.ts');
  const event = events.find((each) => each === typed);
  if (event) return event;
  throw new Failure(`There is no event "${typed}". There are: ${events.join(', ')}.`, 2);
}

/** The id of an account; rows outlive the account, so what is no name may be the id of one that is gone. */
async function accountNamed(typed: string, { database }: Service): Promise<string> {
  const { activity } = await import('../audit/audit.ts');
  const { findUserByName } = await import('../users/users.ts');
  const user = await findUserByName(database.read, typed);
  if (user) return user.id;
  const { rows } = await activity(database.read, { userId: typed, limit: 1 });
  if (rows.length > 0) return typed;
  throw new Failure(
    `There is no user "${typed}", and the log has nothing of an account with that id. \`countersign user list\` shows who there is.`,
    3,
  );
}

const isoForm = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d{1,3})?)?(Z|[+-]\d\d:\d\d))?$/;

/** A moment in ms, as ISO 8601 or as how long ago. */
function timeOf(flag: string, typed: string, now: number): number {
  const ago = readDuration(typed);
  if (typeof ago === 'number') return now - ago;
  const at = isoForm.test(typed) ? Date.parse(typed) : Number.NaN;
  if (!Number.isNaN(at)) return at;
  throw new Failure(
    `${flag} cannot be "${typed}": write a time like 2026-11-22T12:00Z or 2026-11-22 (UTC), or how long ago, like 24h.`,
    2,
  );
}

function detailText({ detail }: AuditRow): string {
  return Object.entries(detail)
    .map(([name, value]) => `${name}=${value}`)
    .join(' ');
}

function describe(row: AuditRow, user: string | undefined) {
  return {
    sequence: row.sequence,
    at: timeOrNumber(row.at),
    event: row.event,
    user_id: row.userId ?? null,
    user: user ?? null,
    actor_id: row.actorId ?? null,
    session_id: row.sessionId ?? null,
    address: row.address ?? null,
    detail: row.detail,
  };
}

/** A row as it stands in the table, with what people and programs can read in place of numbers and bytes. */
function lineOf(row: StoredRow) {
  const { sequence, at, event, user_id, actor_id, session_id, address, detail, chain, link, mac } = row;
  return {
    sequence,
    at: timeOrNumber(at),
    ...{ event, user_id, actor_id, session_id, address },
    detail: detail === null ? null : parsed(detail),
    ...{ chain, link },
    mac: mac && Buffer.from(mac).toString('base64'),
  };
}

/** A time that somebody has broken is passed on as the number it is. */
function timeOrNumber(at: number): string | number {
  return Number.isNaN(new Date(at).getTime()) ? at : isoTime(at);
}

/** A detail that somebody has broken is passed on as the text it is. */
function parsed(detail: string): unknown {
  try {
    return JSON.parse(detail);
  } catch {
    return detail;
  }
}
