import { day, minute } from '../clock.ts';
import type { Db, Tx } from '../database/database.ts';
import { hashToken, newToken } from '../tokens.ts';
import { deleteExpiredLinks, deleteLink, deleteLinks, selectLink, takeLink, upsertLink } from './store.ts';

/** How long a one-time link to choose a password, or a first passkey, lives: an invitation, and one in place of a password that there was. */
const linkLife = { invitation: 7 * day, replacement: 30 * minute };

/** One-time links by which users choose a password, or a first passkey; each has one at most. */
export const links = {
  /** The one-time token of a link; one made before is void. */
  async makeLink(
    tx: Tx,
    userId: string,
    kind: keyof typeof linkLife,
    now: number,
  ): Promise<{ token: string; expiresAt: number }> {
    const { token, hash } = newToken('csl_');
    const expiresAt = now + linkLife[kind];
    await upsertLink(tx, userId, hash, expiresAt);
    return { token, expiresAt };
  },

  /** The user of a link that is still good. Looking does not spend it. */
  async userOfLink(db: Db, token: string, now: number): Promise<string | undefined> {
    return selectLink(db, hashToken(token), now);
  },

  /** Spends a link; true for exactly one caller. */
  async takeLink(tx: Tx, token: string, now: number): Promise<boolean> {
    return takeLink(tx, hashToken(token), now);
  },

  /** Voids a link that may be out. */
  voidLink: deleteLink,

  /** Voids every link that is out, and answers how many that were. */
  voidAllLinks: deleteLinks,

  /** Accepts that the time is another: voids every link, because nobody knows how old one is. */
  acceptTime: deleteLinks,
  /** Deletes links that have expired. */
  sweep: deleteExpiredLinks,
};
