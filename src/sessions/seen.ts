import { second } from '../clock.ts';
import type { Database } from '../database/database.ts';
import { type CheckedSession, updateLastSeen } from './store.ts';

/** How long a note may wait to be written, in ms; what comes meanwhile is written with it. */
const mostDelay = second;

/** Notes that one transaction writes, so that nobody waits long for it. */
const writtenAtOnce = 500;

/** Notes that may wait; what comes beyond that is noted at a later request of the same session. */
const mostWaiting = 20_000;

/**
 * When sessions were last seen, as far as it is not written yet: written at once it would be a transaction for each
 * session and minute.
 * A note that is lost lets its session seem to have rested for longer, so it ends earlier and never later. Whether a
 * session is there at all is always asked of the database, and writing a note brings none back that has ended.
 */
export function createSeen(database: Database, idle: number) {
  // Other instances go by what is written: it must not lag behind by much of what a session may rest.
  const delay = Math.min(mostDelay, idle / 60);
  const waiting = new Map<string, number>();
  let timer: NodeJS.Timeout | undefined;
  let writing: Promise<void> | undefined;

  const forget = (written: readonly (readonly [string, number])[]): void => {
    for (const [id, at] of written) if (waiting.get(id) === at) waiting.delete(id);
  };

  const writeAll = async (): Promise<void> => {
    try {
      while (waiting.size > 0) {
        const batch = first(waiting, writtenAtOnce);
        await database.transaction((tx) => updateLastSeen(tx, batch)).finally(() => forget(batch));
      }
    } catch {
      // It is given up: a session that is still in use is noted again at its next request.
    }
  };

  /** Writes what waits, unless that is being done. */
  const start = (): Promise<void> => {
    clearTimeout(timer);
    timer = undefined;
    writing ??= writeAll().finally(() => {
      writing = undefined;
      writeLater();
    });
    return writing;
  };

  const writeLater = (): void => {
    if (timer || writing || waiting.size === 0) return;
    timer = setTimeout(start, delay);
    timer.unref();
  };

  return {
    /** When a session was last seen, as far as this process knows. */
    at: ({ id, lastSeenAt }: Pick<CheckedSession, 'id' | 'lastSeenAt'>): number =>
      waiting.size === 0 ? lastSeenAt : Math.max(lastSeenAt, waiting.get(id) ?? 0),

    note(id: string, now: number): void {
      if (waiting.size >= mostWaiting && !waiting.has(id)) return;
      waiting.set(id, now);
      writeLater();
    },

    /** Writes all that was noted before. */
    async write(): Promise<void> {
      await writing;
      await start();
    },
  };
}

function first<Each>(all: Iterable<Each>, most: number): Each[] {
  const taken: Each[] = [];
  for (const each of all) if (taken.push(each) === most) break;
  return taken;
}
