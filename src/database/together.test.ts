import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { setImmediate as turnOfLoop } from 'node:timers/promises';
import { sql } from 'kysely';
import { type Database, type Db, mayBeKept, openDatabase, statement, type Tx, wasKept } from './database.ts';

/** Transactions that wait at the same time are kept by one commit, and nobody can tell but by how long it takes. */
interface Bench {
  database: Database;
  /** Runs these while one before them holds them up, so that they come to their turn together. */
  atOnce<T>(works: readonly ((tx: Tx) => Promise<T>)[], onAnswer?: () => void): Promise<PromiseSettledResult<T>[]>;
}

async function onBench(story: (bench: Bench) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'countersign-together-'));
  const database = await openDatabase({ file: join(folder, 'test.db') });
  try {
    await database.transaction(async (tx) => {
      await sql`create table notes (text text unique check (length(text) < 20))`.execute(tx);
    });
    const atOnce: Bench['atOnce'] = async (works, onAnswer) => {
      const gate = Promise.withResolvers<void>();
      const before = database.transaction(() => gate.promise);
      const all = works.map((work) => database.transaction(work).finally(onAnswer));
      gate.resolve();
      await before;
      return Promise.allSettled(all);
    };
    await story({ database, atOnce });
  } finally {
    await database.close();
    await rm(folder, { recursive: true, force: true });
  }
}

const note = statement((db, given: { text: string }) =>
  db.$extendTables<{ notes: { text: string } }>().insertInto('notes').values(given),
);
const notes = async (db: Db): Promise<string[]> =>
  (await sql<{ text: string }>`select text from notes order by rowid`.execute(db)).rows.map(({ text }) => text);
const states = (all: readonly PromiseSettledResult<unknown>[]): string[] => all.map(({ status }) => status);

test('those that wait together are kept by one commit, each sees what came before it, and all in their order', () =>
  onBench(async ({ database, atOnce }) => {
    const seen: string[][] = [];
    const committed: string[][] = [];
    const done = await atOnce(
      ['a', 'b', 'c'].map((text) => async (tx: Tx) => {
        seen.push(await notes(tx));
        committed.push(await notes(database.read));
        await note.run(tx, { text });
        return text;
      }),
    );
    assert.deepEqual(
      done.map((each) => each.status === 'fulfilled' && each.value),
      ['a', 'b', 'c'],
    );
    assert.deepEqual(seen, [[], ['a'], ['a', 'b']]);
    assert.deepEqual(committed, [[], [], []]);
    assert.deepEqual(await notes(database.read), ['a', 'b', 'c']);
  }));

test('one that is undone undoes none of the others, whether its own work threw or a statement of it', () =>
  onBench(async ({ database, atOnce }) => {
    const done = await atOnce([
      (tx) => note.run(tx, { text: 'before' }),
      async (tx) => {
        await note.run(tx, { text: 'undone' });
        throw new Error('for a reason');
      },
      async (tx) => {
        await note.run(tx, { text: 'undone too' });
        return note.run(tx, { text: 'before' });
      },
      (tx) => note.run(tx, { text: 'undone' }),
    ]);
    assert.deepEqual(states(done), ['fulfilled', 'rejected', 'rejected', 'fulfilled']);
    assert.match(String(done[1]?.status === 'rejected' && done[1].reason), /for a reason/);
    assert.match(String(done[2]?.status === 'rejected' && done[2].reason), /UNIQUE/);
    assert.deepEqual(await notes(database.read), ['before', 'undone']);
  }));

test('nobody is answered before the commit, and only what was kept counts as kept', () =>
  onBench(async ({ database, atOnce }) => {
    const parts: Tx[] = [];
    const standing: boolean[][] = [];
    let answered = 0;
    const part = (end: () => Promise<void>) => async (tx: Tx) => {
      standing.push(parts.map((each) => wasKept(each)));
      parts.push(tx);
      await end();
    };
    const works = [
      part(async () => {}),
      part(async () => {
        throw new Error('for a reason');
      }),
      part(async () => {
        for (let turns = 0; turns < 5; turns += 1) await turnOfLoop();
        assert.equal(answered, 0);
      }),
    ];
    const all = atOnce(works, () => {
      answered += 1;
    });
    assert.deepEqual(states(await all), ['fulfilled', 'rejected', 'fulfilled']);
    assert.deepEqual(standing, [[], [false], [false, false]]);
    assert.deepEqual(
      parts.map((tx) => [mayBeKept(tx), wasKept(tx)]),
      [
        [true, true],
        [false, false],
        [true, true],
      ],
    );
    assert.equal(new Set(parts).size, 3);
    assert.equal(answered, 3);
    assert.deepEqual(await notes(database.read), []);
  }));

test('where all is undone for the sake of one, that one fails and the others are run again, each by itself', () =>
  onBench(async ({ database, atOnce }) => {
    let runs = 0;
    const done = await atOnce([
      async (tx) => {
        runs += 1;
        return note.run(tx, { text: 'before' });
      },
      async (tx) => {
        runs += 1;
        // What SQLite does by itself where the disk is full.
        await sql`rollback`.execute(tx);
        throw new Error('the disk is full');
      },
      async (tx) => {
        runs += 1;
        return note.run(tx, { text: 'behind' });
      },
    ]);
    assert.deepEqual(states(done), ['fulfilled', 'rejected', 'fulfilled']);
    assert.match(String(done[1]?.status === 'rejected' && done[1].reason), /the disk is full/);
    assert.equal(runs, 4);
    assert.deepEqual(await notes(database.read), ['before', 'behind']);
  }));

test('one that is over is refused, though the transaction that it was a part of goes on', () =>
  onBench(async ({ database, atOnce }) => {
    let over: Tx | undefined;
    const refused: unknown[] = [];
    const ask = async (tx: Tx): Promise<void> => {
      await note.run(tx, { text: 'late' }).catch((error: unknown) => refused.push(error));
      await sql`insert into notes values ('late')`.execute(tx).catch((error: unknown) => refused.push(error));
    };
    const done = await atOnce([
      async (tx) => {
        over = tx;
      },
      async () => {
        if (over) await ask(over);
      },
    ]);
    assert.deepEqual(states(done), ['fulfilled', 'fulfilled']);
    if (over) await ask(over);
    assert.equal(refused.length, 4);
    for (const error of refused) assert.match(String(error), /over/);
    assert.deepEqual(await notes(database.read), []);
  }));

test('whoever is held up by another one of the same commit fails when the time is over, and writes nothing', (t) =>
  onBench(async ({ database }) => {
    t.mock.timers.enable({ apis: ['setTimeout'] });
    const [first, held] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const before = database.transaction(() => first.promise);
    const begun = Promise.withResolvers<void>();
    const holding = database.transaction(async (tx) => {
      begun.resolve();
      await held.promise;
      await note.run(tx, { text: 'held' });
    });
    const late = assert.rejects(
      database.transaction((tx) => note.run(tx, { text: 'late' })),
      {
        message: /for too long/,
      },
    );
    first.resolve();
    await begun.promise;
    t.mock.timers.tick(5000);
    await late;
    held.resolve();
    await Promise.all([before, holding]);
    assert.deepEqual(await notes(database.read), ['held']);
  }));

test('work that goes on after SQLite has undone everything writes nothing', () =>
  onBench(async ({ database }) => {
    const swallowed = database.transaction(async (tx) => {
      await sql`rollback`.execute(tx);
      await note.run(tx, { text: 'by itself' });
    });
    await assert.rejects(swallowed);
    assert.deepEqual(await notes(database.read), []);
  }));
