/** What PostgreSQL is held to, whatever it, a program beside us, or somebody who set it up may do. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { sql } from 'kysely';
import { type Db, holdWhole, inspectDatabase, openDatabase } from '../../src/database/database.ts';
import { end, note, notes, pidOf, unavailable, withNotes } from './notes.ts';

describe('on PostgreSQL', { concurrency: true }, () => {
  test('the server ends what rests, and what runs too long', () =>
    withNotes(async (database) => {
      const limits = async (db: Db, name: string): Promise<unknown> =>
        (await sql<Record<string, unknown>>`select current_setting(${name}) as it`.execute(db)).rows[0]?.['it'];
      await database.transaction(async (tx) => {
        assert.equal(await limits(tx, 'statement_timeout'), '10s');
        const patience = String(await limits(tx, 'lock_timeout'));
        assert.ok(/^\d{4}ms$/.test(patience) || patience === '5s', patience);
        assert.equal(await limits(tx, 'idle_in_transaction_session_timeout'), '3s');
      });
      assert.equal(await limits(database.read, 'statement_timeout'), '10s');
      const resting = database.transaction(async (tx) => {
        await sql`set local idle_in_transaction_session_timeout = '50ms'`.execute(tx);
        await sleep(300);
        await note(tx, 'rested');
      });
      await assert.rejects(resting, unavailable);
      const running = database.transaction(async (tx) => {
        await sql`set local statement_timeout = '50ms'`.execute(tx);
        await sql`select pg_sleep(10)`.execute(tx);
      });
      await assert.rejects(running, unavailable);
      await database.transaction((tx) => note(tx, 'kept'));
      assert.deepEqual(await notes(database.read), ['a', 'b', 'kept']);
    }));

  test('whoever copies or restores a whole database may rest in the midst, and take as long as he needs', () =>
    withNotes(async (_, other, name) => {
      await other.query(`alter database ${name} set statement_timeout = '20ms'`);
      await other.query(`alter database ${name} set idle_in_transaction_session_timeout = '20ms'`);
      const { host, port } = other;
      await holdWhole({ url: `postgres://postgres@${host}:${port}/${name}` }, async (tx) => {
        await sleep(100);
        await sql`select pg_sleep(0.1)`.execute(tx);
        const limits = await sql`select current_setting('statement_timeout') as long,
          current_setting('idle_in_transaction_session_timeout') as rest`.execute(tx);
        assert.deepEqual(limits.rows, [{ long: '0', rest: '0' }]);
      });
    }));

  test('an instance that stands still in its turn holds up the others for less than they wait', () =>
    withNotes(async (database, other, name) => {
      const { host, port } = other;
      const still = await openDatabase({ url: `postgres://postgres@${host}:${port}/${name}` });
      const over = Promise.withResolvers<void>();
      try {
        const begun = Promise.withResolvers<void>();
        const stopped = still.transaction(async (tx) => {
          await note(tx, 'lost');
          begun.resolve();
          await over.promise;
          await note(tx, 'lost as well');
        });
        await begun.promise;
        await database.transaction((tx) => note(tx, 'kept'));
        over.resolve();
        await assert.rejects(stopped, unavailable);
        assert.deepEqual(await notes(database.read), ['a', 'b', 'kept']);
      } finally {
        over.resolve();
        await still.close();
      }
    }));

  test('a schema may have a name that PostgreSQL would have quoted', () =>
    withNotes(async (_, other, name) => {
      await other.query(`create schema "My-Service"; alter database ${name} set search_path = "My-Service"`);
      const { host, port } = other;
      const place = { url: `postgres://postgres@${host}:${port}/${name}` };
      await (await openDatabase(place)).close();
      await (await openDatabase(place)).close();
      assert.deepEqual(await inspectDatabase(place, ({ faults }) => faults()), []);
    }));

  test('one in which a statement failed is never said to be kept, whoever caught that', () =>
    withNotes(async (database) => {
      const careless = database.transaction(async (tx) => {
        await note(tx, 'lost');
        await note(tx, 'a').catch(() => undefined);
      });
      await assert.rejects(careless, { name: 'AbortedTransactionError' });
      assert.deepEqual(await notes(database.read), ['a', 'b']);
    }));

  test('an error tells nobody what stands in the row', () =>
    withNotes(async (database) => {
      await assert.rejects(
        database.transaction((tx) => note(tx, 'a')),
        (error: Error) => {
          assert.match(error.message, /duplicate key value violates unique constraint/);
          assert.doesNotMatch(JSON.stringify({ ...error }), /\(a\)/);
          return true;
        },
      );
    }));

  test('settings of the database that would lose what was acknowledged do not reach us', () =>
    withNotes(async (_, other, name) => {
      await other.query(`alter database ${name} set synchronous_commit = off`);
      const { host, port } = other;
      const database = await openDatabase({ url: `postgres://postgres@${host}:${port}/${name}` });
      try {
        const { rows } = await database.transaction((tx) => sql`show synchronous_commit`.execute(tx));
        assert.deepEqual(rows, [{ synchronous_commit: 'on' }]);
        // Nor where somebody changes them under way, as a pooler between would.
        await database.transaction((tx) => sql`set session synchronous_commit = off`.execute(tx));
        const again = await database.transaction((tx) => sql`show synchronous_commit`.execute(tx));
        assert.deepEqual(again.rows, rows);
      } finally {
        await database.close();
      }
    }));

  test('a database that lets nobody write is unavailable until it does, without a restart', () =>
    withNotes(async (database, other, name) => {
      await other.query(`alter database ${name} set default_transaction_read_only = on`);
      await end(other, await database.transaction(pidOf));
      await assert.rejects(
        database.transaction((tx) => note(tx, 'lost')),
        ({ message }: Error) => /read-only: set default_transaction_read_only to off/.test(message),
      );
      await other.query('set default_transaction_read_only = off');
      await other.query(`alter database ${name} set default_transaction_read_only = off`);
      await database.transaction((tx) => note(tx, 'kept'));
      assert.deepEqual(await notes(database.read), ['a', 'b', 'kept']);
    }));

  test('a zero in a text finds nothing and harms nothing, and a number that is too large is no other number', () =>
    withNotes(async (database) => {
      const { rows } = await sql`select text from notes where text = ${'a\0'}`.execute(database.read);
      assert.deepEqual(rows, []);
      const numbers =
        await sql`select 9007199254740991 as most, 9007199254740993::bigint as more, -9007199254740993::bigint
      as less, 1.5::numeric as part`.execute(database.read);
      assert.deepEqual(numbers.rows, [{ most: 9007199254740991, more: Infinity, less: Infinity, part: 1.5 }]);
    }));

  test('whoever would read one state of everything by single statements is told to take a snapshot', () =>
    withNotes(async (database) => {
      await assert.rejects(
        database.read.transaction().execute((tx) => notes(tx)),
        /takes a snapshot/,
      );
      assert.deepEqual(await database.snapshot(notes), ['a', 'b']);
    }));
});
