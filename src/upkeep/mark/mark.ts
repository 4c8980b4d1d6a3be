import { type Clock, second } from '../../clock.ts';
import type { Database } from '../../database/database.ts';
import { compare } from './compare.ts';
import { lookThenAccept, type Mark, MarkError, type MarkPlace, readMark, writeMark } from './mark-file.ts';
import { updateMarked, updateRenewed } from './store.ts';

/**
 * The high-water mark: how far the database has come, written down apart from it. An older copy that is put in its
 * place, by whatever means, would have spent codes, ended sessions and disabled accounts come to life again; it is
 * behind the mark, and nobody is served from it until an operator accepts that.
 */
export type MarkKeeper = ReturnType<typeof createMarkKeeper>;

const renewEvery = 30 * second;

/** Who makes a mark. Only an instance that goes on vouches for the database to those that begin beside it. */
type As = 'serving' | 'leaving' | 'a command';

export function createMarkKeeper(parts: { database: Database; clock: Clock; place: MarkPlace }) {
  const { database, clock, place } = parts;
  const isKept = place.markFile !== '';
  let last: Mark | undefined;
  let refusal: string | undefined;
  let timer: NodeJS.Timeout | undefined;
  let renewing: Promise<unknown> = Promise.resolve();

  const renewOnce = async (anew: boolean, as: As): Promise<string | undefined> => {
    // A file that somebody takes away meanwhile takes nothing from what this process knows.
    const mark = isKept && !anew ? ((await readMark(place)) ?? last) : undefined;
    const compared = await compare(database.read, isKept ? mark : 'none is kept', clock());
    refusal = 'why' in compared ? `${compared.why} ${lookThenAccept}` : undefined;
    if ('why' in compared || !isKept) return refusal;
    const { present, next } = compared;
    await writeMark(place, next, clock());
    last = next;
    // Not before: where the file cannot be made, the database must not say that there is one.
    if (as === 'a command' && next.sequence <= (present.marked ?? -1)) return undefined;
    await database.transaction(async (tx) => {
      await updateMarked(tx, present.number, next.sequence);
      if (as !== 'a command') await updateRenewed(tx, present.number, as === 'serving' ? clock() : null);
    });
    return undefined;
  };

  const renew = (as: As, { anew } = { anew: false }): Promise<string | undefined> => {
    const next = renewing.catch(() => undefined).then(() => renewOnce(anew, as));
    renewing = next;
    return next;
  };

  return {
    /**
     * Holds the database against the mark and, where it fits, makes the mark anew: of what is committed now. Answers why
     * nobody may be served, as a sentence that says what to do; then the mark stays as it is. `anew` makes one whatever
     * the last one says, where a new generation has begun. Throws `MarkError` when the file cannot be used.
     */
    renew: (how?: { anew: boolean }) => renew('a command', how),

    /** Why nobody may be served now, as far as is known. */
    refusal: (): string | undefined => refusal,

    /**
     * Does so now and every 30 seconds, and hands on what is wrong; a further instance may make its own mark meanwhile.
     * Throws `MarkError` when nobody may be served now.
     */
    async join(complain: (what: unknown) => void): Promise<void> {
      const why = await renew('serving');
      if (why) throw new MarkError(why);
      if (!isKept) return;
      timer = setInterval(() => renew('serving').then((what) => what && complain(what), complain), renewEvery);
      timer.unref();
    },

    /** Does so a last time. */
    async leave(): Promise<void> {
      clearInterval(timer);
      if (isKept) await renew('leaving');
    },
  };
}
