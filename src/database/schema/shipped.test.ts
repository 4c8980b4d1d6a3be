import assert from 'node:assert/strict';
import { hash } from 'node:crypto';
import { test } from 'node:test';
import { sql } from 'kysely';
import { onEachKind } from '../../../test/databases/places.ts';
import type { Db } from '../engine.ts';
import { openEngine } from '../open.ts';
import { migrate, migrationNames } from './migrate.ts';
import { describeSchema, textOf } from './schema.ts';

/**
 * The first digits of what each migration, run after those before it, makes of an empty database: SQLite, PostgreSQL. A
 * line is written once, with its migration, and stays: databases out there have been made by what it stands for. Where a
 * migration has been shipped and was not right, write another one that mends it.
 */
const shipped: Readonly<Record<string, readonly [sqlite: string, postgres: string]>> = {
  '0001-first': ['8e15aa67dc1f06f0', 'e5686c5eb83f5907'],
  '0002-portal': ['382b7f4e1f76a4d3', '206e3888a3f66f88'],
  '0003-known-browsers': ['66717a4607c73698', 'a65d1d914e853291'],
  '0004-audit-chain': ['20d86232e3fddb84', 'cf7662543b3a5e1e'],
  '0005-keys': ['26432d2f73ddc12f', 'd7466a1f3944747b'],
  '0006-password-parameters': ['1d3503b483bc3903', 'adf07410e755f4b5'],
  '0007-clock': ['0dc5a5eb7af32442', 'a73fa5c1b27b05a5'],
  '0008-password-given': ['efdbec17ba8448d9', '5be0714b52fe13cb'],
  '0009-least-telling': ['ccc793fb6cb0aa9e', '0b2660d6052e7fea'],
  '0010-generations': ['402d5bcb41282fbb', '6d3f3e2855f48d32'],
  '0011-many-users': ['2faaf2f8b4444a48', '3561c3741a78bc5f'],
  '0012-passkeys': ['cc931d508d707a48', '00c006da86f31a5b'],
};

/** Everything in a database, apart from the history of its schema. */
async function contentsOf(db: Db): Promise<string> {
  const { schema_history, ...schema } = await describeSchema(db);
  assert.ok(schema_history);
  const rows: [string, unknown[]][] = [];
  for (const table of Object.keys(schema).sort())
    rows.push([table, (await sql`select * from ${sql.table(table)}`.execute(db)).rows]);
  return hash('sha256', textOf(schema) + JSON.stringify(rows)).slice(0, 16);
}

test('each migration makes of an empty database what it made when it was shipped', async () => {
  const made = Object.fromEntries(migrationNames.map((name) => [name, [] as string[]]));
  await onEachKind(async ({ place }) => {
    const engine = await openEngine(place);
    for (const name of migrationNames) {
      await engine.writeLong((tx) => migrate(tx, { upTo: name }), { mayRest: false });
      made[name]?.push(await contentsOf(engine.read));
    }
    await engine.close();
  });
  assert.deepEqual(made, shipped);
});
