/** A transaction whose word is lost at its end may be kept or not, and its writer learns which only from what is there. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { auditProcess, found, keyFileWith, noon, tamper, write } from '../../../test/audit-bench.ts';
import { type Fate, fates, onFates } from '../../../test/databases/fates.ts';
import type { Database } from '../../database/database.ts';
import type { Audit } from '../audit.ts';

const onLog = (
  story: (database: Database, so: (audit: Audit, fate: Fate) => Promise<void>) => Promise<void>,
): Promise<void> =>
  onFates((database, so) => {
    let now = noon;
    return story(database, (audit, fate) =>
      so(fate, async (tx) => {
        for (const until = now + 2; now < until; now += 1) await audit.record(tx, now, { event: 'sign_in.refused' });
      }),
    );
  });

/** In which each three that there can be stand one after another somewhere. */
const inAllOrders = [...'000100200301101201302102202303103203311121131221231321332223233300'].map(
  (digit) => fates[Number(digit)] ?? assert.fail(),
);
const keptOf = (all: readonly Fate[]): number => all.filter((fate) => fate.startsWith('kept')).length;

test('however transactions end, in doubt or not, their rows are one chain without a gap', () =>
  onLog(async (database, so) => {
    assert.equal(new Set(inAllOrders.slice(2).map((_, at) => inAllOrders.slice(at, at + 3).join())).size, 4 ** 3);
    const audit = auditProcess();
    for (const fate of inAllOrders) await so(audit, fate);
    const { rows, chains, faults } = await audit.verify(database);
    assert.deepEqual({ rows, chains, faults }, { rows: 2 * keptOf(inAllOrders), chains: 1, faults: [] });
  }));

test('so it is from the first row that a process writes', () =>
  onLog(async (database, so) => {
    for (const first of fates) {
      for (const second of fates) {
        const audit = auditProcess();
        for (const fate of [first, second, 'kept'] as const) await so(audit, fate);
        assert.deepEqual(await found(database), [], `${first}, ${second}`);
      }
    }
    assert.equal((await auditProcess().verify(database)).chains, 4 ** 2);
  }));

test('where another key becomes active before each of them, each that is kept begins a chain', () =>
  onLog(async (database, so) => {
    const ids = inAllOrders.map((_, at) => `k${at}`);
    const sealer = keyFileWith(...ids);
    const audit = auditProcess(sealer);
    for (const [at, fate] of inAllOrders.entries()) {
      sealer.hold([], ids[at] ?? '');
      await so(audit, fate);
    }
    const kept = keptOf(inAllOrders);
    const { rows, chains, faults } = await audit.verify(database);
    assert.deepEqual({ rows, chains, faults }, { rows: 2 * kept, chains: kept, faults: [] });
  }));

test('a chain that was begun in doubt and undone leaves its number to another process, whose chain stays as it is', () =>
  onLog(async (database, so) => {
    const [audit, other] = [auditProcess(), auditProcess()];
    await so(audit, 'undone in doubt');
    for (const each of [other, audit, other, audit]) await so(each, 'kept');
    const { rows, chains, faults } = await audit.verify(database);
    assert.deepEqual({ rows, chains, faults }, { rows: 8, chains: 2, faults: [] });
  }));

const keep = ['create table kept as select * from audit_chains', 'create table rows as select * from audit'];
const putBack = ['audit_chains', 'audit'].flatMap((table) => [
  `delete from ${table}`,
  `insert into ${table} select * from ${table === 'audit' ? 'rows' : 'kept'}`,
]);

test('a standby that has none of several in doubt takes the place of the server: the chain goes on from what it has', () =>
  onLog(async (database, so) => {
    const audit = auditProcess();
    await so(audit, 'kept');
    await tamper(database, ...keep);
    for (let times = 0; times < 3; times += 1) await so(audit, 'kept in doubt');
    await tamper(database, ...putBack);
    await so(audit, 'kept');
    const { rows, chains, faults } = await audit.verify(database);
    assert.deepEqual({ rows, chains, faults }, { rows: 4, chains: 1, faults: [] });
  }));

test('doubt hides nothing: a chain put back to before what was kept without a doubt is found', () =>
  onLog(async (database, so) => {
    const audit = auditProcess();
    await write(database, audit, 1);
    await tamper(database, ...keep);
    await so(audit, 'kept');
    await so(audit, 'kept in doubt');
    await tamper(database, ...putBack);
    await so(audit, 'kept');
    assert.deepEqual(await found(database), ['missing: The record of chain 2 is missing.']);
  }));

test('a row under another key that was undone leaves no gap, when the key before it is active again', () =>
  onLog(async (database, so) => {
    const sealer = keyFileWith('k0', 'k1');
    const audit = auditProcess(sealer);
    for (const [id, fate] of [
      ['k0', 'kept'],
      ['k1', 'undone'],
      ['k0', 'kept'],
    ] as const) {
      sealer.hold([], id);
      await so(audit, fate);
    }
    const { rows, chains, faults } = await audit.verify(database);
    assert.deepEqual({ rows, chains, faults }, { rows: 4, chains: 1, faults: [] });
  }));
