import type { Mark } from './signed-mark.ts';
import type { StoredGeneration } from './store.ts';

/** What the database says of itself. */
export interface Found {
  /** Its whole history, the oldest first. */
  history: readonly StoredGeneration[];
  /** Up to which row of the audit log it has come: rows go when they are old, and all may be old. */
  reached: number;
  /** The mac in base64 of the row that the mark was made of; absent where that row is not there. */
  row: string | undefined;
  /** The oldest row of its audit log; absent where none is there. */
  oldest: number | undefined;
  /** Whether another instance serves from it that has held its own mark against it just now. */
  vouched: boolean;
  /** Where the mark should be. */
  markFile: string;
}

/** Why nobody may be served from a database, as a sentence; or its present generation, none before its first start. */
export type Judged = { why: string } | { present: StoredGeneration | undefined };

/** Holds a database against its mark. */
export function judgeMark(mark: Mark | 'none is kept' | undefined, found: Found): Judged {
  const { history, reached, row, oldest, vouched, markFile } = found;
  const present = history.at(-1);
  if (present?.reason === 'restored') return because(restored);
  if (mark === 'none is kept') return { present };
  // Whoever puts an older copy back may take the mark away with it.
  if (!mark) return !present || present.marked === null || vouched ? { present } : because(missing(markFile));
  if (!history.some(({ id }) => id === mark.generation)) return because(unknown);
  // It was put back and accepted where another mark is kept.
  if (mark.generation !== present?.id) return { present };
  if (mark.sequence > reached)
    return because(
      `This database is older than what this service has written: the mark was made at row ${mark.sequence} of the audit log, which ends at row ${reached}.`,
    );
  if (row !== undefined && mark.row !== '' && row !== mark.row)
    return because(
      `This database has gone on from an older copy: row ${mark.sequence} of its audit log is another one than that of which the mark was made.`,
    );
  // Rows go when they are old: the oldest first, and after it was noted that a mark was made of them. A server that takes
  // over and lacks some leaves a gap: PostgreSQL numbers on from the end of a block that its predecessor had begun.
  const isOld = (oldest === undefined || oldest > mark.sequence) && mark.sequence <= (present.marked ?? 0);
  if (row === undefined && mark.row !== '' && !isOld)
    return because(
      `This database lacks what this service has written: the mark was made at row ${mark.sequence} of the audit log, which has older rows and younger ones, but not that one.`,
    );
  return { present };
}

const because = (why: string): Judged => ({ why });

const restored = 'A backup was put into this database, and nobody has accepted it since.';
const missing = (path: string): string =>
  `A mark was kept for this database, and the mark file is not there: ${path}. If it was moved, put it back, or name the right one with --mark-file (COUNTERSIGN_MARK_FILE); a further instance makes its own while one that has its own is running.`;
const unknown =
  'This database does not know the generation that the mark is of: it is another one, or an older copy. If it was accepted at another instance, copy the mark file of that one here.';
