import type { Database, Db } from '../../database/database.ts';
import type { Row } from './form.ts';
import { createJudge, type Verdict } from './judge.ts';
import type { Keys } from './keys.ts';
import { selectChunk, selectRecords, selectRegister } from './store.ts';

/** Rows read at a time: the whole log is never in memory. */
const chunkLength = 2000;

/** Every row, the oldest first, a few at a time. */
export async function* allRows(db: Db): AsyncGenerator<Row[]> {
  let after: number | undefined;
  for (;;) {
    const rows = await selectChunk(db, after, chunkLength);
    const last = rows.at(-1);
    if (!last) return;
    yield rows;
    after = last.sequence;
  }
}

/** Holds every row against its chain, on one state of the database, whatever is written meanwhile. */
export async function verifyLog(database: Database, keys: Keys): Promise<Verdict> {
  return database.snapshot(async (db) => {
    const judge = createJudge(keys, await selectRegister(db), await selectRecords(db));
    for await (const rows of allRows(db)) for (const row of rows) judge.take(row);
    return judge.end();
  });
}
