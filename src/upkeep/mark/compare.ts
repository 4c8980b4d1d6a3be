import { auditMacs, firstSequence, lastSequence } from '../../audit/audit.ts';
import type { Db } from '../../database/database.ts';
import { judgeMark } from './judge.ts';
import type { Mark } from './signed-mark.ts';
import { type StoredGeneration, selectGenerations } from './store.ts';

/**
 * Why nobody may be served from a database; or its present generation, and the mark that it would be given now: neither
 * before its first start.
 */
export type Compared = { why: string } | { present?: undefined } | { present: StoredGeneration; next: Mark };

/**
 * Holds a database against a mark: nothing where there should be one and is not, unless it is `vouched` for by another
 * instance that has its own.
 */
export async function compare(
  db: Db,
  mark: Mark | 'none is kept' | undefined,
  { vouched, markFile }: { vouched: boolean; markFile: string },
): Promise<Compared> {
  const before = typeof mark === 'object' ? mark : undefined;
  const history = await selectGenerations(db);
  const newest = await lastSequence(db);
  const reached = Math.max(newest, history.at(-1)?.marked ?? 0);
  const macs = await auditMacs(db, before ? [before.sequence, reached] : [reached]);
  const mac = (sequence: number): string | undefined => macs.get(sequence)?.toString('base64');
  // Not before the macs: a row that is old may go meanwhile.
  const oldest = await firstSequence(db);
  const judged = judgeMark(mark, { history, reached, row: before && mac(before.sequence), oldest, vouched, markFile });
  if ('why' in judged) return judged;
  if (!judged.present) return {};
  const { id } = judged.present;
  const known = before?.generation === id && before.sequence === reached ? before.row : '';
  return { present: judged.present, next: { generation: id, sequence: reached, row: mac(reached) ?? known } };
}
