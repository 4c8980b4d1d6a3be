import type { Database, Db, Tx } from '../../database/database.ts';
import type { Row } from './form.ts';
import { createJudge, mostFaults, type Report } from './judge.ts';
import { type AuditSealer, createKeys } from './keys.ts';
import { createLedger, type Unsigned } from './ledger.ts';
import { takeOver } from './lost-key.ts';
import { cutChains } from './retention.ts';
import { selectChunk, selectRecords, selectRegister, selectUnnumbered } from './store.ts';

export type { Row } from './form.ts';
export type { Report } from './judge.ts';
export type { AuditSealer } from './keys.ts';
export { countByKey } from './store.ts';

/** Rows read at a time: the whole log is never in memory. */
const chunkLength = 2000;

/** The chains that make the log one that nobody can change unseen who has the database alone: what this folder can do. */
export function createChains(sealer: AuditSealer) {
  const keys = createKeys(sealer);
  const ledger = createLedger(keys);
  return {
    /** Writes a row in the transaction of what it tells of. */
    append: (tx: Tx, row: Unsigned): Promise<void> => ledger.append(tx, row),

    /** Takes rows written before `before` in ms; `more` where more may be due. */
    cut: (tx: Tx, before: number, now: number): Promise<'more' | undefined> => cutChains(tx, keys, before, now),

    /** Lets the active key sign on where a key was lost for ever. */
    takeOver: (tx: Tx, lostId: string): Promise<void> => takeOver(tx, keys, lostId),

    /** Every row, the oldest first, a few at a time. */
    rows,

    /** Holds every row against its chain, on one state of the database, whatever is written meanwhile. */
    verify: (database: Pick<Database, 'snapshot'>): Promise<Report> =>
      database.snapshot(async (db) => {
        const judge = createJudge(keys, await selectRegister(db), await selectRecords(db));
        judge.takeUnnumbered(await selectUnnumbered(db, mostFaults));
        for await (const chunk of rows(db)) for (const row of chunk) judge.take(row);
        return judge.end();
      }),
  };
}

async function* rows(db: Db): AsyncGenerator<Row[]> {
  let after: number | undefined;
  for (;;) {
    const chunk = await selectChunk(db, after, chunkLength);
    const last = chunk.at(-1);
    if (!last) return;
    yield chunk;
    after = last.sequence;
  }
}
