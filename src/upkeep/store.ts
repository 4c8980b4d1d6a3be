import type { Db, Tx } from '../database/database.ts';

interface RecordedKey {
  id: string;
  check_value: Buffer;
  active: number;
  recorded_at: number;
}

type Tables = { keys: RecordedKey };

export async function selectKeys(db: Db): Promise<RecordedKey[]> {
  return db.$extendTables<Tables>().selectFrom('keys').selectAll().orderBy('recorded_at').orderBy('id').execute();
}

export async function insertKey(tx: Tx, key: RecordedKey): Promise<void> {
  await tx.$extendTables<Tables>().insertInto('keys').values(key).execute();
}
