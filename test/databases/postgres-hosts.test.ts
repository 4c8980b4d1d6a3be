/** Several servers, or ways to them, of which one is the primary: all connections of a process are to the same one. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sql } from 'kysely';
import { type Database, openDatabase } from '../../src/database/database.ts';
import { createPrimary } from '../../src/database/postgres/fitness.ts';
import { type Between, standBetween } from './between.ts';
import { end, note, pidOf, withNotes } from './notes.ts';

/** A database with two hosts, which are two ways to one server. */
const onTwoWays = (
  story: (database: Database, ways: [Between, Between], endWriter: () => Promise<unknown>) => Promise<void>,
) =>
  withNotes(async (_, other, name) => {
    const ways: [Between, Between] = [await standBetween(other), await standBetween(other)];
    const [one, two] = ways.map(({ port }) => `127.0.0.1:${port}`);
    const database = await openDatabase({ url: `postgres://postgres@${one},${two}/${name}` });
    try {
      await story(database, ways, async () => end(other, await database.transaction(pidOf)));
    } finally {
      await database.close();
      for (const way of ways) await way.close();
    }
  });

const readers = async ({ read }: Database): Promise<number[]> => {
  const asked = Array.from({ length: 10 }, () =>
    sql<{ pid: number }>`select pg_backend_pid() as pid from pg_sleep(0.1)`.execute(read),
  );
  return (await Promise.all(asked)).flatMap(({ rows }) => rows.map(({ pid }) => pid));
};

test('once one connection is to another server, nobody is given those that were made before, not even on the way back', () =>
  onTwoWays(async (database, [one, two], endWriter) => {
    const seen = await readers(database);
    for (const [gone, left] of [
      [one, two],
      [two, one],
    ] as const) {
      gone.shut();
      left.open();
      // Those who read notice nothing: their connections are as good as before.
      await endWriter();
      await database.transaction((tx) => note(tx, `by ${left.port}`));
      const present = await readers(database);
      assert.deepEqual(
        present.filter((pid) => seen.includes(pid)),
        [],
      );
      seen.push(...present);
    }
  }));

test('what holds for a connection is said by statements: a pooler between takes no settings from a first message', () =>
  onTwoWays(async (_, [{ asked }]) => {
    assert.ok(asked.length > 0);
    for (const names of asked)
      assert.deepEqual(names.sort(), ['application_name', 'client_encoding', 'database', 'user']);
  }));

/** A new connection to a server that says of itself what it likes. */
const connectionTo = (timeline: string | null) => ({
  query: async <Row extends object>() => {
    const answer: object = { isReadOnly: false, timeline, encoding: 'UTF8', kept: true };
    return { rows: [answer as Row] };
  },
});

test('a server that was the primary once is believed no more, also where one address leads now here, now there', async () => {
  const primary = createPrimary();
  const terms = { statementMs: 0 };
  const [old, present, back] = ['00000001', '00000002', '00000001'].map(connectionTo);
  assert.ok(old && present && back);
  await primary.admit(old, 0, terms);
  assert.equal(primary.isPresent(old), true);
  await primary.admit(present, 0, terms);
  assert.deepEqual([primary.isPresent(old), primary.isPresent(present)], [false, true]);
  await assert.rejects(primary.admit(back, 0, terms), /was the primary before another one took over/);
  await assert.rejects(primary.admit(connectionTo(null), 0, terms), /is a standby/);
  assert.deepEqual([primary.isPresent(back), primary.isPresent(present)], [false, true]);
});
