import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { onDatabase } from '../../test/databases/on-database.ts';
import type { Database } from '../database/database.ts';
import { createUser } from '../users/users.ts';
import {
  codesInSet,
  makeRecoveryCodes,
  normalizeRecoveryCode,
  recoveryCodesLeft,
  spendRecoveryCode,
  voidRecoveryCodes,
} from './recovery-codes.ts';

async function withUser(story: (database: Database, userId: string) => Promise<void>): Promise<void> {
  await onDatabase(async (database) => {
    const { id } = await database.transaction((tx) => createUser(tx, { name: 'bob', administrator: false }, 0));
    await story(database, id);
  });
}

test('ten codes of 120 bits, each spent by exactly one of many', () =>
  withUser(async (database, userId) => {
    const codes = await database.transaction((tx) => makeRecoveryCodes(tx, userId));
    assert.equal(new Set(codes).size, codesInSet);
    for (const code of codes) assert.match(code, /^[A-Z2-7]{4}(-[A-Z2-7]{4}){5}$/);
    const spend = () => database.transaction((tx) => spendRecoveryCode(tx, userId, codes[0] ?? ''));
    const spent = await Promise.all(Array.from({ length: 20 }, spend));
    assert.equal(spent.filter(Boolean).length, 1);
    assert.equal(await recoveryCodesLeft(database.read, userId), 9);
  }));

test('of a code its SHA-256 is stored', () =>
  withUser(async (database, userId) => {
    const codes = await database.transaction((tx) => makeRecoveryCodes(tx, userId));
    const expected = codes.map((code) => createHash('sha256').update(code.replaceAll('-', '')).digest('hex'));
    const stored = await database.read
      .$extendTables<{ recovery_codes: { code_hash: Buffer } }>()
      .selectFrom('recovery_codes')
      .select('code_hash')
      .execute();
    assert.deepEqual(stored.map(({ code_hash }) => Buffer.from(code_hash).toString('hex')).sort(), expected.sort());
  }));

test('a spent code comes back when what it was spent for is undone', () =>
  withUser(async (database, userId) => {
    const [code = ''] = await database.transaction((tx) => makeRecoveryCodes(tx, userId));
    const undone = database.transaction(async (tx) => {
      assert.equal(await spendRecoveryCode(tx, userId, code), true);
      throw new Error('undone');
    });
    await assert.rejects(undone, /undone/);
    assert.equal(await recoveryCodesLeft(database.read, userId), 10);
  }));

test('a new set voids the old one, and all can be voided', () =>
  withUser(async (database, userId) => {
    const [old = ''] = await database.transaction((tx) => makeRecoveryCodes(tx, userId));
    await database.transaction((tx) => makeRecoveryCodes(tx, userId));
    assert.equal(await database.transaction((tx) => spendRecoveryCode(tx, userId, old)), false);
    assert.equal(await recoveryCodesLeft(database.read, userId), 10);
    await database.transaction((tx) => voidRecoveryCodes(tx, userId));
    assert.equal(await recoveryCodesLeft(database.read, userId), 0);
  }));

test('what is typed is read without regard to case, spaces and hyphens of any kind', () => {
  const code = 'ABCDEFGHIJKLMNOPQRST2345';
  const spellings = [
    'ABCD-EFGH-IJKL-MNOP-QRST-2345',
    'abcd-efgh-ijkl-mnop-qrst-2345',
    ' abcd efgh  ijkl\tmnop\u00a0qrst\n2345 ',
    'ABCD\u2010EFGH\u2011IJKL\u2013MNOP\u2014QRST\uff0d2345',
    'ａｂｃｄEFGHIJKLMNOPQRST２３４５',
  ];
  for (const typed of spellings) assert.equal(normalizeRecoveryCode(typed), code, typed);
});

test('what cannot be a code is none, and nothing is guessed for it', () => {
  const code = 'ABCDEFGHIJKLMNOPQRST2345';
  const wrong = ['', '-', code.slice(1), `${code}A`, `${code.slice(1)}0`, `${code.slice(1)}1`, `${code.slice(1)}!`];
  for (const typed of [...wrong, '\u0000', '🦊'.repeat(24), `${code}\u0000`])
    assert.equal(normalizeRecoveryCode(typed), undefined, JSON.stringify(typed));
});
