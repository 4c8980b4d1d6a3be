import { type Database, type Db, placeIn, replaceSealed, type SealedColumn, type Tx } from '../database/database.ts';
import { Problem } from '../http/http.ts';
import { type Place, type Sealer, tryOpen } from '../seal.ts';
import { newId } from '../tokens.ts';
import { rememberInUse } from '../users/users.ts';
import type { Blocklist } from './blocklist.ts';
import { type Hasher, parametersOf } from './hasher.ts';
import { links } from './links.ts';
import { createParametersInUse } from './parameters-in-use.ts';
import { judgeNewPassword, shortPassword } from './policy.ts';
import type { Asker } from './pool.ts';
import { preparePassword } from './prepare.ts';
import {
  deleteLink,
  deletePassword,
  recordParameters,
  selectPassword,
  selectUnknownParameters,
  updateHash,
  upsertPassword,
} from './store.ts';

export { type Blocklist, loadBlocklist } from './blocklist.ts';
/**
 * Passwords: what a new one must be, how one is kept, and whether a typed one is right. Hashes are Argon2id, sealed and
 * bound to their row. Strangers cost what members cost: where there is no password, a dummy is verified.
 */
export { type Argon2, argon2, createHasher, type Hasher } from './hasher.ts';
export { passwordsForFacts } from './store.ts';
export type { HashWatch } from './watched-pool.ts';

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
  common: Blocklist;
  service: string;
}) {
  const { database, hasher, sealer, common, service } = parts;
  const parametersInUse = createParametersInUse(hasher.present);
  /** Opened where there is no hash, so that it takes as long. No user has the empty id. */
  const standIn = sealer.seal(place(''), Buffer.alloc(typicalHash));

  // A hash that cannot be opened is as good as none: nobody gets in, and the answer is that of a wrong password.
  const openHash: OpenHash = (userId, sealed) => tryOpen(sealer, place(userId), sealed)?.toString();

  return {
    /** Whether a user has a password. */
    async isSet(db: Db, userId: string): Promise<boolean> {
      return (await selectPassword(db, userId)) !== undefined;
    },

    /**
     * Whether a typed password is the one of a user; `undefined` stands for a user that does not exist. Takes one hash
     * of each set of parameters in use in every case, outside any transaction. When the password was right, a hash of
     * outdated parameters is made anew, and one sealed with another key than the active one is sealed anew. Throws
     * `busy` when too many wait for a hash.
     */
    async verify(userId: string | undefined, typed: string, asker: Asker): Promise<boolean> {
      const password = preparePassword(typed);
      const row = await selectPassword(database.read, userId ?? '');
      const opened = row ? openHash(row.user_id, row.hash) : openHash('', standIn);
      const phc = row && password !== undefined ? opened : undefined;
      const sets = parametersInUse.including(phc && parametersOf(phc));
      const { right, fresh } = await hasher.verify(phc, password ?? '', sets, asker);
      if (row && fresh) {
        const hash = sealer.seal(place(row.user_id), Buffer.from(fresh));
        const changed = { hash, parameters: hasher.present };
        await database.transaction((tx) => updateHash(tx, row.user_id, row.version, changed));
      } else if (right && row && phc && sealer.isOutdated(row.hash)) {
        const value = { id: row.user_id, sealed: row.hash };
        const hash = sealer.seal(place(row.user_id), Buffer.from(phc));
        await database.transaction((tx) => replaceSealed(tx, sealedHashes, value, hash));
      }
      return right;
    },

    /**
     * Hashes a new password, outside any transaction, for somebody who has proved who he is; `network` is where he asks
     * from. Throws `weak_password` with the reason when it will not do, and `busy`.
     */
    async prepareNew(
      typed: string,
      { network, ...facts }: { name: string; minimum: 8 | 15; network: string },
    ): Promise<NewPassword> {
      const refusal = judgeNewPassword(typed, { ...facts, service, common });
      if (refusal)
        throw new Problem('weak_password', { detail: refusal.sentence, members: { reason: refusal.reason } });
      const password = preparePassword(typed) ?? '';
      return { phc: await hasher.hash(password, { network, known: true }), short: shortPassword(password) };
    },

    /** Hashes a password without asking whether it will do. For the demo alone. */
    async prepareUnchecked(typed: string): Promise<NewPassword> {
      return { phc: await hasher.hash(typed, { network: 'demo', known: true }), short: false };
    },

    /** Stores a password, and voids a link that may be out to choose one. */
    async set(tx: Tx, userId: string, { phc, short }: NewPassword, now: number): Promise<void> {
      const hash = sealer.seal(place(userId), Buffer.from(phc));
      const parameters = parametersOf(phc) ?? '';
      const row = { user_id: userId, hash, parameters, short: short ? 1 : 0, version: newId(), changed_at: now };
      await upsertPassword(tx, row);
      await rememberInUse(tx, userId);
      await deleteLink(tx, userId);
    },

    /** Takes the password away, so that none is right any more; false when there was none. */
    remove: deletePassword,

    ...links,
    /** Throws `busy` where whoever asks for a hash would be turned away now. */
    mustHaveRoom: hasher.mustHaveRoom,
    /** Hashes running and waiting. */
    load: hasher.load,

    /**
     * Learns with which parameters the stored hashes were made, once before anybody signs in. Those stored before this
     * was written down are opened for it; one that cannot be opened counts as no hash anyway.
     */
    async learnParameters(): Promise<void> {
      await learnUnknown(database, openHash);
      await parametersInUse.read(database.read);
    },

    /** Looks which parameters are still in use. */
    rereadParameters: (tx: Tx): Promise<void> => parametersInUse.read(tx),
  };
}

type OpenHash = (userId: string, sealed: Buffer) => string | undefined;

async function learnUnknown(database: Database, openHash: OpenHash): Promise<void> {
  for (let rows = await selectUnknownParameters(database.read, '', batch); rows.length > 0; ) {
    const found = rows.map((row) => ({ row, parameters: parametersOf(openHash(row.user_id, row.hash) ?? '') }));
    await database.transaction(async (tx) => {
      for (const { row, parameters } of found) if (parameters) await recordParameters(tx, row, parameters);
    });
    rows = await selectUnknownParameters(database.read, rows.at(-1)?.user_id ?? '', batch);
  }
}

/** Bytes of a hash as it is sealed. */
const typicalHash = 97;

/** Hashes that are opened between two breaths of everybody else. */
const batch = 200;

/** Where password hashes are kept, by user. */
export const sealedHashes: SealedColumn = { table: 'passwords', column: 'hash', idColumn: 'user_id' };

const place = (userId: string): Place => placeIn(sealedHashes, userId);
