import { day } from '../../clock.ts';
import { type Db, sweptAtOnce, type Tx } from '../../database/database.ts';
import type { Client } from '../../http/http.ts';
import { browserTries, type Throttle } from '../../throttle/throttle.ts';
import { hashToken, newId, newToken } from '../../tokens.ts';
import {
  deleteBrowser,
  expireAllBrowsers,
  insertBrowser,
  type StoredBrowser,
  selectBrowserByToken,
  selectBrowsers,
  selectExpiredBrowsers,
  updateBrowser,
} from './store.ts';

/**
 * Known browsers: those in which somebody has signed in to an account completely. Being known opens nothing and skips
 * nothing. It is worth tries of its own: whoever fails on a name elsewhere uses up none of those that its owner has in
 * a browser that the account knows. A browser's tries are forgotten with it.
 */

/** For how long after the last full sign-in in it an account knows a browser. */
export const knownFor = 90 * day;

/** Browsers that one account may know at the same time; the next one ends the one used longest ago. */
export const mostBrowsers = 20;

/** What a browser is to keep after a full sign-in. */
export interface Remembered {
  id: string;
  /** The account did not know it before. */
  isNew: boolean;
  /** Its tokens that are good: of this account first, then of the others that know it. */
  tokens: string[];
  /** When the first of them ends, unless it is used again. */
  expiresAt: number;
}

export type Browsers = ReturnType<typeof createBrowsers>;

export function createBrowsers({ throttle }: { throttle: Throttle }) {
  const end = async (tx: Tx, id: string): Promise<void> => {
    await throttle.forget(tx, browserTries(id));
    await deleteBrowser(tx, id);
  };

  /** What of the tokens that a client sent is good at `now`, in their order; without a token nothing is looked up. */
  const standing = async (
    db: Db,
    { browserTokens }: Client,
    now: number,
  ): Promise<{ token: string; browser: StoredBrowser }[]> => {
    const found = [];
    for (const token of browserTokens) {
      const browser = await selectBrowserByToken(db, hashToken(token));
      if (browser && browser.expiresAt > now) found.push({ token, browser });
    }
    return found;
  };

  /** Makes a token that nobody has seen: one that was there already may have been planted by somebody who knows it. */
  const make = async (tx: Tx, userId: string, client: Client, now: number): Promise<{ id: string; token: string }> => {
    const known = await selectBrowsers(tx, userId);
    for (const { id } of known.slice(mostBrowsers - 1)) await end(tx, id);
    const { token, hash } = newToken('csb_');
    const id = newId();
    await insertBrowser(tx, { id, token_hash: hash, user_id: userId, created_at: now, ...usedNow(client, now) });
    return { id, token };
  };

  return {
    standing,

    /** The browser that sends a request, if this account knows it. */
    async find(db: Db, client: Client, userId: string, now: number): Promise<StoredBrowser | undefined> {
      return (await standing(db, client, now)).find(({ browser }) => browser.userId === userId)?.browser;
    },

    /** Makes a browser known to an account that has just been signed in to completely; one that is known keeps its token. */
    async remember(tx: Tx, userId: string, client: Client, now: number): Promise<Remembered> {
      const sent = await standing(tx, client, now);
      const known = sent.find(({ browser }) => browser.userId === userId);
      if (known) await updateBrowser(tx, known.browser.id, usedNow(client, now));
      const { id, token } = known ? { id: known.browser.id, token: known.token } : await make(tx, userId, client, now);
      const others = sent.filter(({ browser }) => browser.userId !== userId).map((each) => each.token);
      return { id, isNew: known === undefined, tokens: [token, ...others], expiresAt: now + knownFor };
    },

    /** The browsers that an account knows at `now`, the last used first. */
    async list(db: Db, userId: string, now: number): Promise<StoredBrowser[]> {
      return (await selectBrowsers(db, userId)).filter(({ expiresAt }) => expiresAt > now);
    },

    /** Ends one that an account knows; false when it knows none of that id. */
    async forget(tx: Tx, id: string, userId: string): Promise<boolean> {
      const known = (await selectBrowsers(tx, userId)).some((browser) => browser.id === id);
      if (known) await end(tx, id);
      return known;
    },

    /** Ends every one that an account knows, but the one named, and answers how many that were. */
    async forgetOthers(tx: Tx, userId: string, keptId?: string): Promise<number> {
      const others = (await selectBrowsers(tx, userId)).filter(({ id }) => id !== keptId);
      for (const { id } of others) await end(tx, id);
      return others.length;
    },

    /** Ends every one that any account knows, and answers how many; the sweeps to come take them away with their tries. */
    endAll: expireAllBrowsers,

    /** Ends those that nobody has signed in with for too long; answers `more` where it has not come to all of them. */
    async sweep(tx: Tx, now: number): Promise<'more' | undefined> {
      const ids = await selectExpiredBrowsers(tx, now, sweptAtOnce);
      for (const id of ids) await end(tx, id);
      return ids.length === sweptAtOnce ? 'more' : undefined;
    },
  };
}

function usedNow({ address, userAgent }: Client, now: number) {
  return { last_used_at: now, expires_at: now + knownFor, address, user_agent: userAgent };
}
