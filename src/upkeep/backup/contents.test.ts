import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { sql } from 'kysely';
import { holdWhole, makeSchema, type Tx } from '../../database/database.ts';
import { contentsOf } from './contents.ts';
import { fill } from './fill.ts';

const schema = '0012-passkeys';

/** Runs a story with the contents of a database that has two users, and something that fills another one. */
async function withContents(
  story: (lines: string[], refill: (lines: readonly string[]) => Promise<number>) => Promise<void>,
): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'countersign-contents-'));
  const at = <T>(name: string, work: (tx: Tx) => Promise<T>): Promise<T> =>
    holdWhole({ file: join(folder, name) }, work);
  try {
    const lines = await at('one.db', async (tx) => {
      await makeSchema(tx);
      await sql`insert into users (id, name, administrator, disabled, created_at)
        values ('u1', 'alice', 0, 0, 1), ('u2', 'bob', 0, 1, 2)`.execute(tx);
      const all: string[] = [];
      for await (const line of contentsOf(tx)) all.push(line);
      return all;
    });
    await story(lines, (changed) =>
      at('other.db', async (tx) => (await fill(tx, { schema, contents: from(changed) }))['users']?.rows ?? 0),
    );
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function* from(lines: readonly string[]): AsyncGenerator<string> {
  yield* lines;
}

test('what was put in is read back: a row that is another one, is missing or is there twice is found, and nothing is kept', () =>
  withContents(async (lines, refill) => {
    const at = lines.findIndex((line) => line.includes('"bob"'));
    const bob = lines[at] ?? '';
    for (const changed of [
      lines.with(at, bob.replace('"bob"', '"ben"')),
      lines.toSpliced(at, 1),
      lines.toSpliced(at, 0, bob.replaceAll('"u2"', '"u3"').replace('"bob"', '"ben"')),
    ])
      await assert.rejects(refill(changed), /^BackupError: Table "users" would not have the rows that it had/);
    await assert.rejects(refill(lines.toSpliced(at, 0, bob)), /^BackupError: Rows of table "users" do not go together/);
    assert.equal(await refill(lines.with(at, lines[at - 1] ?? '').with(at - 1, bob)), 2, 'in whatever order');
  }));

test('lines that are none of contents, or not all of them, are refused', () =>
  withContents(async (lines, refill) => {
    const users = lines.findIndex((line) => line.startsWith('{"table":"users"'));
    const own = lines[users] ?? '';
    for (const changed of [
      [],
      lines.slice(0, -1),
      lines.toSpliced(users, 1),
      [...lines, own],
      lines.with(-1, '{}'),
      [''],
    ])
      await assert.rejects(refill(changed), /^BackupError: This file is damaged/);
    for (const other of [own.replace('"id":"text"', '"id":"number"'), own.replace('"id":"text",', '')])
      await assert.rejects(
        refill(lines.with(users, other)),
        /^BackupError: Table "users" is another one in this version/,
      );
    const more = lines.at(-1)?.replace('{"users"', '{"losers":{"rows":0,"sum":""},"users"') ?? '';
    await assert.rejects(refill(lines.with(-1, more)), /^BackupError: Table "losers" is another one in this version/);
  }));
