import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sql } from 'kysely';
import { onDatabase } from '../../test/databases/on-database.ts';
import { day, hour } from '../clock.ts';
import type { Database } from '../database/database.ts';
import { createKeyring } from '../seal.ts';
import {
  activity,
  createAudit,
  type Entry,
  events,
  eventsOf,
  isKind,
  kindNames,
  pageLength,
  signInsByDay,
} from './audit.ts';

const noon = Date.UTC(2026, 10, 22, 12);
const keys = [{ id: 'k1', secret: Buffer.alloc(32, 1) }];

/** Runs a story on a log of its own, into which `write` puts events, each with its moment. */
async function onLog(
  story: (log: Database, write: (...entries: [at: number, entry: Entry][]) => Promise<void>) => Promise<void>,
): Promise<void> {
  await onDatabase(async (database) => {
    const { record } = createAudit({ sealer: createKeyring(keys, 'k1'), retention: 0 });
    await story(database, (...entries) =>
      database.transaction(async (tx) => {
        for (const [at, entry] of entries) await record(tx, at, entry);
      }),
    );
  });
}

test('what is written is read back, newest first, with nothing that was not there', () =>
  onLog(async ({ read }, write) => {
    const whole = {
      userId: 'u1',
      actorId: 'operator',
      sessionId: 's1',
      address: '192.0.2.7',
      detail: { count: 2, forced: true, reason: 'x' },
    };
    await write([noon, { event: 'sessions.ended', ...whole }], [noon - 1, { event: 'sign_in.refused' }]);
    assert.deepEqual((await activity(read, {})).rows, [
      { sequence: 2, at: noon - 1, event: 'sign_in.refused', detail: {} },
      { sequence: 1, at: noon, event: 'sessions.ended', ...whole },
    ]);
  }));

test('pages follow one another without a gap, and the last one says so, whatever is written meanwhile', () =>
  onLog(async ({ read }, write) => {
    const many = (count: number) =>
      Array.from({ length: count }, (): [number, Entry] => [noon, { event: 'sign_in.succeeded', userId: 'u1' }]);
    await write(...many(2 * pageLength));
    const first = await activity(read, { userId: 'u1' });
    await write(...many(7));
    const second = await activity(read, { userId: 'u1', before: first.next });
    const sequences = [...first.rows, ...second.rows].map(({ sequence }) => sequence);
    assert.deepEqual(
      sequences,
      Array.from({ length: 2 * pageLength }, (_, index) => 2 * pageLength - index),
    );
    assert.equal(first.next, pageLength + 1);
    assert.equal(second.next, undefined);
  }));

test('a page is as long as is asked for', () =>
  onLog(async ({ read }, write) => {
    await write(
      ...Array.from({ length: 60 }, (): [number, Entry] => [noon, { event: 'sign_in.otp_required', userId: 'u1' }]),
    );
    const lengths = [3, 60, undefined].map(async (limit) => (await activity(read, { limit })).rows.length);
    assert.deepEqual(await Promise.all(lengths), [3, 60, pageLength]);
  }));

test('a person’s activity is that person’s alone, also where they have done it to others', () =>
  onLog(async ({ read }, write) => {
    await write(
      [noon, { event: 'sign_in.succeeded', userId: 'u1' }],
      [noon, { event: 'sign_in.succeeded', userId: 'u2' }],
      [noon, { event: 'user.disabled', userId: 'u2', actorId: 'u1' }],
      [noon, { event: 'sign_in.refused' }],
    );
    assert.deepEqual(
      (await activity(read, { userId: 'u1' })).rows.map(({ sequence }) => sequence),
      [1],
    );
  }));

test('rows are found by user, events and time, each alone and together', () =>
  onLog(async ({ read }, write) => {
    await write(
      [noon - day, { event: 'sign_in.succeeded', userId: 'u1' }],
      [noon, { event: 'sign_in.refused', userId: 'u1' }],
      [noon + 1, { event: 'password.changed', userId: 'u1' }],
      [noon + 2, { event: 'sign_in.refused', userId: 'u2' }],
      [noon + day, { event: 'sign_in.succeeded', userId: 'u2' }],
    );
    const found = async (filter: Parameters<typeof activity>[1]): Promise<number[]> =>
      (await activity(read, filter)).rows.map(({ sequence }) => sequence);
    assert.deepEqual(await found({ userId: 'u2' }), [5, 4]);
    assert.deepEqual(await found({ events: ['sign_in.refused'] }), [4, 2]);
    assert.deepEqual(await found({ events: ['sign_in.succeeded', 'sign_in.refused'] }), [5, 4, 2, 1]);
    assert.deepEqual(await found({ events: [] }), []);
    assert.deepEqual(await found({ from: noon }), [5, 4, 3, 2]);
    assert.deepEqual(await found({ to: noon }), [1]);
    assert.deepEqual(await found({ from: noon, to: noon + 2, before: 3 }), [2]);
    assert.deepEqual(await found({ userId: 'u1', events: ['sign_in.succeeded', 'sign_in.refused'], from: noon }), [2]);
    const page = await activity(read, { events: ['sign_in.succeeded', 'sign_in.refused'], limit: 3 });
    assert.equal(page.next, 2);
  }));

test('a detail that cannot be read is none, and hides no other row', () =>
  onLog(async (log, write) => {
    await write(
      [noon, { event: 'sign_in.otp_required' }],
      [noon, { event: 'sign_in.otp_required' }],
      [noon, { event: 'sign_in.otp_required' }],
    );
    await log.transaction(async (tx) => {
      await sql`update audit set detail = '{' where sequence = 1`.execute(tx);
      await sql`update audit set detail = '"text"' where sequence = 2`.execute(tx);
      await sql`update audit set detail = 'null' where sequence = 3`.execute(tx);
    });
    assert.deepEqual(
      (await activity(log.read, {})).rows.map(({ detail }) => detail),
      [{}, {}, {}],
    );
  }));

test('sign-ins and refusals are counted by UTC day, today last, empty days included', () =>
  onLog(async ({ read }, write) => {
    const today = noon - 12 * hour;
    await write(
      [today - 2 * day - 1, { event: 'sign_in.succeeded' }],
      [today - 2 * day, { event: 'sign_in.refused' }],
      [today - 1, { event: 'sign_in.succeeded' }],
      [today, { event: 'sign_in.succeeded' }],
      [today, { event: 'sign_in.otp_required' }],
      [noon, { event: 'sign_in.refused' }],
      [today + day - 1, { event: 'sign_in.refused' }],
      [today + day, { event: 'sign_in.refused' }],
    );
    assert.deepEqual(await signInsByDay(read, noon, 3), [
      { start: today - 2 * day, succeeded: 0, refused: 1 },
      { start: today - day, succeeded: 1, refused: 0 },
      { start: today, succeeded: 1, refused: 2 },
    ]);
  }));

test('every event is of exactly one kind', () => {
  assert.deepEqual(Object.keys(kindNames).filter(isKind).flatMap(eventsOf).toSorted(), events.toSorted());
});
