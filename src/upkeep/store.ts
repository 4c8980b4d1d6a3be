import { type Db, statement, type Tx } from '../database/database.ts';

export interface RecordedKey {
  id: string;
  check_value: Buffer;
  active: number;
  recorded_at: number;
}

interface InstanceRow {
  id: string;
  /** Host and process, for people. */
  name: string;
  started_at: number;
  seen_at: number;
  /** The ids of all keys that it opens with, parted by spaces. */
  key_ids: string;
  /** The id of the key that it seals with. */
  seals_with: string;
}

type Tables = {
  keys: RecordedKey;
  clock_resets: { sequence: number; reset_at: number };
  instances: InstanceRow;
  service_secrets: { name: string; sealed: Buffer };
};

export async function selectKeys(db: Db): Promise<RecordedKey[]> {
  return db.$extendTables<Tables>().selectFrom('keys').selectAll().orderBy('recorded_at').orderBy('id').execute();
}

export async function insertKey(tx: Tx, key: RecordedKey): Promise<void> {
  await tx.$extendTables<Tables>().insertInto('keys').values(key).execute();
}

/** Makes one key the only active one. */
export async function updateActive(tx: Tx, id: string): Promise<void> {
  const db = tx.$extendTables<Tables>();
  await db.updateTable('keys').set({ active: 0 }).where('id', '!=', id).execute();
  await db.updateTable('keys').set({ active: 1 }).where('id', '=', id).execute();
}

export async function selectServiceSecret(db: Db, name: string): Promise<Buffer | undefined> {
  const row = await db
    .$extendTables<Tables>()
    .selectFrom('service_secrets')
    .select('sealed')
    .where('name', '=', name)
    .executeTakeFirst();
  return row?.sealed;
}

export async function upsertServiceSecret(tx: Tx, name: string, sealed: Buffer): Promise<void> {
  await tx
    .$extendTables<Tables>()
    .insertInto('service_secrets')
    .values({ name, sealed })
    .onConflict((conflict) => conflict.column('name').doUpdateSet({ sealed }))
    .execute();
}

/** The instances that have reported themselves after a moment. */
export async function selectInstances(db: Db, after: number, before: number): Promise<InstanceRow[]> {
  return db
    .$extendTables<Tables>()
    .selectFrom('instances')
    .selectAll()
    .where('seen_at', '>', after)
    .where('seen_at', '<', before)
    .orderBy('started_at')
    .orderBy('id')
    .execute();
}

export async function upsertInstance(tx: Tx, row: InstanceRow): Promise<void> {
  const { id, ...rest } = row;
  await tx
    .$extendTables<Tables>()
    .insertInto('instances')
    .values({ id, ...rest })
    .onConflict((conflict) => conflict.column('id').doUpdateSet(rest))
    .execute();
}

export async function deleteInstance(tx: Tx, id: string): Promise<void> {
  await tx.$extendTables<Tables>().deleteFrom('instances').where('id', '=', id).execute();
}

/** Deletes the instances that have not reported themselves after a moment. */
export async function deleteStaleInstances(tx: Tx, after: number): Promise<void> {
  await tx.$extendTables<Tables>().deleteFrom('instances').where('seen_at', '<=', after).execute();
}

/** Deletes the instances that have reported themselves after a moment that is yet to come. */
export async function deleteInstancesSeenAfter(tx: Tx, now: number): Promise<void> {
  await tx.$extendTables<Tables>().deleteFrom('instances').where('seen_at', '>', now).execute();
}

const lastReset = statement((db) =>
  db.$extendTables<Tables>().selectFrom('clock_resets').select('sequence').orderBy('sequence', 'desc').limit(1),
);

/** The row of the audit log up to which no time counts, because an operator has said so; 0 where that never happened. */
export async function selectClockReset(db: Db): Promise<number> {
  return (await lastReset.first(db, {}))?.sequence ?? 0;
}

export async function insertClockReset(tx: Tx, sequence: number, now: number): Promise<void> {
  await tx.$extendTables<Tables>().insertInto('clock_resets').values({ sequence, reset_at: now }).execute();
}
