import * as z from 'zod';
import { auditMacs, type Event, lastSequence } from '../../audit/audit.ts';
import type { Db } from '../../database/database.ts';
import { findUsers } from '../../users/users.ts';

/** Something that happened after an older copy of the database was made, and that the copy knows nothing of. */
export interface Lost {
  event: string;
  at: string | number;
  /** Who did it, where that was somebody else. */
  by: string | undefined;
  detail: unknown;
}

/** What changed about one account, the oldest first. */
export interface ChangedAccount {
  /** Absent for what concerns no account, such as a key. */
  userId: string | undefined;
  /** As the database has it now; absent where it knows no such account. */
  name: string | undefined;
  events: Lost[];
}

/** How many rows an exported audit log has, and the newest of them. */
export interface Exported {
  rows: number;
  newest: number;
}

const form = z.object({
  sequence: z.number(),
  at: z.union([z.string(), z.number()]),
  event: z.string(),
  user_id: z.string().nullable(),
  actor_id: z.string().nullable(),
  detail: z.unknown(),
  mac: z.string().nullable(),
});

type Line = z.infer<typeof form>;

/** Lines that are looked up at a time. */
const batchLength = 500;

/** What changes nothing that outlives an older copy's being accepted: sessions, browsers and recovery codes end with that. */
const passing = new Set<string>([
  'browser.forgotten',
  'browser.remembered',
  'otp.confirmation_refused',
  'otp.replacement_started',
  'passkey.registration_refused',
  'password.change_refused',
  'recovery_code.used',
  'recovery_codes.made',
  'session.ended',
  'session.reauthenticated',
  'session.reauthentication_refused',
  'sessions.ended',
  'sign_in.alarm',
  'sign_in.otp_required',
  'sign_in.refused',
  'sign_in.succeeded',
] satisfies Event[]);

/** Reads an exported audit log to its end. Throws where a line is no row, and where there is none at all. */
export async function readExported(lines: AsyncIterable<string>): Promise<Exported> {
  let read: Exported = { rows: 0, newest: 0 };
  for await (const batch of batches(lines)) read = counted(read, batch);
  return someOf(read);
}

/**
 * What has changed about accounts after an older copy of the database was made, from the lines of an exported audit log
 * that is newer: its rows that the database does not have. Throws as `readExported` does.
 */
export async function changedSince(
  db: Db,
  lines: AsyncIterable<string>,
): Promise<{ changed: ChangedAccount[]; exported: Exported }> {
  const newest = await lastSequence(db);
  const changed = new Map<string | null, Lost[]>();
  let read: Exported = { rows: 0, newest: 0 };
  for await (const batch of batches(lines)) {
    read = counted(read, batch);
    const macs = await auditMacs(
      db,
      batch.map(({ sequence }) => sequence),
    );
    for (const { sequence, event, at, user_id, actor_id, detail, mac } of batch) {
      const stored = macs.get(sequence);
      // One that is not there and not behind the newest has gone since, because it was old.
      const isLost = stored ? stored.toString('base64') !== (mac ?? '') : sequence > newest;
      if (!isLost || passing.has(event)) continue;
      const events = changed.get(user_id) ?? [];
      events.push({ event, at, by: actor_id ?? undefined, detail });
      changed.set(user_id, events);
    }
  }
  const exported = someOf(read);
  const ids = [...changed.keys()].filter((id) => id !== null);
  const names = await findUsers(db, ids);
  const accounts = [...changed].map(([id, events]) => ({
    userId: id ?? undefined,
    name: id === null ? undefined : names.get(id)?.name,
    events,
  }));
  return { changed: accounts, exported };
}

function counted({ rows, newest }: Exported, batch: readonly Line[]): Exported {
  return { rows: rows + batch.length, newest: Math.max(newest, ...batch.map(({ sequence }) => sequence)) };
}

function someOf(exported: Exported): Exported {
  if (exported.rows === 0) throw new Error(`There is no row of an audit log in it: ${giveExport}`);
  return exported;
}

const giveExport = 'give the file that `countersign audit export` has written.';

async function* batches(lines: AsyncIterable<string>): AsyncGenerator<Line[]> {
  let batch: Line[] = [];
  let number = 0;
  for await (const line of lines) {
    number += 1;
    if (line.trim() !== '') batch.push(lineOf(line, number));
    if (batch.length < batchLength) continue;
    yield batch;
    batch = [];
  }
  yield batch;
}

function lineOf(text: string, number: number): Line {
  try {
    return form.parse(JSON.parse(text));
  } catch {
    throw new Error(`Line ${number} is no row of an exported audit log: ${giveExport}`);
  }
}
