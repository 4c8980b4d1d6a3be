import assert from 'node:assert/strict';
import { test } from 'node:test';
import { auditProcess, found, keyFileWith, noon, onDatabase, tamper, write } from '../../../test/audit-bench.ts';
import { day } from '../../clock.ts';
import type { Database } from '../../database/database.ts';
import { auditRowsByKey } from '../audit.ts';

const retention = 400 * day;

/** Two chains of four and two rows whose key is lost, taken over by the key `k2`, which then writes a row. */
async function lose(database: Database): Promise<void> {
  await write(database, auditProcess(), 4);
  await write(database, auditProcess(), 2, noon + day);
  const audit = auditProcess(keyFileWith('k2'));
  await database.transaction((tx) => audit.takeOver(tx, 'k1'));
  await write(database, audit, 1, noon + 2 * day);
}

const process = () => auditProcess(keyFileWith('k2'), retention);
const without = (database: Database): Promise<string[]> => found(database, process());

test('what rests on a lost key is counted apart, and nothing is amiss', () =>
  onDatabase(async (database) => {
    await lose(database);
    const { rows, chains, lost, faults } = await process().verify(database);
    assert.deepEqual({ rows, chains, lost, faults }, { rows: 7, chains: 3, lost: { chains: 2, rows: 6 }, faults: [] });
    // What has signed rows, and what has signed records and the register.
    assert.deepEqual(Object.fromEntries(await auditRowsByKey(database.read)), { k1: 6, k2: 1 + 3 + 1 });
  }));

test('while nobody has said that the key is lost, it is a fault that the file lacks it', () =>
  onDatabase(async (database) => {
    await write(database, auditProcess(), 4);
    assert.match((await without(database)).join(), /^unchecked: The register .*,unchecked: Chain 1 \(rows: 4\)/);
    await database.transaction((tx) => process().takeOver(tx, 'k3'));
    assert.equal((await without(database)).length, 2, 'also where it was another one that was lost');
  }));

for (const [what, statement, fault] of [
  ['a row is taken out', 'delete from audit where sequence = 2', /^missing: Link 2 of chain 1/],
  ['its end is cut', 'delete from audit where sequence = 4', /^missing: Link 4 of chain 1/],
  ['a row is repeated', 'update audit set chain = 1 where sequence = 5', /^misplaced: Row 5 says/],
  ['its record is changed', 'update audit_chains set length = 3 where number = 1', /^changed: The record of chain 1/],
  ['its record is taken', 'delete from audit_chains where number = 2', /^missing: The record of chain 2/],
  [
    'a chain of the lost key is put in',
    "insert into audit_chains select 4, 'k1', null, 1, 0, head, 0, head, 0, mac from audit_chains where number = 1",
    /^misplaced: Chain 4 is not one/,
  ],
  [
    'a new chain is given out as one of a lost key',
    "update audit_chains set lost_key_id = 'k1' where number = 3",
    /^changed: The record of chain 3/,
  ],
  [
    'a record is given back to the lost key',
    "update audit_chains set key_id = 'k1', lost_key_id = null where number = 1",
    /^unchecked: Chain 1/,
  ],
  ['a new row is changed', "update audit set event = 'x' where chain = 3", /^changed: Row 7/],
  ['the register is changed', 'update audit_register set last = 2', /^changed: The register/],
] as const) {
  test(`found in a log whose key was lost: ${what}`, () =>
    onDatabase(async (database) => {
      await lose(database);
      await tamper(database, statement);
      assert.match((await without(database))[0] ?? '', fault);
      await write(database, process(), 1, noon + 3 * day);
      assert.notDeepEqual(await without(database), [], 'and still found when more is written');
    }));
}

test('what was amiss before the key was lost, and can be seen without it, stays seen', () =>
  onDatabase(async (database) => {
    await write(database, auditProcess(), 4);
    await tamper(database, 'delete from audit where sequence = 2');
    await database.transaction((tx) => process().takeOver(tx, 'k1'));
    assert.match((await without(database)).join(), /^missing: Link 2 of chain 1 is missing, between rows 1 and 3\.$/);
  }));

test('a lost key that is found checks its rows again', () =>
  onDatabase(async (database) => {
    await lose(database);
    await tamper(database, "update audit set event = 'x' where sequence = 2");
    assert.deepEqual(await without(database), []);
    const audit = auditProcess(keyFileWith('k2', 'k1'));
    assert.match((await found(database, audit)).join(), /^changed: Row 2 \(link 2 of chain 1\)/);
    assert.deepEqual((await audit.verify(database)).lost, { chains: 0, rows: 0 });
  }));

test('rows of a lost key go when they are due, and their chains after them', () =>
  onDatabase(async (database) => {
    await lose(database);
    const sweep = async (now: number) => database.transaction((tx) => process().sweep(tx, now));
    await sweep(noon + retention + 2);
    const { rows, lost, faults } = await process().verify(database);
    assert.deepEqual({ rows, lost, faults }, { rows: 5, lost: { chains: 2, rows: 4 }, faults: [] });
    await sweep(noon + retention + 1.5 * day);
    const after = await process().verify(database);
    assert.deepEqual([after.rows, after.chains, after.lost, after.faults], [1, 1, { chains: 0, rows: 0 }, []]);
  }));

test('a second key may be lost after the first', () =>
  onDatabase(async (database) => {
    await lose(database);
    const audit = auditProcess(keyFileWith('k3'));
    await database.transaction((tx) => audit.takeOver(tx, 'k2'));
    await write(database, audit, 1, noon + 3 * day);
    const { lost, faults } = await audit.verify(database);
    assert.deepEqual({ lost, faults }, { lost: { chains: 3, rows: 7 }, faults: [] });
    assert.match((await found(database, auditProcess(keyFileWith('k3', 'k2')))).join(), /^$/);
  }));
