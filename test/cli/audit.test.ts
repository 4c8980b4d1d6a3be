import assert from 'node:assert/strict';
import { readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import { openService } from '../../src/service.ts';
import { countersign, inFolder } from './process.ts';

/** The audit log at the command line, after somebody has been at the database. */

/** A folder with a service's data, in which `rows` things have happened; `alter` changes them behind its back. */
const inUse = (rows: number, story: (folder: string, alter: (sql: string) => void) => Promise<void>): Promise<void> =>
  inFolder(async (folder) => {
    const data = join(folder, 'data');
    const service = await openService({ data, keyFile: join(folder, 'keys', 'countersign.keys') });
    await service.database.transaction(async (tx) => {
      for (let index = 0; index < rows; index += 1)
        await service.audit.record(tx, service.clock(), { event: 'sign_in.refused', detail: { reason: 'Ä "x"' } });
    });
    await service.close();
    await story(folder, (sql) => {
      const database = new DatabaseSync(join(data, 'countersign.db'));
      database.exec(sql);
      database.close();
    });
  });

test('audit verify says what was changed and where, and fails', () =>
  inUse(9, async (folder, alter) => {
    alter("update audit set detail = '{}' where sequence = 3; delete from audit where sequence in (5, 6)");
    const { code, stdout, stderr } = await countersign(['audit', 'verify'], { folder });
    assert.deepEqual([code, stdout], [1, '']);
    assert.deepEqual(stderr.split('\n'), [
      'countersign: Row 3 (link 3 of chain 1) was changed, or is not the one that stood there.',
      'countersign: Links 5 to 6 of chain 1 are missing, between rows 4 and 7.',
      'countersign: Keep a copy of the database as it is; then look at who could write to it.',
      '',
    ]);
    const json = await countersign(['audit', 'verify', '--json'], { folder });
    const { ok, rows, count, faults } = JSON.parse(json.stdout);
    assert.deepEqual([json.code, ok, rows, count], [1, false, 7, 2]);
    assert.deepEqual(
      faults.map(({ kind, chain, sequence }: Record<string, unknown>) => ({ kind, chain, sequence })),
      [
        { kind: 'changed', chain: 1, sequence: 3 },
        { kind: 'missing', chain: 1, sequence: 7 },
      ],
    );
  }));

test('audit verify says how much rests on a key that was lost, and does not fail for that alone', () =>
  inUse(9, async (folder, alter) => {
    const file = join(folder, 'keys', 'countersign.keys');
    await rm(file);
    await countersign(['key', 'create', file], { folder });
    const [id = ''] = (await readFile(file, 'utf8')).split(' ');
    assert.equal((await countersign(['key', 'rotate', '--activate', id, '--lost'], { folder })).code, 0);
    const { code, stdout } = await countersign(['audit', 'verify'], { folder });
    assert.deepEqual(
      [code, ...stdout.split('\n')],
      [
        0,
        '10 rows in the log, 1 of them in 1 chain: all are as they were written.',
        '9 rows in 1 chain were signed with a key that is lost: all are there, and nothing tells whether they were changed.',
        'Nothing tells whether the whole database was put back to an older copy.',
        '',
      ],
    );
    const json = await countersign(['audit', 'verify', '--json'], { folder });
    assert.deepEqual(JSON.parse(json.stdout).lost, { chains: 1, rows: 9 });
    alter('delete from audit where sequence = 3');
    const after = await countersign(['audit', 'verify'], { folder });
    assert.deepEqual(
      [after.code, after.stderr.split('\n')[0]],
      [1, 'countersign: Link 3 of chain 1 is missing, between rows 2 and 4.'],
    );
  }));

test('audit verify only reads, and what it says cannot steer a terminal', () =>
  inUse(3, async (folder, alter) => {
    alter("delete from keys; update audit_chains set key_id = 'k' || char(27) || '[2J' || char(10)");
    const before = await readFile(join(folder, 'data', 'countersign.db'));
    const { code, stderr } = await countersign(['audit', 'verify'], { folder });
    assert.equal(code, 1);
    assert.match(stderr, /does not hold the key "k\?\[2J\?", with which/);
    assert.deepEqual(await readFile(join(folder, 'data', 'countersign.db')), before);
    assert.deepEqual(await readdir(join(folder, 'data')), ['countersign.db']);
  }));

test('audit verify believes no database with a trigger or a view in it', () =>
  inUse(3, async (folder, alter) => {
    alter('alter table audit rename to other; create view audit as select * from other');
    const { code, stdout, stderr } = await countersign(['audit', 'verify'], { folder });
    assert.deepEqual([code, stdout], [1, '']);
    assert.match(stderr, /Somebody has put a view/);
  }));

test('audit verify tells no more than a hundred things', () =>
  inUse(120, async (folder, alter) => {
    alter('update audit set at = at + 1');
    const { code, stderr } = await countersign(['audit', 'verify'], { folder });
    assert.equal(code, 1);
    assert.equal(stderr.split('\n').filter((line) => line.includes('was changed')).length, 100);
    assert.match(stderr, /^countersign: And 20 more\.$/m);
  }));

test('audit export passes on every row, also one that somebody has broken', () =>
  inUse(2500, async (folder, alter) => {
    alter(
      "update audit set detail = '{' where sequence = 2; update audit set at = 9e15, mac = null where sequence = 3",
    );
    const { code, stdout } = await countersign(['audit', 'export'], { folder });
    const lines = stdout.trimEnd().split('\n');
    assert.deepEqual([code, lines.length], [0, 2500]);
    const rows = lines.map((line) => JSON.parse(line));
    assert.deepEqual(
      rows.map(({ sequence, chain, link }) => [sequence, chain, link]),
      Array.from({ length: 2500 }, (_, index) => [index + 1, 1, index + 1]),
    );
    assert.deepEqual(rows[0].detail, { reason: 'Ä "x"' });
    assert.equal(Buffer.from(rows[0].mac, 'base64').length, 32);
    assert.deepEqual([rows[1].detail, rows[2].at, rows[2].mac], ['{', 9e15, null]);
  }));
