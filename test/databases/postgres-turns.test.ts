/** Who writes to PostgreSQL takes turns: what comes of it when the server, or another program, is in the way. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { sql } from 'kysely';
import type { Db } from '../../src/database/database.ts';
import { end, note, notes, pidOf, unavailable, withNotes } from './notes.ts';

const touch = async (db: Db, text: string): Promise<void> => {
  await sql`update notes set text = text where text = ${text}`.execute(db);
};

// Some of these wait for seconds.
describe('on PostgreSQL', { concurrency: true }, () => {
  test('a transaction that is undone for the sake of another program’s is run again, and is kept once', () =>
    withNotes(async (database, other) => {
      await other.query("set deadlock_timeout = '20s'; begin; update notes set text = text where text = 'b'");
      let runs = 0;
      let theirs: Promise<unknown> = Promise.resolve();
      await database.transaction(async (tx) => {
        runs += 1;
        await note(tx, `run ${runs}`);
        await touch(tx, 'a');
        if (runs === 1) theirs = other.query("update notes set text = text where text = 'a'");
        await touch(tx, 'b').catch(async (error: unknown) => {
          // With us out of the way, they come through.
          theirs = theirs.then(() => other.query('commit'));
          throw error;
        });
      });
      await theirs;
      assert.equal(runs, 2);
      assert.deepEqual(await notes(database.read), ['a', 'b', 'run 2']);
    }));

  test('one that is undone each time is run five times, and then it is 503', () =>
    withNotes(async (database) => {
      let runs = 0;
      const failing = database.transaction(async (tx) => {
        runs += 1;
        await note(tx, 'undone');
        await sql`do $$ begin raise exception using errcode = '40001'; end $$`.execute(tx);
      });
      await assert.rejects(failing, unavailable);
      assert.equal(runs, 5);
      assert.deepEqual(await notes(database.read), ['a', 'b']);
    }));

  test('a connection that is lost in the midst ends the transaction for good, and the next one has another', () =>
    withNotes(async (database, other) => {
      let runs = 0;
      const betweenTwoStatements = database.transaction(async (tx) => {
        runs += 1;
        await note(tx, 'lost');
        await end(other, await pidOf(tx));
        // The process learns of it while it asks nothing, and lives.
        await sleep(50);
        await note(tx, 'lost as well');
      });
      await assert.rejects(betweenTwoStatements, unavailable);
      const inOne = database.transaction(async (tx) => {
        runs += 1;
        await sql`select pg_terminate_backend(pg_backend_pid())`.execute(tx);
      });
      await assert.rejects(inOne, unavailable);
      assert.equal(runs, 2);
      await database.transaction((tx) => note(tx, 'kept'));
      assert.deepEqual(await notes(database.read), ['a', 'b', 'kept']);
    }));

  test('one whose connection is lost at its end is not run again: nobody knows whether it was kept', () =>
    withNotes(async (database, other) => {
      // What is checked at the end stands still there until the connection is cut.
      await other.query(`create function slow() returns trigger language plpgsql as $$ begin perform pg_sleep(20); return null; end $$;
      create constraint trigger slow after insert on notes deferrable initially deferred for each row execute function slow()`);
      let runs = 0;
      let pid = 0;
      const ending = database.transaction(async (tx) => {
        runs += 1;
        pid = await pidOf(tx);
        await note(tx, 'who knows');
      });
      const refused = assert.rejects(ending, unavailable);
      for (let state = ''; state !== 'commit'; await sleep(10))
        state = (await other.query('select query from pg_stat_activity where pid = $1', [pid])).rows[0]?.query ?? '';
      await end(other, pid);
      await refused;
      assert.equal(runs, 1);
    }));

  test('one whose connection is lost before it has begun begins on another, and is run once', () =>
    withNotes(async (database, other) => {
      let runs = 0;
      const write = (text: string) =>
        database.transaction(async (tx) => {
          runs += 1;
          await note(tx, text);
        });
      await write('first');
      await end(other, await database.transaction(pidOf));
      await write('second');
      await other.query('begin; select pg_advisory_xact_lock(1668248942, 1952805491)');
      const waiting = write('third');
      const waits = `select pid from pg_locks where locktype = 'advisory' and not granted and database =
      (select oid from pg_database where datname = current_database())`;
      let pid: number | undefined;
      for (; pid === undefined; await sleep(10)) pid = (await other.query<{ pid: number }>(waits)).rows[0]?.pid;
      await end(other, pid);
      await other.query('commit');
      await waiting;
      assert.equal(runs, 3);
      assert.deepEqual(await notes(database.read), ['a', 'b', 'first', 'second', 'third']);
    }));

  test('readers whose connections are all lost at once are answered by others', () =>
    withNotes(async (database, other) => {
      const reading = Promise.all(
        Array.from({ length: 10 }, () => sql`select 'read' as what from pg_sleep(0.2)`.execute(database.read)),
      );
      const readers = "from pg_stat_activity where datname = current_database() and query like '%pg_sleep(0.2)'";
      while ((await other.query(`select pid ${readers} and state = 'active'`)).rowCount !== 10) await sleep(5);
      await other.query(`select pg_terminate_backend(pid) ${readers}`);
      for (const { rows } of await reading) assert.deepEqual(rows, [{ what: 'read' }]);
    }));

  test('whoever has not had his turn after some seconds is told so, and nobody waits for those before him', () =>
    withNotes(async (database, other) => {
      await other.query('begin; select pg_advisory_xact_lock(1668248942, 1952805491)');
      const began = performance.now();
      const all = await Promise.allSettled(
        Array.from({ length: 20 }, (_, index) => database.transaction((tx) => note(tx, `${index}`))),
      );
      const took = performance.now() - began;
      for (const one of all) {
        assert.ok(one.status === 'rejected');
        assert.deepEqual([one.reason.name, one.reason.statusCode], ['DatabaseUnavailable', 503]);
      }
      // One after another they would have taken 100 seconds.
      assert.ok(took > 4000 && took < 40_000, `${took} ms`);
      await other.query('commit');
      await database.transaction((tx) => note(tx, 'kept'));
      assert.deepEqual(await notes(database.read), ['a', 'b', 'kept']);
    }));
});
