import type { Mark } from './mark-file.ts';
import type { StoredGeneration } from './store.ts';

/** What the database says of itself. */
export interface Found {
  /** Its whole history, the oldest first. */
  history: readonly StoredGeneration[];
  /** Up to which row of the audit log it has come: rows go when they are old, and all may be old. */
  reached: number;
  /** The mac in base64 of the row that the mark was made of; absent where that row is not there. */
  row: string | undefined;
  /** Whether another instance serves from it that has held its own mark against it just now. */
  vouched: boolean;
}

/** Why nobody may be served from a database, as a sentence; or its present generation. */
export type Judged = { why: string } | { present: StoredGeneration };

/** Holds a database against its mark. */
export function judgeMark(mark: Mark | 'none is kept' | undefined, { history, reached, row, vouched }: Found): Judged {
  const present = history.at(-1);
  if (!present || present.reason === 'restored') return because(restored);
  if (mark === 'none is kept') return { present };
  // Whoever puts an older copy back may take the mark away with it.
  if (!mark) return present.marked === null || vouched ? { present } : because(missing);
  if (!history.some(({ id }) => id === mark.generation)) return because(unknown);
  // It was put back and accepted where another mark is kept.
  if (mark.generation !== present.id) return { present };
  if (mark.sequence > reached)
    return because(
      `This database is older than what this service has written: the mark was made at row ${mark.sequence} of the audit log, which ends at row ${reached}.`,
    );
  if (row !== undefined && mark.row !== '' && row !== mark.row)
    return because(
      `This database has gone on from an older copy: row ${mark.sequence} of its audit log is another one than that of which the mark was made.`,
    );
  return { present };
}

const because = (why: string): Judged => ({ why });

const restored = 'A backup was put into this database, and nobody has accepted it since.';
const missing =
  'A mark was kept for this database, and the mark file is not there. If the file was moved, put it back; a further instance makes its own while one that has its own is running.';
const unknown =
  'This database does not know the generation that the mark is of: it is another one, or an older copy. If it was accepted at another instance, copy the mark file of that one here.';
