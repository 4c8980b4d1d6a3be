import { createHmac } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Clock, second } from '../clock.ts';
import type { Database, Tx } from '../database/database.ts';
import {
  type Budget,
  type BudgetName,
  charge,
  decide,
  emptyBudget,
  type Limits,
  settleRight,
  settleUnjudged,
  settleWrong,
} from './limits.ts';
import { networkOf } from './network.ts';
import { countBudgets, deleteBudget, deleteExpiredBudgets, evictBudgets, selectBudget, upsertBudget } from './store.ts';

/**
 * The throttle: how many tries at a secret there are, across connections, instances and restarts.
 *
 * Every place that judges a secret charges a try first, in a transaction of its own, and settles it with the verdict.
 * Names that do not exist are charged like those that do; keys are HMACs, so that no name is stored in clear.
 */
export { defaultLimits, type Limits } from './limits.ts';
export { networkOf } from './network.ts';

export interface Try {
  budget: BudgetName;
  key: string;
}

export interface Refusal {
  /** Whole seconds until a try is worth while; absent when no try ever will be. */
  retryAfter?: number;
}

/** What a charged try is settled with. */
export interface Ticket {
  charges: { budget: BudgetName; key: Buffer; shared: boolean }[];
}

export type Verdict = 'right' | 'wrong' | 'unjudged';

const settle = { right: settleRight, wrong: settleWrong, unjudged: settleUnjudged };

export type Throttle = ReturnType<typeof createThrottle>;

/** A try at the password of a name, known or not: from this network on this name, and from this network on all. */
export function passwordTry(name: string, address: string): Try[] {
  const network = networkOf(address);
  return [
    { budget: 'password', key: JSON.stringify([name, network]) },
    { budget: 'network', key: network },
  ];
}

/** A try at a code of one authenticator. */
export function otpTry(userId: string, authenticatorId: string): Try[] {
  return [{ budget: 'otp', key: JSON.stringify([userId, authenticatorId]) }];
}

/** A try at a code that is to bind an authenticator to an account. */
export function pendingOtpTry(userId: string): Try[] {
  return [{ budget: 'pendingOtp', key: userId }];
}

/** A try at a recovery code of an account. */
export function recoveryCodeTry(userId: string): Try[] {
  return [{ budget: 'recoveryCode', key: userId }];
}

export function createThrottle(parts: { database: Database; clock: Clock; limits: Limits; secret: Buffer }) {
  const { database, clock, limits, secret } = parts;
  const hmac = (text: string): Buffer => createHmac('sha256', secret).update(text).digest();
  const keyOf = ({ budget, key }: Try): Buffer => hmac(`${budget} ${key}`);

  /**
   * The budget behind a key, made if there is none; when the table is full, new keys share one budget a kind. Kept ones
   * never share: there are no more of them than accounts, and a cut-off, or a right code, must be nobody else's.
   */
  const load = async (
    tx: Tx,
    attempt: Try,
    now: number,
  ): Promise<{ key: Buffer; stored: Budget; kept: boolean; shared: boolean }> => {
    const shape = limits[attempt.budget];
    const row = async (key: Buffer) => {
      const found = await selectBudget(tx, key);
      const counts = found && (shape.kept || found.expiresAt > now || found.blockedUntil > now);
      return { key, found, stored: counts ? found : emptyBudget(shape, now) };
    };
    const own = await row(keyOf(attempt));
    if (own.found || shape.kept || (await hasRoom(tx, now))) return { ...own, kept: shape.kept, shared: false };
    // Kept, or the next new key would make room by evicting it, and begin it anew.
    return { ...(await row(hmac(`${attempt.budget} overflow`))), kept: true, shared: true };
  };

  const hasRoom = async (tx: Tx, now: number): Promise<boolean> => {
    if ((await countBudgets(tx)) < limits.rows) return true;
    await evictBudgets(tx, now, Math.ceil(limits.rows / 100));
    return (await countBudgets(tx)) < limits.rows;
  };

  const chargeOnce = async (tx: Tx, tries: readonly Try[], now: number): Promise<Ticket | Refusal | 'wait'> => {
    const loaded = [];
    for (const attempt of tries)
      loaded.push({ attempt, shape: limits[attempt.budget], ...(await load(tx, attempt, now)) });
    const decisions = loaded.map(({ stored, shape }) => decide(stored, shape, now));
    if (decisions.some(({ may }) => may === 'never')) return {};
    const until = Math.max(...decisions.map((decision) => (decision.may === 'not' ? decision.until : 0)));
    if (until > 0) return { retryAfter: Math.ceil((until - now) / second) };
    if (decisions.some(({ may }) => may === 'wait')) return 'wait';
    for (const { key, stored, shape, kept } of loaded) {
      await upsertBudget(tx, key, kept, charge(stored, shape, now, limits.verdict));
    }
    return { charges: loaded.map(({ attempt, key, shared }) => ({ budget: attempt.budget, key, shared })) };
  };

  return {
    /**
     * Charges a try before it is judged. While all free tries await their verdict it waits, bounded, since they may
     * all turn out right. A refused try costs nothing and lengthens nothing.
     */
    async charge(tries: readonly Try[]): Promise<Ticket | Refusal> {
      let late = false;
      const timer = setTimeout(() => {
        late = true;
      }, limits.patience);
      try {
        while (!late) {
          const answer = await database.transaction((tx) => chargeOnce(tx, tries, clock()));
          if (answer !== 'wait') return answer;
          await sleep(limits.waitFor);
        }
      } finally {
        clearTimeout(timer);
      }
      return { retryAfter: 1 };
    },

    /** Settles a charged try: a right or unjudged one is given back, a wrong one counts, and delays what follows. */
    async settle(tx: Tx, ticket: Ticket, verdict: Verdict, now: number): Promise<void> {
      for (const { budget, key, shared } of ticket.charges) {
        const stored = await selectBudget(tx, key);
        if (!stored) continue;
        const shape = limits[budget];
        // What many share, one who is right cannot clear for all.
        const settled = settle[shared && verdict === 'right' ? 'unjudged' : verdict](stored, shape, now);
        if (settled.charged === 0) await deleteBudget(tx, key);
        else await upsertBudget(tx, key, shape.kept, settled);
      }
    },

    /** Forgets the tries at something that is gone, such as an authenticator that was replaced. */
    async forget(tx: Tx, tries: readonly Try[]): Promise<void> {
      for (const attempt of tries) await deleteBudget(tx, keyOf(attempt));
    },

    /** Deletes rows that no longer say anything. */
    sweep: deleteExpiredBudgets,
  };
}
