/** What one process asks of PostgreSQL, and what comes of it when the server, or another program, is in the way. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { sql } from 'kysely';
import pg from 'pg';
import { type Database, type Db, openDatabase } from '../../src/database/database.ts';
import { freshDatabase } from './fresh.ts';

const all = { concurrency: true };

/** A database with a table of notes, and another program that is connected to it. */
async function withNotes(story: (database: Database, other: pg.Client, name: string) => Promise<void>): Promise<void> {
  const fresh = await freshDatabase();
  const database = await openDatabase(fresh);
  const other = new pg.Client({ connectionString: fresh.url });
  await other.connect();
  try {
    await other.query("create table notes (text text, unique (text)); insert into notes values ('a'), ('b')");
    await story(database, other, fresh.name);
  } finally {
    await other.end();
    await database.close();
    await fresh.drop();
  }
}

const note = async (db: Db, text: string): Promise<void> => {
  await sql`insert into notes values (${text})`.execute(db);
};
const notes = async (db: Db): Promise<string[]> =>
  (await sql<{ text: string }>`select text from notes order by text`.execute(db)).rows.map(({ text }) => text);
const touch = async (db: Db, text: string): Promise<void> => {
  await sql`update notes set text = text where text = ${text}`.execute(db);
};
const pidOf = async (db: Db): Promise<number> =>
  (await sql<{ pid: number }>`select pg_backend_pid() as pid`.execute(db)).rows[0]?.pid ?? 0;
const end = (other: pg.Client, pid: number) => other.query('select pg_terminate_backend($1, 5000)', [pid]);
const unavailable = { name: 'DatabaseUnavailable', statusCode: 503 };

test('a transaction that is undone for the sake of another program’s is run again, and is kept once', all, () =>
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
  }),
);

test('one that is undone each time is run five times, and then it is 503', all, () =>
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
  }),
);

test('a connection that is lost in the midst ends the transaction for good, and the next one has another', all, () =>
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
  }),
);

test('one whose connection is lost at its end is not run again: nobody knows whether it was kept', all, () =>
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
  }),
);

test('one whose connection is lost before it has begun begins on another, and is run once', all, () =>
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
  }),
);

test('readers whose connections are all lost at once read on', all, () =>
  withNotes(async (database, other) => {
    await Promise.all(Array.from({ length: 10 }, () => sql`select pg_sleep(0.05)`.execute(database.read)));
    const ended = await other.query(`select pg_terminate_backend(pid, 5000) from pg_stat_activity
      where datname = current_database() and application_name = 'countersign'`);
    assert.ok((ended.rowCount ?? 0) > 5);
    assert.deepEqual(await notes(database.read), ['a', 'b']);
  }),
);

test('whoever has not had his turn after some seconds is told so, and nobody waits for those before him', all, () =>
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
  }),
);

test('the server ends what rests, and what runs too long', all, () =>
  withNotes(async (database) => {
    const limits = async (db: Db, name: string): Promise<unknown> =>
      (await sql<Record<string, unknown>>`select current_setting(${name}) as it`.execute(db)).rows[0]?.['it'];
    await database.transaction(async (tx) => {
      assert.equal(await limits(tx, 'statement_timeout'), '10s');
      assert.equal(await limits(tx, 'lock_timeout'), '5s');
      assert.equal(await limits(tx, 'idle_in_transaction_session_timeout'), '20s');
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
  }),
);

test('one in which a statement failed is never said to be kept, whoever caught that', all, () =>
  withNotes(async (database) => {
    const careless = database.transaction(async (tx) => {
      await note(tx, 'lost');
      await note(tx, 'a').catch(() => undefined);
    });
    await assert.rejects(careless, { name: 'AbortedTransactionError' });
    assert.deepEqual(await notes(database.read), ['a', 'b']);
  }),
);

test('an error tells nobody what stands in the row', all, () =>
  withNotes(async (database) => {
    await assert.rejects(
      database.transaction((tx) => note(tx, 'a')),
      (error: Error) => {
        assert.match(error.message, /duplicate key value violates unique constraint/);
        assert.doesNotMatch(JSON.stringify({ ...error }), /\(a\)/);
        return true;
      },
    );
  }),
);

test('settings of the database that would lose what was acknowledged do not reach us', all, () =>
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
  }),
);

test('a database that lets nobody write is unavailable until it does, without a restart', all, () =>
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
  }),
);

test('a zero in a text finds nothing and harms nothing, and a number that is too large is no other number', all, () =>
  withNotes(async (database) => {
    const { rows } = await sql`select text from notes where text = ${'a\0'}`.execute(database.read);
    assert.deepEqual(rows, []);
    const numbers =
      await sql`select 9007199254740991 as most, 9007199254740993::bigint as more, -9007199254740993::bigint
      as less, 1.5::numeric as part`.execute(database.read);
    assert.deepEqual(numbers.rows, [{ most: 9007199254740991, more: Infinity, less: Infinity, part: 1.5 }]);
  }),
);

test('whoever would read one state of everything by single statements is told to take a snapshot', all, () =>
  withNotes(async (database) => {
    await assert.rejects(
      database.read.transaction().execute((tx) => notes(tx)),
      /takes a snapshot/,
    );
    assert.deepEqual(await database.snapshot(notes), ['a', 'b']);
  }),
);
