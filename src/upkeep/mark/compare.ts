import { auditMacs, lastSequence } from '../../audit/audit.ts';
import { minute } from '../../clock.ts';
import type { Db } from '../../database/database.ts';
import { judgeMark } from './judge.ts';
import type { Mark } from './mark-file.ts';
import { type StoredGeneration, selectGenerations } from './store.ts';

/** Why nobody may be served from a database; or its present generation, and the mark that it would be given now. */
export type Compared = { why: string } | { present: StoredGeneration; next: Mark };

/** An instance that has renewed its mark for the last time so long ago is gone; so is one that says it will. */
const staleAfter = 2 * minute;

/** Holds a database against a mark: nothing where there should be one and is not. */
export async function compare(db: Db, mark: Mark | 'none is kept' | undefined, now: number): Promise<Compared> {
  const before = typeof mark === 'object' ? mark : undefined;
  const history = await selectGenerations(db);
  const newest = await lastSequence(db);
  const reached = Math.max(newest, history.at(-1)?.marked ?? 0);
  const macs = await auditMacs(db, before ? [before.sequence, reached] : [reached]);
  const mac = (sequence: number): string | undefined => macs.get(sequence)?.toString('base64');
  const renewedAt = history.at(-1)?.renewed_at ?? null;
  const vouched = renewedAt !== null && Math.abs(now - renewedAt) < staleAfter;
  const judged = judgeMark(mark, { history, reached, row: before && mac(before.sequence), vouched });
  if ('why' in judged) return judged;
  const { id } = judged.present;
  const known = before?.generation === id && before.sequence === reached ? before.row : '';
  return { present: judged.present, next: { generation: id, sequence: reached, row: mac(reached) ?? known } };
}
