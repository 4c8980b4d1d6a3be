/** What keeps a backup from being made, read or put back; the message says what to do. */
export class BackupError extends Error {
  override name = 'BackupError';
}
