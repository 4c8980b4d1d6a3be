import { type Clock, second } from '../../clock.ts';
import type { Database } from '../../database/database.ts';
import type { Sealer } from '../../seal.ts';
import { type Compared, compare } from './compare.ts';
import {
  lookThenAccept,
  MarkError,
  type MarkPlace,
  openMark,
  refuseToReplace,
  sweepDrafts,
  writeMark,
} from './mark-file.ts';
import type { Mark } from './signed-mark.ts';
import { updateMarked, updateRenewed } from './store.ts';
import { isVouchedFor } from './vouched.ts';

/**
 * The high-water mark: how far the database has come, written down apart from it. An older copy that is put in its
 * place, by whatever means, would have spent codes, ended sessions and disabled accounts come to life again; it is
 * behind the mark, and nobody is served from it until an operator accepts that.
 */
export type MarkKeeper = ReturnType<typeof createMarkKeeper>;

/** Who makes a mark. Only an instance that serves vouches for the database to those that begin beside it. */
interface How {
  as: 'serving' | 'a command';
  anew?: boolean;
  vouched?: boolean;
}

interface Parts {
  database: Database;
  clock: Clock;
  /** Those of the key file, asked for only where a mark is kept. */
  keys: () => Promise<Sealer>;
  place: MarkPlace;
  /** How often a mark is renewed, in ms; else every 30 seconds. */
  every?: number | undefined;
}

export function createMarkKeeper(parts: Parts) {
  const { database, clock, keys, place, every = 30 * second } = parts;
  const isKept = place.markFile !== '';
  let last: Mark | undefined;
  let refusal: string | undefined;
  let timer: NodeJS.Timeout | undefined;
  let renewing: Promise<unknown> = Promise.resolve();

  const renewOnce = async (how: How): Promise<string | undefined> => {
    const done = isKept
      ? await holdAndMake(parts, last, how)
      : await compare(database.read, 'none is kept', { vouched: false, ...place });
    refusal = 'why' in done ? `${done.why} ${lookThenAccept}` : undefined;
    if (isKept && 'next' in done) last = done.next;
    return refusal;
  };

  const renew = (how: How): Promise<string | undefined> => {
    const next = renewing.catch(() => undefined).then(() => renewOnce(how));
    renewing = next;
    return next;
  };

  return {
    /**
     * Holds the database against the mark and, where it fits, makes the mark anew: of what is committed now. Answers why
     * nobody may be served, as a sentence that says what to do; then the mark stays as it is. `anew` makes one whatever
     * the last one says, where a new generation has begun. Throws `MarkError` when the file cannot be used.
     */
    renew: (how: { anew: boolean } = { anew: false }) => renew({ as: 'a command', ...how }),

    /** Throws `MarkError` where `anew` would replace what is no mark. */
    refuseToReplace: () => (isKept ? refuseToReplace(place) : undefined),

    /** Why nobody may be served now, as far as is known. */
    refusal: (): string | undefined => refusal,

    /**
     * Does so now and every 30 seconds, and hands on what is wrong; a further instance makes its own mark once it has seen
     * another one renew its own, and says that it waits for that. Throws `MarkError` when nobody may be served now.
     */
    async join({ say, complain }: { say(sentence: string): void; complain(what: unknown): void }): Promise<void> {
      const lacksMark = isKept && !(await openMark(place, await keys()));
      const vouched = lacksMark && (await isVouchedFor(database.read, { clock, every, say }));
      const why = await renew({ as: 'serving', vouched });
      if (why) throw new MarkError(why);
      if (!isKept) return;
      await sweepDrafts(place);
      timer = setInterval(() => renew({ as: 'serving' }).then((what) => what && complain(what), complain), every);
      timer.unref();
    },

    /** Does so a last time. */
    async leave(): Promise<void> {
      clearInterval(timer);
      if (isKept) await renew({ as: 'serving' });
    },
  };
}

/** Holds the database against the mark and, where it fits, makes the mark anew. */
async function holdAndMake(
  { database, clock, keys, place }: Parts,
  last: Mark | undefined,
  { as, anew = false, vouched = anew }: How,
): Promise<Compared> {
  const sealer = await keys();
  // A file that somebody takes away meanwhile takes nothing from what this process knows.
  const mark = anew ? undefined : ((await openMark(place, sealer)) ?? last);
  const compared = await compare(database.read, mark, { vouched, ...place });
  if ('why' in compared || !compared.present) return compared;
  const { present, next } = compared;
  await writeMark(place, sealer, next, clock());
  // Not before: where the file cannot be made, the database must not say that there is one.
  if (as === 'a command' && next.sequence <= (present.marked ?? -1)) return compared;
  await database.transaction(async (tx) => {
    await updateMarked(tx, present.number, next.sequence);
    if (as === 'serving') await updateRenewed(tx, present.number, clock());
  });
  return compared;
}
