import { createHmac } from 'node:crypto';
import { type Clock, day, second } from '../clock.ts';
import type { Database, Tx } from '../database/database.ts';
import {
  type Budget,
  type BudgetName,
  charge,
  decide,
  emptyBudget,
  type Limits,
  longest,
  type Shape,
  settledTries,
  settleRight,
  settleUnjudged,
  settleWrong,
} from './limits.ts';
import { type OpenBudgets, openBudgets } from './open-budgets.ts';
import { createRefused } from './refused.ts';
import { createRoom } from './room.ts';
import { deleteBudgets, deleteExpiredBudgets, lowerTimes } from './store.ts';
import type { Try } from './tries.ts';
import { createWaiting, type Wait } from './waiting.ts';

/**
 * The throttle: how many tries at a secret there are, across connections, instances and restarts.
 *
 * Every place that judges a secret charges a try first, in a transaction of its own, and settles it with the verdict.
 * Which budgets a try draws on is in `tries.ts`, how many tries a budget has in `limits.ts`. Names that do not exist are
 * charged like those that do; keys are HMACs, so that no name is stored in clear. See `docs/security/throttle.md`.
 */
export { defaultLimits, type Limits } from './limits.ts';
export { networkOf, siteOf } from './network.ts';
export { browserTries, otpTry, passkeyTry, passwordTry, pendingOtpTry, recoveryCodeTry, type Try } from './tries.ts';

export interface Refusal {
  /** Whole seconds until a try is worth while; absent when no try ever will be. */
  retryAfter?: number;
}

/** What a charged try is settled with. */
export interface Ticket {
  charges: { budget: BudgetName; key: Buffer; shared: boolean; stays: boolean }[];
}

/** For what costs no try. */
export const noCharge: Ticket = { charges: [] };

export type Verdict = 'right' | 'wrong' | 'unjudged';

export type Throttle = ReturnType<typeof createThrottle>;

/** A budget as it is stored, and where. */
interface Place {
  attempt: Try;
  shape: Shape;
  key: Buffer;
  stored: Budget;
  /** Never evicted to make room. */
  kept: boolean;
  /** Others draw on it too. */
  shared: boolean;
  /** It stays though it counts nothing: the newcomer whose it is would be counted once more. */
  stays: boolean;
}

/** One charge: its transaction, the budgets in it, and when it is. */
interface Moment {
  tx: Tx;
  budgets: OpenBudgets;
  now: number;
}

export function createThrottle(parts: { database: Database; clock: Clock; limits: Limits; secret: Buffer }) {
  const { database, clock, limits, secret } = parts;
  const refused = createRefused(limits.remembered);
  const inTurn = createWaiting(limits);
  const hasRoom = createRoom(limits.rows);
  const hmac = (text: string): Buffer => createHmac('sha256', secret).update(text).digest();
  // What a newcomer has is of one UTC day, so that not even over weeks more networks come to have budgets of their own.
  const keyOf = ({ budget, key, newcomerTo }: Try, now: number): Buffer =>
    hmac(newcomerTo === undefined ? `${budget} ${key}` : `${budget} ${key} ${Math.floor(now / day)}`);

  /** The room that there is for newcomers to a name. */
  const roomFor = (newcomerTo: string): Try => ({ budget: 'newNetwork', key: newcomerTo, newcomerTo });

  /** The keys that a try is charged to while there is room for them. */
  const keysOf = (attempt: Try, now: number): Buffer[] =>
    (attempt.newcomerTo === undefined ? [attempt] : [attempt, roomFor(attempt.newcomerTo)]).map((each) =>
      keyOf(each, now),
    );

  const read = async (at: Moment, attempt: Try, key: Buffer): Promise<{ place: Place; found: boolean }> => {
    const { budgets, now } = at;
    const shape = limits[attempt.budget];
    const row = await budgets.find(key);
    const counts = row && (shape.kept || row.expiresAt > now || row.blockedUntil > now);
    const stored = counts ? row : emptyBudget(shape, now);
    return {
      place: { attempt, shape, key, stored, kept: shape.kept, shared: false, stays: false },
      found: row !== undefined,
    };
  };

  /**
   * The budget behind a key, made if there is none; when the table is full, new keys share one budget a kind. Kept ones
   * never share: there are no more of them than accounts and their browsers, and a cut-off, or a right code, must be
   * nobody else's.
   */
  const open = async (at: Moment, attempt: Try): Promise<{ place: Place; found: boolean }> => {
    const own = await read(at, attempt, keyOf(attempt, at.now));
    if (own.found || own.place.kept || (await hasRoom(at.tx, at.now))) return own;
    const { place } = await read(at, attempt, hmac(`${attempt.budget} overflow`));
    // Kept, or the next new key would make room by evicting it, and begin it anew.
    return { place: { ...place, kept: true, shared: true }, found: true };
  };

  /** The budgets that a try is charged to: its own, and for a newcomer the room that there is for newcomers. */
  const places = async (at: Moment, attempt: Try): Promise<Place[]> => {
    const own = await open(at, attempt);
    const { newcomerTo } = attempt;
    if (own.found || newcomerTo === undefined) return [{ ...own.place, stays: newcomerTo !== undefined }];
    const room = await open(at, roomFor(newcomerTo));
    if (decide(room.place.stored, room.place.shape, at.now).may !== 'not') return [own.place, room.place];
    const rest = await open(at, { budget: 'password', key: `newcomers to ${newcomerTo}` });
    return [{ ...rest.place, shared: true }];
  };

  const chargeOnce = async (tx: Tx, tries: readonly Try[], now: number): Promise<Ticket | Refusal | Wait> => {
    const keys = tries.flatMap((attempt) => keysOf(attempt, now));
    const budgets = await openBudgets(tx, keys);
    const all: Place[] = [];
    for (const attempt of tries) all.push(...(await places({ tx, budgets, now }, attempt)));
    const decisions = all.map(({ stored, shape }) => decide(stored, shape, now));
    if (decisions.some(({ may }) => may === 'never')) return {};
    const ends = decisions.map((decision) => (decision.may === 'not' ? decision.until : 0));
    for (const [at, { attempt }] of all.entries()) if (ends[at]) refused.remember(attempt, now, ends[at]);
    const until = Math.max(...ends);
    if (until > 0) return { retryAfter: Math.ceil((until - now) / second) };
    const contested = all[decisions.findIndex(({ may }) => may === 'wait')];
    if (contested) return { waitFor: contested.key.toString('hex') };
    for (const { key, stored, shape, kept } of all) budgets.set(key, charge(stored, shape, now, limits.verdict), kept);
    await budgets.write();
    return { charges: all.map(({ attempt, key, shared, stays }) => ({ budget: attempt.budget, key, shared, stays })) };
  };

  return {
    /**
     * Charges a try before it is judged. While all free tries await their verdict it waits, bounded, since they may
     * all turn out right. A refused try costs nothing and lengthens nothing.
     */
    async charge(tries: readonly Try[]): Promise<Ticket | Refusal> {
      const wait = refused.wait(tries, clock());
      if (wait > 0) return { retryAfter: Math.ceil(wait / second) };
      return (await inTurn(() => database.transaction((tx) => chargeOnce(tx, tries, clock())))) ?? later;
    },

    /**
     * Settles a charged try: a right or unjudged one is given back, a wrong one counts, and delays what follows. Answers
     * how many wrong ones in a row the first of its budgets counts now.
     */
    async settle(tx: Tx, ticket: Ticket, verdict: Verdict, now: number): Promise<number> {
      const counts: number[] = [];
      const keys = ticket.charges.map(({ key }) => key);
      if (keys.length === 0) return 0;
      const budgets = await openBudgets(tx, keys);
      // In the order of the tries: what the first forgives is taken off a count of all, and room goes with whom it is for.
      const before = { now, forgiven: 0, stays: false };
      for (const { budget, key, shared, stays } of ticket.charges) {
        const stored = await budgets.find(key);
        const shape = limits[budget];
        // What many share, one who is right cannot clear for all.
        const own = shared && verdict === 'right' ? 'unjudged' : verdict;
        const settled =
          stored && settle(stored, shape, budget === 'newNetwork' && before.stays ? 'wrong' : own, before);
        counts.push(settled ? settledTries(settled) : 0);
        if (!stored || !settled) continue;
        if (verdict === 'right') before.forgiven += settledTries(stored);
        before.stays = settled.charged > 0 || stays;
        if (before.stays) budgets.set(key, settled, shape.kept);
        else budgets.remove(key);
      }
      await budgets.write();
      return counts[0] ?? 0;
    },

    /** Forgets the tries at something that is gone, such as an authenticator that was replaced. */
    async forget(tx: Tx, tries: readonly Try[]): Promise<void> {
      const now = clock();
      const keys = tries.map((attempt) => keyOf(attempt, now));
      await deleteBudgets(tx, keys);
    },

    /** Accepts that it is `now`, where tries were counted that are yet to come: no delay lasts longer than any may. */
    async acceptTime(tx: Tx, now: number): Promise<void> {
      const { delay, memory } = longest(limits);
      const verdict = now + limits.verdict;
      await lowerTimes(tx, { awaiting_until: verdict, blocked_until: now + delay, expires_at: now + memory });
    },

    /** Deletes rows that no longer say anything. */
    sweep: deleteExpiredBudgets,
  };
}

/** For a try whose turn has not come: whoever is before it will have had a verdict by then. */
const later: Refusal = { retryAfter: 1 };

function settle(budget: Budget, shape: Shape, verdict: Verdict, at: { now: number; forgiven: number }): Budget {
  if (verdict === 'right') return settleRight(budget, shape, at.forgiven);
  return verdict === 'wrong' ? settleWrong(budget, shape, at.now) : settleUnjudged(budget);
}
