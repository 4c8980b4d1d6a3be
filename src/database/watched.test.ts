import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { type Database, DatabaseUnavailable, type Db, type Tx } from './database.ts';
import { watched } from './watched.ts';

/** A database in which a transaction is whatever a test says, what is told of it, and a clock that the test turns. */
function watchedBy(t: TestContext, transaction: Database['transaction']) {
  let now = 1000;
  t.mock.method(performance, 'now', () => now);
  const told: (string | number)[][] = [];
  const tell =
    (what: string) =>
    (...ms: number[]): void => {
      told.push([what, ...ms]);
    };
  const unwatched: Database = {
    upgrade: { ran: [] },
    read: {} as Db,
    sinceFailure: () => 7,
    transaction,
    snapshot: (work) => work({} as Db),
    close: async () => undefined,
  };
  const database = watched(unwatched, {
    waits: tell('waits'),
    waited: tell('waited'),
    took: tell('took'),
    failed: tell('failed'),
    read: tell('read'),
  });
  const turn = (ms: number): void => {
    now += ms;
  };
  return { database, told, turn };
}

const tx = {} as Tx;

test('how long a transaction waits for its turn, and how long it has it, are told apart', async (t) => {
  const { database, told, turn } = watchedBy(t, async (work) => {
    turn(30);
    const done = await work(tx);
    turn(5);
    return done;
  });
  const done = await database.transaction(async (given) => {
    assert.deepEqual(told, [['waits'], ['waited', 30]], 'it is told once the turn has come');
    turn(100);
    return given === tx;
  });
  assert.equal(done, true);
  assert.deepEqual(told.slice(2), [['took', 105]], 'until it is kept');
  assert.equal(database.sinceFailure(), 7, 'all else is as it was');
});

test('work that is run again has waited once', async (t) => {
  const { database, told, turn } = watchedBy(t, async (work) => {
    await work(tx);
    return work(tx);
  });
  await database.transaction(async () => turn(10));
  assert.deepEqual(told, [['waits'], ['waited', 0], ['took', 20]]);
});

test('one that never has its turn has waited all the same, and failed', async (t) => {
  const { database, told, turn } = watchedBy(t, async () => {
    turn(5000);
    throw new DatabaseUnavailable('too long');
  });
  await assert.rejects(
    database.transaction(async () => undefined),
    DatabaseUnavailable,
  );
  assert.deepEqual(told, [['waits'], ['failed'], ['waited', 5000]]);
});

test('one that is undone by its own work has not failed, and how it is asked for is passed on', async (t) => {
  const { database, told } = watchedBy(t, async (work, how) => {
    assert.deepEqual(how, { ahead: true });
    return work(tx);
  });
  const undone = database.transaction(() => Promise.reject(new Error('spent')), { ahead: true });
  await assert.rejects(undone, /spent/);
  assert.deepEqual(told, [['waits'], ['waited', 0], ['took', 0]]);
});
