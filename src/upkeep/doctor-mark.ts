import type { Db } from '../database/database.ts';
import type { Finding } from './finding.ts';
import { compare } from './mark/compare.ts';
import { generationOf } from './mark/generations.ts';
import { lookThenAccept, type MarkPlace, readMark } from './mark/mark-file.ts';

/** Whether the database has come as far as its mark says; nothing where none is kept, and none ever was. */
export async function markFindings(db: Db, place: MarkPlace, now: number): Promise<Finding[]> {
  const isKept = place.markFile !== '';
  const mark = isKept ? await readMark(place) : 'none is kept';
  const compared = await compare(db, mark, now);
  if ('why' in compared) return [{ check: 'mark', state: 'failure', found: compared.why, todo: lookThenAccept }];
  if (mark === undefined) return [{ check: 'mark', state: 'ok', found: 'The next start makes the mark.' }];
  if (isKept) {
    const found = `The database has come as far as its mark: it is at row ${compared.next.sequence} of the audit log.`;
    return [{ check: 'mark', state: 'ok', found }];
  }
  if (((await generationOf(db))?.marked ?? null) === null) return [];
  const found = 'A mark was kept for this database, and none is named: an older copy of it would be served unseen.';
  return [{ check: 'mark', state: 'warning', found, todo: 'Name it with --mark-file (COUNTERSIGN_MARK_FILE).' }];
}
