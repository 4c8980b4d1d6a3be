import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sql } from 'kysely';
import { auditProcess, found, keyFileWith, noon, onDatabase, tamper, write } from '../../../test/audit-bench.ts';
import { day } from '../../clock.ts';
import type { Database, Tx } from '../../database/database.ts';
import { type Audit, auditRowsByKey } from '../audit.ts';

const onLog = (story: (database: Database, audit: Audit) => Promise<void>): Promise<void> =>
  onDatabase((database) => story(database, auditProcess()));

test('a log as it was written is in order, whoever has written it', () =>
  onLog(async (database, audit) => {
    assert.deepEqual(await audit.verify(database), {
      ...{ rows: 0, older: 0, since: null, chains: 0, lost: { chains: 0, rows: 0 }, cut: 0, faults: [], count: 0 },
    });
    const other = auditProcess();
    for (const each of [audit, other, audit, other]) await write(database, each, 3);
    assert.deepEqual(await audit.verify(database), {
      ...{ rows: 12, older: 0, since: 1, chains: 2, lost: { chains: 0, rows: 0 }, cut: 0, faults: [], count: 0 },
    });
    const rows = await sql<{ chain: number; link: number }>`select chain, link from audit`.execute(database.read);
    assert.equal(
      rows.rows.map(({ chain, link }) => `${chain}.${link}`).join(' '),
      '1.1 1.2 1.3 2.1 2.2 2.3 1.4 1.5 1.6 2.4 2.5 2.6',
    );
  }));

test('what is undone leaves no gap, and a chain that is undone with its first row begins anew', () =>
  onLog(async (database, audit) => {
    const failing = (): Promise<void> =>
      database.transaction(async (tx: Tx) => {
        await audit.record(tx, noon, { event: 'sign_in.refused' });
        await audit.record(tx, noon, { event: 'sign_in.refused' });
        throw new Error('undone');
      });
    await assert.rejects(failing());
    await write(database, audit, 2);
    await assert.rejects(failing());
    await write(database, audit, 1);
    const { rows, chains, faults } = await audit.verify(database);
    assert.deepEqual({ rows, chains, faults }, { rows: 3, chains: 1, faults: [] });
  }));

test('another active key begins another chain, and both are good', () =>
  onDatabase(async (database) => {
    const sealer = keyFileWith('k1', 'k2');
    const audit = auditProcess(sealer);
    await write(database, audit, 2);
    sealer.hold([], 'k2');
    await write(database, audit, 3);
    const { chains, faults } = await audit.verify(database);
    assert.deepEqual({ chains, faults }, { chains: 2, faults: [] });
    // The register is signed with the new key as well.
    assert.deepEqual(
      await auditRowsByKey(database.read),
      new Map([
        ['k1', 3],
        ['k2', 5],
      ]),
    );
  }));

test('a changed row is found, whatever was changed in it, and it alone', () =>
  onLog(async (database, audit) => {
    await write(database, audit, 9);
    const changes = [
      'at = at - 1',
      "event = 'sign_in.succeeded'",
      "user_id = 'u1'",
      "actor_id = ''",
      "session_id = ''",
    ];
    for (const change of [
      ...changes,
      "address = 'x'",
      'detail = null',
      `mac = x'${'00'.repeat(32)}'`,
      'mac = null',
      "mac = 'text'",
    ]) {
      await tamper(
        database,
        'create table backup as select * from audit',
        `update audit set ${change} where sequence = 5`,
      );
      const [first = '', ...more] = await found(database);
      assert.equal(
        first,
        'changed: Row 5 (link 5 of chain 1) was changed, or is not the one that stood there.',
        change,
      );
      // The mac of a row is in the mac of the next.
      assert.equal(more.length, change.startsWith('mac') ? 1 : 0, change);
      await tamper(database, 'delete from audit', 'insert into audit select * from backup', 'drop table backup');
    }
    assert.deepEqual(await found(database), []);
  }));

test('a whole log wiped under a process that writes it leaves a gap', () =>
  onLog(async (database, audit) => {
    await write(database, auditProcess(), 1);
    await write(database, audit, 1);
    await write(database, audit, 1);
    const asNew = 'update audit_register set first = 1, last = 0, since = null, key_id = null, mac = null';
    await tamper(database, 'delete from audit', 'delete from audit_chains', asNew);
    await write(database, audit, 1);
    assert.deepEqual(await found(database), [
      'missing: The record of chain 1 is missing.',
      'missing: The record of chain 2 is missing.',
      // Left out, so that the gap stays though the other two are put back.
      'missing: The record of chain 3 is missing.',
    ]);
  }));

test('rows from before the chains are counted, and said to be unproved', () =>
  onLog(async (database, audit) => {
    await tamper(
      database,
      ...Array.from({ length: 4 }, () => "insert into audit (at, event) values (0, 'sign_in.succeeded')"),
    );
    assert.deepEqual((await audit.verify(database)).older, 4);
    await write(database, audit, 2);
    const { rows, older, since, faults } = await audit.verify(database);
    assert.deepEqual({ rows, older, since, faults }, { rows: 6, older: 4, since: 5, faults: [] });
  }));

test('of very many faults the first hundred are told, and how many there are', () =>
  onLog(async (database, audit) => {
    await write(database, audit, 150);
    await tamper(database, 'update audit set at = at + 1');
    const { faults, count } = await audit.verify(database);
    assert.deepEqual([faults.length, count], [100, 150]);
  }));

test('a log is verified on one state of it, whatever is written meanwhile', () =>
  onLog(async (database, audit) => {
    await write(database, audit, 2500);
    let writing = true;
    const busy = (async () => {
      while (writing) await write(database, audit, 1, noon + day);
    })();
    for (let times = 0; times < 3; times += 1) assert.deepEqual(await found(database), []);
    writing = false;
    await busy;
  }));
