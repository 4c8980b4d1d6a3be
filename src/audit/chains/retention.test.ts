import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sql } from 'kysely';
import { auditProcess, found, keyFileWith, noon, onDatabase, tamper, write } from '../../../test/audit-bench.ts';
import { day } from '../../clock.ts';
import type { Database } from '../../database/database.ts';
import type { Audit } from '../audit.ts';

const retention = 400 * day;
const process = (): Audit => auditProcess(keyFileWith('k1'), retention);

/** Sweeps until nothing more is due, and answers in how many transactions. */
async function sweep(database: Database, audit: Audit, now: number): Promise<number> {
  for (let turns = 1; ; turns += 1)
    if ((await database.transaction((tx) => audit.sweep(tx, now))) !== 'more') return turns;
}

async function sequences(database: Database): Promise<number[]> {
  const { rows } = await sql<{ sequence: number }>`select sequence from audit order by sequence`.execute(database.read);
  return rows.map(({ sequence }) => sequence);
}

test('rows go when they have been kept for long enough, not a moment earlier, and the rest is still in order', () =>
  onDatabase(async (database) => {
    const audit = process();
    await write(database, audit, 3);
    await write(database, process(), 2, noon + 1);
    await write(database, audit, 2, noon + day);
    await sweep(database, audit, noon + retention);
    assert.equal((await sequences(database)).length, 7);
    await sweep(database, audit, noon + retention + 2);
    assert.deepEqual(await sequences(database), [3, 4, 5, 6, 7]);
    assert.deepEqual(await found(database), []);
    await sweep(database, audit, noon + retention + day);
    assert.deepEqual(await sequences(database), [6, 7]);
    await write(database, audit, 1, noon + 2 * day);
    const { rows, chains, cut, faults } = await audit.verify(database);
    assert.deepEqual({ rows, chains, cut, faults }, { rows: 3, chains: 2, cut: 5, faults: [] });
  }));

test('where all is kept nothing goes', () =>
  onDatabase(async (database) => {
    const audit = auditProcess();
    await write(database, audit, 3);
    assert.equal(await sweep(database, audit, noon + 10_000 * day), 1);
    assert.equal((await sequences(database)).length, 3);
  }));

test('when everything has gone, numbers are not given twice and the log goes on', () =>
  onDatabase(async (database) => {
    const audit = process();
    await write(database, audit, 3);
    await sweep(database, audit, noon + 2 * retention);
    assert.deepEqual(await sequences(database), []);
    assert.deepEqual(await found(database), []);
    await write(database, audit, 1, noon + 2 * retention);
    await write(database, process(), 1, noon + 2 * retention);
    assert.deepEqual(await sequences(database), [4, 5]);
    assert.deepEqual(await found(database), []);
  }));

test('chains of which no row is left are forgotten, the oldest first, and the log knows that they were there', () =>
  onDatabase(async (database) => {
    for (let times = 0; times < 4; times += 1) await write(database, process(), 2, noon + times * day);
    await sweep(database, process(), noon + retention + 2.5 * day);
    const { rows, chains, faults } = await process().verify(database);
    assert.deepEqual({ rows, chains, faults }, { rows: 2, chains: 1, faults: [] });
    await tamper(database, 'delete from audit', 'delete from audit_chains');
    assert.deepEqual(await found(database), ['missing: The record of chain 4 is missing.']);
  }));

test('a process whose chain was forgotten begins another, and nothing is amiss', () =>
  onDatabase(async (database) => {
    const audit = process();
    await write(database, audit, 2);
    await write(database, process(), 2, noon + day);
    await sweep(database, audit, noon + retention + day / 2);
    await write(database, audit, 1, noon + day);
    const { chains, faults } = await audit.verify(database);
    assert.deepEqual({ chains, faults }, { chains: 2, faults: [] });
  }));

test('very many rows go a few at a time', () =>
  onDatabase(async (database) => {
    const audit = process();
    await write(database, audit, 1200);
    assert.equal(await sweep(database, audit, noon + retention + day), 3);
    assert.deepEqual(await sequences(database), []);
  }));

test('rows from before the chains go like any others', () =>
  onDatabase(async (database) => {
    const audit = process();
    await tamper(database, "insert into audit (at, event) values (0, 'sign_in.succeeded')");
    await write(database, audit, 1);
    await sweep(database, audit, noon);
    assert.deepEqual(await sequences(database), [2]);
    assert.deepEqual(await found(database), []);
  }));

test('a row of a clock that ran ahead goes with an older one behind it, and keeps none of them', () =>
  onDatabase(async (database) => {
    const audit = process();
    await write(database, audit, 1, noon + 9000 * day);
    await write(database, audit, 1, noon);
    await write(database, audit, 1, noon + 9000 * day);
    await write(database, audit, 1, noon + day);
    await sweep(database, audit, noon + retention + 1);
    assert.deepEqual(await sequences(database), [3, 4]);
    assert.deepEqual(await found(database), []);
  }));

test('rows of a clock that ran ahead stop nothing, however many of them stand together', () =>
  onDatabase(async (database) => {
    const audit = process();
    await write(database, audit, 1200, noon + 9000 * day);
    await write(database, audit, 2, noon);
    await write(database, audit, 600, noon + 9000 * day);
    await write(database, audit, 1, noon + day);
    await sweep(database, audit, noon + retention + 10);
    assert.equal((await sequences(database)).at(0), 1203);
    assert.deepEqual(await found(database), []);
  }));

test('rows of a clock that ran behind take none with them that are younger', () =>
  onDatabase(async (database) => {
    const audit = process();
    await write(database, audit, 1, noon);
    await write(database, audit, 1, noon + day);
    await write(database, audit, 600, 0);
    await write(database, audit, 1, noon + day);
    await sweep(database, audit, noon + retention + 1);
    assert.equal((await sequences(database)).at(0), 2);
    await sweep(database, audit, noon + day + retention + 1);
    assert.deepEqual(await sequences(database), []);
    assert.deepEqual(await found(database), []);
  }));

test('going hides nothing: rows that were put in stay, and are found, while those around them go', () =>
  onDatabase(async (database) => {
    const audit = process();
    await tamper(database, "insert into audit (at, event) values (0, 'sign_in.succeeded')");
    await write(database, audit, 2);
    await tamper(
      database,
      "insert into audit (at, event) values (0, 'sign_in.succeeded')",
      "insert into audit (sequence, at, event) values (-1, 0, 'sign_in.succeeded')",
      "insert into audit (at, event, chain, link) values (0, 'sign_in.succeeded', 7, 1)",
    );
    await write(database, audit, 1);
    await write(database, audit, 1, noon + day);
    const before = await found(database);
    await sweep(database, audit, noon + retention + 10);
    assert.deepEqual(await sequences(database), [-1, 4, 5, 7]);
    assert.deepEqual(await found(database), before);
    assert.equal(before.length, 3);
  }));

test('no row without a chain goes while the register cannot say which of them are older', () =>
  onDatabase(async (database) => {
    const audit = process();
    await tamper(database, "insert into audit (at, event) values (0, 'sign_in.succeeded')");
    await write(database, audit, 1);
    await tamper(database, 'update audit_register set since = 99');
    await sweep(database, audit, noon + 2 * retention);
    assert.deepEqual(await sequences(database), [1]);
  }));

for (const [what, statement] of [
  ['changed', "update audit set event = 'x' where sequence = 2"],
  ['taken out', 'delete from audit where sequence = 2'],
  ['made older than they are, so that they go at once', 'update audit set at = 0'],
] as const) {
  test(`going hides nothing: rows that were ${what} are remembered`, () =>
    onDatabase(async (database) => {
      const audit = process();
      await write(database, audit, 4);
      await write(database, process(), 1, noon + day);
      await tamper(database, statement);
      await sweep(database, audit, noon + retention + 10);
      const faults = await found(database);
      assert.match(
        faults[0] ?? '',
        /^changed: Of the 4 oldest rows of chain 1, which were due to go and are gone, \d did not fit/,
      );
      await write(database, audit, 1, noon + day);
      await sweep(database, audit, noon + 2 * retention);
      assert.match((await found(database))[0] ?? '', /^changed: Of the 5 oldest rows/, 'and stay remembered');
    }));
}

for (const [what, statement, fault] of [
  ['was changed', 'update audit_chains set length = length - 1 where number = 1', /The record of chain 1 was changed/],
  ['is of a key that is gone', "update audit_chains set key_id = 'k9' where number = 1", /does not hold the key "k9"/],
] as const) {
  test(`a chain whose record ${what} keeps its rows, and the others go on`, () =>
    onDatabase(async (database) => {
      const audit = process();
      await write(database, audit, 4);
      await write(database, process(), 1, noon + day);
      await write(database, process(), 1, noon + 2 * day);
      await tamper(database, statement);
      await sweep(database, audit, noon + retention + 1.5 * day);
      assert.deepEqual(await sequences(database), [1, 2, 3, 4, 6]);
      assert.match((await found(database))[0] ?? '', fault);
    }));
}
