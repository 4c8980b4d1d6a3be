import { setImmediate as turnOfLoop } from 'node:timers/promises';
import { type Database, sweptAtOnce } from '../database/database.ts';
import { deleteRestedOf, selectEndOf, selectRested } from './store.ts';

/** Sessions that are looked through before others have a turn: about a millisecond. */
const lookedThroughAtOnce = 5000;

/**
 * Deletes the sessions of two factors that were last seen at `since` or before and are not over at `now`. An index on when
 * they were last seen would double what each note of that costs, 15 to 31 µs and 4 to 8 kB written, however many are
 * written together; so all are looked through, a few at a time, while others write.
 */
export async function deleteRested(database: Database, since: number, now: number): Promise<void> {
  for (let after: number | undefined = now; after !== undefined; await turnOfLoop()) {
    const end = await selectEndOf(database.read, after, lookedThroughAtOnce);
    const ids = await selectRested(database.read, { after, upTo: end ?? Number.MAX_SAFE_INTEGER, since });
    for (let start = 0; start < ids.length; start += sweptAtOnce) {
      const some = ids.slice(start, start + sweptAtOnce);
      await database.transaction((tx) => deleteRestedOf(tx, some, since));
    }
    after = end;
  }
}
