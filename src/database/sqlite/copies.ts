import { chmod, open, readdir, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { sql } from 'kysely';
import { syncFile, syncFolder } from '../../files.ts';
import type { Db } from '../engine.ts';
import { judgeSqlite } from './errors.ts';

/**
 * The copy of a SQLite file that lies beside it since its schema was last changed: `countersign.db.before-0010-generations`.
 * Callers hold the lock that keeps all others from writing.
 */
export function createCopies(file: string, read: Db) {
  return {
    /**
     * Copies what is committed, whole or not at all, and on the disk when it answers. Parts of the file that hold what
     * was deleted are left behind. Throws where that cannot be.
     */
    async keep(next: string): Promise<string> {
      const copy = `${file}.before-${next}`;
      const draft = `${copy}.draft`;
      try {
        // One that a crash has left.
        await rm(draft, { force: true });
        await makeEmpty(draft);
        await sql`vacuum into ${draft}`.execute(read);
        await syncFile(draft);
        await rename(draft, copy);
        await syncFolder(dirname(copy));
        return copy;
      } catch (error) {
        await rm(draft, { force: true }).catch(() => undefined);
        if (judgeSqlite(error)?.kind === 'passing') throw error;
        throw new Error(
          `Before this database is brought up to date (${next}), a copy of it is kept in ${copy}, and that could not be made: ${whyOf(error)}. Nothing was changed. Make room there for as much as the database takes, and start again.`,
          { cause: error },
        );
      }
    },

    /** Deletes the copies of earlier changes, as far as it may: each holds what people have had deleted since. */
    async forgetOlder(kept: string): Promise<void> {
      const folder = dirname(file);
      const older = (await readdir(folder)).filter(
        (name) =>
          name.startsWith(`${basename(file)}.before-`) &&
          /\.before-\d{4}-[a-z0-9-]+$/.test(name) &&
          name < basename(kept),
      );
      await Promise.allSettled(older.map((name) => rm(join(folder, name))));
    },
  };
}

/** What SQLite or the file system said, without what is told to those who use a database. */
function whyOf(error: unknown): string {
  const { cause = error } = error instanceof Error ? error : {};
  return cause instanceof Error ? cause.message : String(cause);
}

/** SQLite writes into an empty file that is there, and leaves its mode as it is. */
async function makeEmpty(path: string): Promise<void> {
  await (await open(path, 'wx', 0o600)).close();
  await chmod(path, 0o600);
}
