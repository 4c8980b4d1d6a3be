import { day, minute } from '../clock.ts';
import type { Database, Db, Tx } from '../database/database.ts';
import { Problem } from '../http/http.ts';
import { mustBeLabel } from '../label.ts';
import { hashToken, newId, newToken } from '../tokens.ts';
import {
  backdateServiceTokens,
  deleteAllServiceTokens,
  deleteExpiredServiceTokens,
  deleteServiceToken,
  insertServiceToken,
  type ServiceTokenInfo,
  selectServiceToken,
  selectServiceTokens,
  updateLastUsed,
} from './store.ts';

/**
 * Service tokens: how a program shows that an administrator lets it administer users. Each has a name, the
 * administrator who made it, and an end; the token is 256 random bits, shown once and stored as its hash. What one may
 * do, and that it is no better than its maker, is decided in `admin/`.
 */
export type { ServiceTokenInfo } from './store.ts';

/** Whole days that a token lives. */
export const tokenDays = { least: 1, usual: 90, most: 365 } as const;

/** Tokens that there may be at the same time. */
const mostTokens = 100;

const longestName = 64;
/** A token's use is written down this often; finer would write at every request. */
const usedEvery = minute;

export interface NewServiceToken {
  name: string;
  /** Whole days, see `tokenDays`. */
  days: number;
  /** Id of the administrator who makes it. */
  createdBy: string;
}

export type ServiceTokens = ReturnType<typeof createServiceTokens>;

export function createServiceTokens({ database }: { database: Database }) {
  return {
    /**
     * Makes a token, which is never seen again. Throws `invalid` for a name or a number of days that will not do or
     * when there are too many tokens, `name_taken` for a name that one has.
     */
    async create(tx: Tx, given: NewServiceToken, now: number): Promise<{ token: string; info: ServiceTokenInfo }> {
      const name = mustBeLabel(given.name, longestName);
      checkDays(given.days);
      const standing = await selectServiceTokens(tx, now);
      if (standing.some((each) => each.name === name)) throw new Problem('name_taken');
      if (standing.length >= mostTokens)
        throw new Problem('invalid', {
          detail: `There are ${mostTokens} service tokens: revoke one that is not used.`,
        });
      // One that has expired holds its name until it is gone.
      await deleteExpiredServiceTokens(tx, now);
      const { token, hash } = newToken('css_');
      const info: ServiceTokenInfo = {
        id: newId(),
        name,
        createdBy: given.createdBy,
        createdAt: now,
        expiresAt: now + given.days * day,
        lastUsedAt: undefined,
      };
      await insertServiceToken(tx, info, hash);
      return { token, info };
    },

    /** Every token that has not expired, in the order of their names: at most 100. */
    async list(db: Db, now: number): Promise<ServiceTokenInfo[]> {
      return selectServiceTokens(db, now);
    },

    /** What a token as sent stands for, unless it is unknown, revoked or expired. */
    async find(db: Db, token: string, now: number): Promise<ServiceTokenInfo | undefined> {
      return selectServiceToken(db, { tokenHash: hashToken(token) }, now);
    },

    /** The same by its id: to look again, in the transaction of what it asks for. */
    async findById(db: Db, id: string, now: number): Promise<ServiceTokenInfo | undefined> {
      return selectServiceToken(db, { id }, now);
    },

    /** Remembers that a token was used; once a minute is enough. */
    async touch({ id, lastUsedAt }: ServiceTokenInfo, now: number): Promise<void> {
      if (lastUsedAt !== undefined && now - lastUsedAt < usedEvery) return;
      await database.transaction((tx) => updateLastUsed(tx, id, now));
    },

    /** Ends a token at once; answers what it was, or nothing when there is none of that id. */
    async revoke(tx: Tx, id: string, now: number): Promise<ServiceTokenInfo | undefined> {
      const info = await selectServiceToken(tx, { id }, now);
      if (info) await deleteServiceToken(tx, id);
      return info;
    },

    /** Ends every token, and answers how many that were. */
    endAll: deleteAllServiceTokens,

    /** Accepts that it is `now`, where tokens were made later: each lives at most as long from now as it was made for. */
    acceptTime: backdateServiceTokens,
    /** Deletes tokens that have expired. */
    sweep: deleteExpiredServiceTokens,
  };
}

function checkDays(days: number): void {
  if (Number.isInteger(days) && days >= tokenDays.least && days <= tokenDays.most) return;
  const detail = `A token lives for a whole number of days, ${tokenDays.least} to ${tokenDays.most}.`;
  throw new Problem('invalid', { errors: [{ pointer: '/days', detail }] });
}
