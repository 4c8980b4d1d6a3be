import { day, minute } from '../clock.ts';
import type { Database, Db, Tx } from '../database/database.ts';
import { Problem } from '../http/http.ts';
import { type Sealer, Unsealable } from '../seal.ts';
import { hashToken, newId, newToken } from '../tokens.ts';
import type { Hasher } from './hasher.ts';
import { judgeNewPassword, shortPassword } from './policy.ts';
import { preparePassword } from './prepare.ts';
import {
  deleteExpiredLinks,
  deleteLink,
  deletePassword,
  selectLink,
  selectPassword,
  takeLink,
  updateHash,
  upsertLink,
  upsertPassword,
} from './store.ts';

export { loadBlocklist } from './blocklist.ts';
/**
 * Passwords: what a new one must be, how one is kept, and whether a typed one is right. Hashes are Argon2id, sealed and
 * bound to their row. Strangers cost what members cost: where there is no password, a dummy is verified.
 */
export { type Argon2, argon2, createHasher, type Hasher } from './hasher.ts';

/** How long a one-time link to choose a password lives: an invitation, and one in place of a password that there was. */
const linkLife = { invitation: 7 * day, replacement: 30 * minute };

/** A password ready to be stored: its hash, and whether it is too short to be an only factor. */
export interface NewPassword {
  phc: string;
  short: boolean;
}

export type Passwords = ReturnType<typeof createPasswords>;

export function createPasswords(parts: {
  database: Database;
  hasher: Hasher;
  sealer: Sealer;
  common: ReadonlySet<string>;
  service: string;
}) {
  const { database, hasher, sealer, common, service } = parts;

  // A hash that cannot be opened is as good as none: nobody gets in, and the answer is that of a wrong password.
  const openHash = (userId: string, sealed: Buffer): string | undefined => {
    try {
      return sealer.open(place(userId), sealed).toString();
    } catch (error) {
      if (error instanceof Unsealable) return undefined;
      throw error;
    }
  };

  return {
    /** What a sign-in rests on: the version changes whenever the password does. */
    async facts(db: Db, userId: string): Promise<{ version: string; short: boolean } | undefined> {
      const row = await selectPassword(db, userId);
      return row && { version: row.version, short: row.short === 1 };
    },

    /**
     * Whether a typed password is the one of a user; `undefined` stands for a user that does not exist. Takes one hash
     * in every case, outside any transaction. A hash of outdated parameters is made anew when the password was right.
     * Throws `busy` when too many wait for a hash.
     */
    async verify(userId: string | undefined, typed: string): Promise<boolean> {
      const row = userId === undefined ? undefined : await selectPassword(database.read, userId);
      const password = preparePassword(typed);
      const phc = row && password !== undefined ? openHash(row.user_id, row.hash) : undefined;
      const right = await hasher.verify(phc, password ?? '');
      // A queue of people who want to sign in comes before better parameters.
      const idle = hasher.load().waiting === 0;
      if (right && row && phc && password && hasher.isOutdated(phc) && idle) {
        const fresh = sealer.seal(place(row.user_id), Buffer.from(await hasher.hash(password)));
        await database.transaction((tx) => updateHash(tx, row.user_id, row.version, fresh));
      }
      return right;
    },

    /** Hashes a new password, outside any transaction. Throws `weak_password` with the reason when it will not do. */
    async prepareNew(typed: string, facts: { name: string; minimum: 8 | 15 }): Promise<NewPassword> {
      const refusal = judgeNewPassword(typed, { ...facts, service, common });
      if (refusal)
        throw new Problem('weak_password', { detail: refusal.sentence, members: { reason: refusal.reason } });
      const password = preparePassword(typed) ?? '';
      return { phc: await hasher.hash(password), short: shortPassword(password) };
    },

    /** Hashes a password without asking whether it will do. For the demo alone. */
    async prepareUnchecked(typed: string): Promise<NewPassword> {
      return { phc: await hasher.hash(typed), short: false };
    },

    /** Stores a password, and voids a link that may be out to choose one. */
    async set(tx: Tx, userId: string, { phc, short }: NewPassword, now: number): Promise<void> {
      const hash = sealer.seal(place(userId), Buffer.from(phc));
      await upsertPassword(tx, { user_id: userId, hash, short: short ? 1 : 0, version: newId(), changed_at: now });
      await deleteLink(tx, userId);
    },

    /** Takes the password away, so that none is right any more; false when there was none. */
    remove: deletePassword,

    /** A one-time token by which a user chooses a password; one made before is void. */
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
    /** Hashes running and waiting. */
    load: hasher.load,
    /** Deletes links that have expired. */
    sweep: deleteExpiredLinks,
  };
}

const place = (userId: string) => ({ table: 'passwords', column: 'hash', row: userId });
