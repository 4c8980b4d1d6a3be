import assert from 'node:assert/strict';
import { test } from 'node:test';
import { auditProcess, found, noon, onDatabase, setCount, tamper, write } from '../../../test/audit-bench.ts';
import type { Database } from '../../database/database.ts';

/** What was signed once and is put back, and what is given out as never signed. */

const keepRecord = 'create table kept as select * from audit_chains';
const rowsTaken = 'delete from audit where sequence > 3';
const recordBack = ['delete from audit_chains where number = 1', 'insert into audit_chains select * from kept'];

test('found, and it stays: the end of a chain that is being written put back with an older copy of its record', () =>
  onDatabase(async (database) => {
    const audit = auditProcess();
    await write(database, audit, 3);
    await tamper(database, keepRecord);
    await write(database, audit, 3);
    await tamper(database, rowsTaken, ...recordBack);
    assert.deepEqual(await found(database), [], 'nothing tells until the process writes');
    await write(database, audit, 1);
    assert.deepEqual(await found(database), ['missing: The record of chain 2 is missing.']);
    await tamper(database, ...recordBack);
    await write(database, audit, 1);
    assert.deepEqual(await found(database), ['missing: The record of chain 2 is missing.'], 'put back once more');
  }));

test('the same where the record is taken away first and put back when the process has begun another chain', () =>
  onDatabase(async (database) => {
    const audit = auditProcess();
    await write(database, audit, 3);
    await tamper(database, keepRecord);
    await write(database, audit, 3);
    await tamper(database, rowsTaken, 'delete from audit_chains');
    await write(database, audit, 1);
    await tamper(database, 'insert into audit_chains select * from kept');
    assert.deepEqual(await found(database), ['missing: The record of chain 2 is missing.']);
  }));

test('the same where what found it is undone', () =>
  onDatabase(async (database) => {
    const audit = auditProcess();
    await write(database, audit, 3);
    await tamper(database, keepRecord);
    await write(database, audit, 3);
    await tamper(database, rowsTaken, ...recordBack);
    const undone = database.transaction(async (tx) => {
      await audit.record(tx, noon, { event: 'sign_in.refused' });
      throw new Error('undone');
    });
    await assert.rejects(undone);
    await write(database, audit, 1);
    assert.match((await found(database)).join(), /The record of chain 2 is missing/);
  }));

const asNew = 'update audit_register set first = 1, last = 0, since = null, key_id = null, mac = null';
const strip = 'update audit set chain = null, link = null, mac = null';

test('a `since` that nobody has signed is not signed', () =>
  onDatabase(async (database) => {
    await write(database, auditProcess(), 3);
    await tamper(database, strip, 'delete from audit_chains', asNew, 'update audit_register set since = 1000000000');
    await write(database, auditProcess(), 1);
    assert.match((await found(database)).join(), /^changed: The register of the chains was changed\./);
  }));

test('where a later `since` was signed once, rows of no chain behind a chained one are found, and so is it', () =>
  onDatabase(async (database) => {
    await tamper(database, "insert into audit (sequence, at, event) values (1000, 0, 'x')");
    await write(database, auditProcess(), 2);
    // As it is in a log whose numbers were wound back under a signed register.
    await tamper(database, 'delete from audit', 'delete from audit_chains', strip);
    await setCount(database, '0');
    await write(database, auditProcess(), 1);
    await tamper(database, "insert into audit (at, event) values (0, 'sign_in.succeeded')");
    const all = (await found(database)).join('\n');
    assert.match(all, /Row 1 belongs to a chain, though the register has the first such row at 1001/);
    assert.match(all, /misplaced: Row 2 belongs to no chain/);
  }));

const threeChains = async (database: Database): Promise<void> => {
  for (let times = 0; times < 3; times += 1) await write(database, auditProcess(), 1);
};

for (const damage of ["update audit_register set mac = x'00'", 'delete from audit_register']) {
  test(`a register that does not fit hides no chain that goes missing between others: ${damage}`, () =>
    onDatabase(async (database) => {
      await threeChains(database);
      await tamper(database, damage);
      await write(database, auditProcess(), 1);
      assert.equal((await found(database)).length, 1);
      await tamper(database, 'delete from audit where chain = 2', 'delete from audit_chains where number = 2');
      assert.equal((await found(database))[1], 'missing: The record of chain 2 is missing.');
    }));
}
