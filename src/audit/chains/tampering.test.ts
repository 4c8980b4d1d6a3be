import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sql } from 'kysely';
import { auditProcess, found, keyFileWith, noon, onDatabase, tamper, write } from '../../../test/audit-bench.ts';
import type { Database } from '../../database/database.ts';

/** Nine rows in one chain, what somebody who can write to the database does to them, and what is said of it. */
const attacks: [what: string, statements: string[], faults: RegExp[]][] = [
  [
    'a row taken out',
    ['delete from audit where sequence = 5'],
    [/^missing: Link 5 of chain 1 is missing, between rows 4 and 6\.$/],
  ],
  [
    'rows taken out',
    ['delete from audit where sequence in (5, 6)'],
    [/^missing: Links 5 to 6 of chain 1 are missing, between rows 4 and 7\.$/],
  ],
  [
    'a beginning cut',
    ['delete from audit where sequence < 4'],
    [/^missing: Links 1 to 3 of chain 1 are missing, before row 4\.$/],
  ],
  [
    'an end cut',
    ['delete from audit where sequence > 6'],
    [/^missing: Links 7 to 9 of chain 1 are missing, behind row 6\.$/],
  ],
  [
    'all rows taken',
    ['delete from audit'],
    [/^missing: Links 1 to 9 of chain 1 are missing, and no row of it is left\.$/],
  ],
  [
    'an end cut, and the record moved back with it',
    [
      'delete from audit where sequence > 6',
      'update audit_chains set length = 6, head = (select mac from audit where sequence = 6)',
    ],
    [/^changed: The record of chain 1 was changed\.$/],
  ],
  [
    'a beginning cut, as retention would',
    [
      'update audit_chains set cut = 3, cut_mac = (select mac from audit where sequence = 3)',
      'delete from audit where sequence < 4',
    ],
    [/^changed: The record of chain 1 was changed\.$/],
  ],
  [
    'two rows that have changed places',
    [
      'update audit set sequence = 99 where sequence = 5',
      'update audit set sequence = 5 where sequence = 6',
      'update audit set sequence = 6 where sequence = 99',
    ],
    [
      /^missing: Link 5 .* between rows 4 and 5\.$/,
      /^misplaced: Row 6 says that it is link 5 of chain 1, and stands behind link 6/,
    ],
  ],
  [
    'a row put in that copies another',
    [
      'insert into audit select 99, at, event, user_id, actor_id, session_id, address, detail, chain, link, mac from audit where sequence = 5',
    ],
    [/^misplaced: Row 99 says that it is link 5 of chain 1, and stands behind link 9/],
  ],
  [
    'a row put in as the next link',
    [`insert into audit (at, event, chain, link, mac) values (0, 'sign_in.succeeded', 1, 10, x'${'00'.repeat(32)}')`],
    [/^changed: Row 10 /, /^misplaced: Chain 1 goes on behind its end, which is link 9/],
  ],
  [
    'a row put in outside of all chains',
    ["insert into audit (at, event) values (0, 'sign_in.succeeded')"],
    [/^misplaced: Row 10 belongs to no chain/],
  ],
  [
    'a row put in before all of them',
    ["insert into audit (sequence, at, event) values (-1, 0, 'sign_in.succeeded')"],
    [/^misplaced: Row -1 belongs to no chain/],
  ],
  [
    'a row of a chain that is not there',
    ["insert into audit (at, event, chain, link) values (0, 'sign_in.succeeded', 7, 1)"],
    [/^misplaced: Row 10 says that it belongs to chain 7, of which there is no record/],
  ],
  [
    'a chain taken away with its record',
    ['delete from audit where chain = 1', 'delete from audit_chains where number = 1'],
    [/^missing: The record of chain 1 is missing\.$/],
  ],
  [
    'the same, and the register moved',
    [
      'delete from audit where chain = 1',
      'delete from audit_chains where number = 1',
      'update audit_register set first = 2',
    ],
    [/^changed: The register of the chains was changed\.$/],
  ],
  [
    'a register as on the first day',
    ['update audit_register set first = 1, last = 0, since = null, key_id = null, mac = null'],
    [/^changed: The register of the chains was changed\.$/],
  ],
  ['no register', ['delete from audit_register'], [/^missing: The register of the chains is missing\.$/]],
  [
    'rows that are given out as older than the chains',
    [
      "update audit set chain = null, link = null, mac = null, event = 'x'",
      'delete from audit_chains',
      'update audit_register set since = 99',
    ],
    [/^changed: The register/],
  ],
  [
    'a chain given out as signed with a key that is gone',
    ["update audit set event = 'x'", "update audit_chains set key_id = 'k9'"],
    [/^unchecked: Chain 1 \(rows: 9\) cannot be checked: the key file does not hold the key "k9"/],
  ],
];

for (const [what, statements, faults] of attacks) {
  test(`found, and still found when more is written: ${what}`, () =>
    onDatabase(async (database) => {
      const audit = auditProcess();
      await write(database, audit, 9);
      await tamper(database, ...statements);
      const all = await found(database);
      assert.equal(all.length, faults.length, all.join('\n'));
      for (const [index, fault] of faults.entries()) assert.match(all[index] ?? '', fault);
      await write(database, audit, 1);
      await write(database, auditProcess(), 1);
      assert.notDeepEqual(await found(database), []);
    }));
}

test('found: any other value in any cell of the log, of its chains and of their register', () =>
  onDatabase(async (database) => {
    const audit = auditProcess(keyFileWith('k1'), 1);
    await write(database, audit, 2);
    await write(database, auditProcess(), 2, noon + 5);
    await database.transaction((tx) => audit.sweep(tx, noon + 2));
    assert.deepEqual(await found(database), []);
    const cells = [
      ...(await cellsOf(database, 'audit', 'sequence')),
      ...(await cellsOf(database, 'audit_chains', 'number')),
    ];
    cells.push(...(await cellsOf(database, 'audit_register', 'only')).filter(({ column }) => column !== 'only'));
    assert.ok(cells.length > 50);
    for (const cell of cells) {
      await put(database, cell, otherThan(cell.value));
      assert.notDeepEqual(await found(database), [], `${cell.table}.${cell.column} of row ${cell.row}`);
      await put(database, cell);
    }
    assert.deepEqual(await found(database), []);
  }));

interface Cell {
  table: string;
  key: string;
  row: unknown;
  column: string;
  value: unknown;
}

/** Every cell, each row named by its key, which is a number. */
async function cellsOf(database: Database, table: string, key: string): Promise<Cell[]> {
  const { rows } = await sql<Record<string, unknown>>`select * from ${sql.table(table)}`.execute(database.read);
  return rows.flatMap((columns) =>
    Object.entries(columns).map(([column, value]) => ({ table, key, row: columns[key], column, value })),
  );
}

/** Puts a value into a cell, or the one that was there; a row whose key was changed is found as well. */
async function put(database: Database, { table, key, row, column, value }: Cell, other = value): Promise<void> {
  const statement = sql`update ${sql.table(table)} set ${sql.ref(column)} = ${other}
    where ${sql.ref(key)} in (${row}, ${otherThan(row)})`;
  await database.transaction((tx) => statement.execute(tx));
}

function otherThan(value: unknown): unknown {
  if (typeof value === 'number') return value + 100;
  if (value instanceof Uint8Array) return Buffer.from(value).fill(1, 0, 1);
  return value === null ? 'x' : `${value}x`;
}
