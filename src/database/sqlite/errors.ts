import type { Trouble } from '../engine.ts';

/** What errors of SQLite mean, by https://www.sqlite.org/rescode.html. */

const folder = 'the folder that --data (COUNTERSIGN_DATA) names';
const goesOn = 'Nothing of what failed was kept, and the service goes on by itself when that is mended.';

const verdicts: Readonly<
  Record<number, readonly [kind: Trouble['kind'], why: string, remedy: string, meanwhile?: string]>
> = {
  5: ['passing', 'Another process writes to the database', 'See which one holds it for so long.'],
  6: ['passing', 'Another connection holds the database', 'See which one holds it for so long.'],
  8: [
    'lasting',
    'The database cannot be written to',
    `Let this user write to ${folder}, and see that its file system is not mounted read-only.`,
    goesOn,
  ],
  10: [
    'lasting',
    'The disk of the database fails, is full, or is read-only',
    `Look at the file system of ${folder}.`,
    goesOn,
  ],
  11: [
    'lasting',
    'The database file is damaged',
    'Stop the service, let `countersign doctor` look at it, and put a backup back.',
  ],
  13: ['lasting', 'The disk of the database is full', `Make room in ${folder}.`, goesOn],
  14: ['lasting', 'The database cannot be opened', `Check ${folder}, and who may write to it.`],
  26: ['lasting', 'The database file is not a SQLite file', `Check ${folder}: another file may lie in its place.`],
};

/** What an error means; nothing where it is not the database that has failed. */
export function judgeSqlite(error: unknown): Trouble | undefined {
  if (!(error instanceof Error) || !('errcode' in error)) return undefined;
  const [kind, why, remedy, meanwhile] = verdicts[Number(error.errcode) & 0xff] ?? [];
  return kind && { kind, sentence: `${why} (${error.message}). ${remedy}`, meanwhile };
}
