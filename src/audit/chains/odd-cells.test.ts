import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sql } from 'kysely';
import {
  auditProcess,
  dropInSilence,
  found,
  keyFileWith,
  noon,
  onDatabase,
  setCount,
  tamper,
  tamperOddly,
  write,
} from '../../../test/audit-bench.ts';
import { isOnPostgres } from '../../../test/databases/fresh.ts';
import { day } from '../../clock.ts';
import { activity, auditRowsByKey, lastSequence, newestEvent } from '../audit.ts';

/** Values that no service writes, and that nobody can read as what belongs there. */

const beyond = '9007199254740993';
// PostgreSQL rounds what is no whole number.
const parts = isOnPostgres() ? [] : ['1.5', `${noon}.5`];
const odd = [beyond, `-${beyond}`, "'zzz'", '1e300', '9e999', ...parts, "x'ff00'"];

const cells: [table: string, column: string, where: string, values: string[]][] = [
  ...['at', 'chain', 'link'].map(
    (column) => ['audit', column, 'sequence = 2', odd] as [string, string, string, string[]],
  ),
  ['audit', 'mac', 'sequence = 2', ['5', beyond, "'zzz'"]],
  ['audit', 'sequence', 'sequence = 2', [beyond, `-${beyond}`, '9007199254740991', '9223372036854775807']],
  ['audit', 'event', 'sequence = 2', ["x'ff00'"]],
  ['audit', 'address', 'sequence = 2', ["x'ff00'"]],
  ...['started_at', 'length', 'cut', 'flaws'].map(
    (column) => ['audit_chains', column, 'number = 1', odd] as [string, string, string, string[]],
  ),
  ...['head', 'cut_mac', 'mac'].map(
    (column) => ['audit_chains', column, 'number = 1', ['5', beyond, "'zzz'"]] as [string, string, string, string[]],
  ),
  ['audit_chains', 'number', 'number = 1', [beyond, `-${beyond}`, '9007199254740991', '9223372036854775807']],
  ['audit_chains', 'key_id', 'number = 1', ["x'ff00'", "'\u001b[2J'"]],
  ...['first', 'last', 'since'].map(
    (column) => ['audit_register', column, '"only" = 1', odd] as [string, string, string, string[]],
  ),
  ['audit_register', 'mac', '"only" = 1', ['5', beyond, "'zzz'"]],
];

for (const [table, column, where, values] of cells) {
  test(`found, and nothing stops for it: odd values in ${table}.${column}`, async () => {
    for (const value of values) {
      await onDatabase(async (database) => {
        const audit = auditProcess(keyFileWith('k1'), day);
        await write(database, audit, 3);
        if (!(await tamperOddly(database, `update ${table} set ${column} = ${value} where ${where}`))) return;
        const names = `${column} = ${value}`;
        assert.notDeepEqual(await found(database), [], names);
        for (const process of [audit, auditProcess()]) await write(database, process, 2, noon + day);
        for (const row of (await activity(database.read, {})).rows)
          assert.ok([row.event, row.address ?? ''].every((cell) => typeof cell === 'string'));
        await auditRowsByKey(database.read);
        assert.ok((await lastSequence(database.read)) < 10, names);
        await database.transaction((tx) => audit.sweep(tx, noon + day + 100));
        await write(database, audit, 1, noon + day);
        assert.notDeepEqual(await found(database), [], `${names}, after a sweep`);
        for await (const _ of audit.rows(database.read));
      });
    }
  });
}

test('only what is a time is the newest event', () =>
  onDatabase(async (database) => {
    await write(database, auditProcess(), 1);
    const values = [...odd, '8640000000000001'].map((value) => `(${value}, 'x')`);
    for (const value of values) await tamperOddly(database, `insert into audit (at, event) values ${value}`);
    assert.equal(await newestEvent(database.read, { afterSequence: 0, laterThan: noon }), undefined);
    assert.equal((await newestEvent(database.read, { afterSequence: 0, laterThan: noon - 1 }))?.at, noon);
  }));

for (const count of [beyond, '9007199254740991', "'zzz'", '-1', '1e300']) {
  test(`rows are numbered on, and it is found, where the count of them was set to ${count}`, () =>
    onDatabase(async (database) => {
      await write(database, auditProcess(), 2);
      if (!(await setCount(database, count))) return;
      assert.match(
        (await found(database)).join(),
        /^changed: The count from which rows are numbered was changed: it is /,
      );
      await write(database, auditProcess(), 1);
      assert.equal(await lastSequence(database.read), 3);
    }));
}

for (const number of ['9007199254740991', '9223372036854775807', '4']) {
  test(`chains are begun, and it is found, where somebody has put in a chain ${number}`, () =>
    onDatabase(async (database) => {
      for (let times = 0; times < 3; times += 1) await write(database, auditProcess(), 1);
      const copied = `1000, key_id, null, 0, 1, head, 0, head, 0, mac from audit_chains where number = 1`;
      await tamper(database, `insert into audit_chains select ${copied}`);
      await tamper(database, `update audit_chains set number = ${number} where number = 1000`);
      for (let times = 0; times < 2; times += 1) await write(database, auditProcess(), 1);
      assert.match((await found(database)).join(), new RegExp(`chain ${number}`));
    }));
}

test('a row or a record that the database drops in silence fails what it tells of', () =>
  onDatabase(async (database) => {
    const audit = auditProcess();
    await write(database, audit, 1);
    for (const when of [
      { event: 'insert', table: 'audit' },
      { event: 'update of mac', table: 'audit_chains' },
    ] as const) {
      const end = await dropInSilence(database, when);
      await assert.rejects(write(database, audit, 1), /did not write the audit log: look for triggers/);
      await end();
    }
    await write(database, audit, 1);
    assert.deepEqual(await found(database), []);
  }));

test('rows go though somebody has put in very many records', () =>
  onDatabase(async (database) => {
    const audit = auditProcess(keyFileWith('k1'), day);
    await write(database, audit, 3);
    await tamper(
      database,
      `with recursive n(i) as (select 10 union all select i + 1 from n where i < 40010)
        insert into audit_chains select i, 'k9', null, 0, 1, x'00', 0, x'00', 0, x'00' from n`,
    );
    await database.transaction((tx) => audit.sweep(tx, noon + 2 * day));
    assert.equal((await audit.verify(database)).rows, 0);
  }));

test('a link that no number can be moves no checkpoint', () =>
  onDatabase(async (database) => {
    const audit = auditProcess(keyFileWith('k1'), day);
    await write(database, audit, 3);
    await tamper(database, `update audit set link = ${beyond} where sequence = 2`);
    await database.transaction((tx) => audit.sweep(tx, noon + 2 * day));
    const { rows } = await sql<{ cut: number }>`select cut from audit_chains`.execute(database.read);
    assert.deepEqual(
      rows.map(({ cut }) => cut),
      [3],
    );
    assert.match((await found(database)).join(), /^changed: Of the 3 oldest rows of chain 1, .* 2 did not fit/);
  }));
