/** What keeps a backup from being made, read or put back; the message says what to do. */
export class BackupError extends Error {
  override name = 'BackupError';
}

/** A file that is none, or no longer what it was. */
export const damaged = (): BackupError =>
  new BackupError('This file is damaged, cut off, or no backup of Countersign. Take another one.');

/** What a line says. Throws `BackupError` where it is no JSON. */
export function parseLine(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    throw damaged();
  }
}
