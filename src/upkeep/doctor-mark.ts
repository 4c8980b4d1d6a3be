import type { Db } from '../database/database.ts';
import type { Sealer } from '../seal.ts';
import type { Finding } from './finding.ts';
import { compare } from './mark/compare.ts';
import { generationOf } from './mark/generations.ts';
import { lookThenAccept, type MarkPlace, openMark } from './mark/mark-file.ts';

/** Whether the database has come as far as its mark says, and whether one is kept at all. Without keys nobody can tell. */
export async function markFindings(db: Db, place: MarkPlace, sealer: Sealer | undefined): Promise<Finding[]> {
  const isKept = place.markFile !== '';
  if (isKept && !sealer) return [];
  const mark = isKept && sealer ? await openMark(place, sealer) : 'none is kept';
  const compared = await compare(db, mark, { vouched: false, ...place });
  if ('why' in compared) return [{ check: 'mark', state: 'failure', found: compared.why, todo: lookThenAccept }];
  if (mark === undefined) return [{ check: 'mark', state: 'ok', found: 'The next start makes the mark.' }];
  if (isKept && compared.present) {
    const found = `The database has come as far as its mark: it is at row ${compared.next.sequence} of the audit log.`;
    return [{ check: 'mark', state: 'ok', found }];
  }
  const wasKept = ((await generationOf(db))?.marked ?? null) !== null;
  const found = wasKept
    ? 'A mark was kept for this database, and none is named: an older copy of it would be served unseen.'
    : 'No mark is kept: an older copy of the database that is put back would not be noticed.';
  const todo = `Name ${wasKept ? 'it' : 'a place apart from the data'} with --mark-file (COUNTERSIGN_MARK_FILE).`;
  return [{ check: 'mark', state: 'warning', found, todo }];
}
