import { Problem } from '../http/http.ts';

/** Who asks for a hash. */
export interface Asker {
  /** Where the request comes from, as `siteOf` has it. */
  network: string;
  /** A browser that has signed in to the account before, or somebody who has proved who he is. */
  known: boolean;
}

export type Pool = ReturnType<typeof createPool>;

/** After so many hashes in a row for those who are known, one goes to the others. */
const knownInARow = 3;

/** Seconds after which whoever was turned away may come again. */
const retryAfter = 2;

/**
 * Lets at most `concurrency` pieces of work run at a time and at most `queue` wait, and shares the places out fairly:
 * those who are known first, and networks in turn, so that one network that floods waits for itself alone.
 */
export function createPool(concurrency: number, queue: number) {
  let running = 0;
  const line = createLine(queue);
  return {
    load: () => ({ running, waiting: line.length() }),

    /** Throws `busy` where whoever asks would be turned away now. */
    mustHaveRoom(asker: Asker): void {
      if (running >= concurrency && !line.hasRoom(asker)) throw new Problem('busy', { retryAfter });
    },

    /** Does the work when its turn has come. Throws `busy` when there is no room to wait, or none any more. */
    async add<T>(asker: Asker, work: () => Promise<T>): Promise<T> {
      if (running < concurrency) running += 1;
      else await new Promise<void>((start, turnAway) => line.join(asker, { start, turnAway }));
      try {
        return await work();
      } finally {
        // The place passes straight to the next in line, so that nobody can slip in between.
        const next = line.next();
        if (next) next.start();
        else running -= 1;
      }
    },
  };
}

interface Waiter {
  start(): void;
  turnAway(why: Problem): void;
}

/** Networks in the order of their turns, each with those who wait there; none of them is empty. */
type Ring = Map<string, Waiter[]>;

function createLine(longest: number) {
  const known: Ring = new Map();
  const others: Ring = new Map();
  let length = 0;
  let inARow = 0;

  /** Where somebody must give way to whoever asks, in a line that is full; nowhere where he must go himself. */
  const whoGivesWay = ({ network, known: isKnown }: Asker): Ring | undefined => {
    const own = (isKnown ? known : others).get(network)?.length ?? 0;
    const ring = mostInOne(known) > mostInOne(others) ? known : others;
    // The other network keeps as many as this one will have; else the two would turn each other away without end.
    if (own + 1 < mostInOne(ring)) return ring;
    // Each network of known browsers may have one place at the cost of strangers, however thinly these are spread.
    return isKnown && own === 0 && others.size > 0 ? others : undefined;
  };

  return {
    length: () => length,

    /** Whether there is room for one more, or somebody who would make room. */
    hasRoom: (asker: Asker): boolean => length < longest || whoGivesWay(asker) !== undefined,

    /** Puts somebody in line, and turns away whoever has least right to wait there when it is full. */
    join(asker: Asker, waiter: Waiter): void {
      const { network } = asker;
      const ring = asker.known ? known : others;
      if (length >= longest) {
        const full = whoGivesWay(asker);
        const leaves = full && takeLast(full);
        (leaves ?? waiter).turnAway(new Problem('busy', { retryAfter }));
        if (!leaves) return;
        length -= 1;
      }
      const waiters = ring.get(network);
      if (waiters) waiters.push(waiter);
      else ring.set(network, [waiter]);
      length += 1;
    },

    /** Takes out whoever is next. */
    next(): Waiter | undefined {
      const ring = known.size > 0 && (inARow < knownInARow || others.size === 0) ? known : others;
      inARow = ring === known ? inARow + 1 : 0;
      const [first] = ring;
      if (!first) return undefined;
      const [network, waiters] = first;
      const waiter = waiters.shift();
      // Behind all others, where the next of this network waits for its next turn.
      ring.delete(network);
      if (waiters.length > 0) ring.set(network, waiters);
      length -= 1;
      return waiter;
    },
  };
}

function mostInOne(ring: Ring): number {
  return Math.max(0, ...Array.from(ring.values(), (waiters) => waiters.length));
}

/** Takes out the last who waits where most do, and of several such networks in the one whose turn is last. */
function takeLast(ring: Ring): Waiter | undefined {
  const most = mostInOne(ring);
  const [network, waiters] = [...ring].findLast(([, { length }]) => length === most) ?? [];
  if (network === undefined || !waiters) return undefined;
  const last = waiters.pop();
  if (waiters.length === 0) ring.delete(network);
  return last;
}
