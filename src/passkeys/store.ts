import { type Db, deleteExpired, statement, type Tx } from '../database/database.ts';
import type { Challenge } from './challenge.ts';

interface Row {
  id: string;
  user_id: string;
  credential_id: Buffer;
  /** The host name that it was made for. */
  rp_id: string;
  name: string;
  /** A COSE_Key, as the authenticator sent it. */
  public_key: Buffer;
  sign_count: number;
  /** Words of WebAuthn, 5.8.4, with commas between them. */
  transports: string;
  /** Flag BE: more than one device may hold it. */
  backup_eligible: number;
  /** Flag BS, when it was last used. */
  backed_up: number;
  created_at: number;
  last_used_at: number | null;
}

interface HolderRow {
  user_id: string;
  handle: Buffer;
  /** Another one whenever a passkey comes or goes; nothing while there are none. */
  version: string | null;
}

type Tables = {
  passkeys: Row;
  passkey_holders: HolderRow;
  spent_challenges: { hash: Buffer; expires_at: number };
};

export interface StoredPasskey {
  id: string;
  userId: string;
  credentialId: Buffer;
  rpId: string;
  name: string;
  publicKey: Buffer;
  signCount: number;
  transports: string[];
  backupEligible: boolean;
  backedUp: boolean;
  createdAt: number;
  lastUsedAt: number | undefined;
}

const asPasskey = (row: Row): StoredPasskey => ({
  id: row.id,
  userId: row.user_id,
  // SQLite gives plain bytes.
  credentialId: Buffer.from(row.credential_id),
  rpId: row.rp_id,
  name: row.name,
  publicKey: Buffer.from(row.public_key),
  signCount: row.sign_count,
  transports: row.transports === '' ? [] : row.transports.split(','),
  backupEligible: row.backup_eligible === 1,
  backedUp: row.backed_up === 1,
  createdAt: row.created_at,
  lastUsedAt: row.last_used_at ?? undefined,
});

/** What an account's facts have of its passkeys, for one question about all of them; see `sign-in/store.ts`. */
export const passkeysForFacts = (db: Db) =>
  db.$extendTables<Tables>().selectFrom('passkey_holders').select(['user_id', 'version']);

/** How many passkeys there are for each host name. */
export async function passkeysByHost(db: Db): Promise<{ host: string; passkeys: number }[]> {
  const all = db.$extendTables<Tables>().selectFrom('passkeys').groupBy('rp_id').orderBy('rp_id');
  const rows = await all.select(({ fn }) => ['rp_id', fn.countAll().as('count')]).execute();
  return rows.map(({ rp_id, count }) => ({ host: rp_id, passkeys: Number(count) }));
}

const handleByUser = statement((db, given: { userId: string }) =>
  db.$extendTables<Tables>().selectFrom('passkey_holders').select('handle').where('user_id', '=', given.userId),
);

/** The handle of an account; nothing where it has never had a passkey. */
export async function selectHandle(db: Db, userId: string): Promise<Buffer | undefined> {
  const row = await handleByUser.first(db, { userId });
  return row && Buffer.from(row.handle);
}

/** Keeps the handle of an account, where it has none yet. */
export async function insertHolder(tx: Tx, userId: string, handle: Buffer): Promise<void> {
  await tx
    .$extendTables<Tables>()
    .insertInto('passkey_holders')
    .values({ user_id: userId, handle, version: null })
    .onConflict((conflict) => conflict.column('user_id').doNothing())
    .execute();
}

export async function updateVersion(tx: Tx, userId: string, version: string | null): Promise<void> {
  await tx
    .$extendTables<Tables>()
    .updateTable('passkey_holders')
    .set({ version })
    .where('user_id', '=', userId)
    .execute();
}

/** Keeps a new passkey; false where there is one of that credential id already, whoever has it. */
export async function insertPasskey(tx: Tx, passkey: StoredPasskey): Promise<boolean> {
  const { numInsertedOrUpdatedRows } = await tx
    .$extendTables<Tables>()
    .insertInto('passkeys')
    .values({
      id: passkey.id,
      user_id: passkey.userId,
      credential_id: passkey.credentialId,
      rp_id: passkey.rpId,
      name: passkey.name,
      public_key: passkey.publicKey,
      sign_count: passkey.signCount,
      transports: passkey.transports.join(','),
      backup_eligible: passkey.backupEligible ? 1 : 0,
      backed_up: passkey.backedUp ? 1 : 0,
      created_at: passkey.createdAt,
      last_used_at: null,
    })
    .onConflict((conflict) => conflict.column('credential_id').doNothing())
    .executeTakeFirst();
  return numInsertedOrUpdatedRows === 1n;
}

const byCredential = statement((db, given: { credentialId: Buffer }) =>
  db.$extendTables<Tables>().selectFrom('passkeys').selectAll().where('credential_id', '=', given.credentialId),
);

export async function selectByCredential(db: Db, credentialId: Buffer): Promise<StoredPasskey | undefined> {
  const row = await byCredential.first(db, { credentialId });
  return row && asPasskey(row);
}

const byUser = statement((db, given: { userId: string }) => {
  const all = db.$extendTables<Tables>().selectFrom('passkeys').selectAll().where('user_id', '=', given.userId);
  return all.orderBy('created_at').orderBy('id');
});

/** The passkeys of an account, the oldest first. */
export async function selectPasskeys(db: Db, userId: string): Promise<StoredPasskey[]> {
  return (await byUser.all(db, { userId })).map(asPasskey);
}

const use = statement((db, given: { id: string; signCount: number; backedUp: number; now: number }) =>
  db
    .$extendTables<Tables>()
    .updateTable('passkeys')
    .set({ sign_count: given.signCount, backed_up: given.backedUp, last_used_at: given.now })
    .where('id', '=', given.id)
    .where(({ eb, and, or }) =>
      or([
        eb('sign_count', '<', given.signCount),
        and([eb('sign_count', '=', 0), eb('sign_count', '=', given.signCount)]),
      ]),
    ),
);

/** Notes a use: false where the passkey is gone, or its counter has not gone on since (both at zero: it has none). */
export async function noteUse(
  tx: Tx,
  id: string,
  { signCount, backedUp }: { signCount: number; backedUp: boolean },
  now: number,
): Promise<boolean> {
  return (await use.run(tx, { id, signCount, backedUp: backedUp ? 1 : 0, now })) === 1;
}

export async function updateName(tx: Tx, userId: string, id: string, name: string): Promise<void> {
  const one = tx.$extendTables<Tables>().updateTable('passkeys').set({ name }).where('id', '=', id);
  await one.where('user_id', '=', userId).execute();
}

export async function deletePasskey(tx: Tx, userId: string, id: string): Promise<boolean> {
  const one = tx.$extendTables<Tables>().deleteFrom('passkeys').where('id', '=', id).where('user_id', '=', userId);
  return (await one.executeTakeFirst()).numDeletedRows === 1n;
}

/** Takes every passkey of an account away; false where there was none. */
export async function deletePasskeys(tx: Tx, userId: string): Promise<boolean> {
  const all = tx.$extendTables<Tables>().deleteFrom('passkeys').where('user_id', '=', userId);
  return (await all.executeTakeFirst()).numDeletedRows > 0n;
}

/** What stands for every challenge that expires when it does, or before. */
const everyOne = Buffer.alloc(32);

const spend = statement((db, { hash, expiresAt }: Challenge) => {
  const tables = db.$extendTables<Tables>();
  const voided = tables.selectFrom('spent_challenges').select('hash').where('hash', '=', everyOne);
  return tables
    .insertInto('spent_challenges')
    .columns(['hash', 'expires_at'])
    .expression(
      tables
        .selectNoFrom(({ val }) => [val(hash).as('hash'), val(expiresAt).as('expires_at')])
        .where(({ not, exists }) => not(exists(voided.where('expires_at', '>=', expiresAt)))),
    )
    .onConflict((conflict) => conflict.column('hash').doNothing());
});

/** Notes that a challenge has been answered: true for exactly one caller, and for none where it is void. */
export async function spendChallenge(tx: Tx, { hash, expiresAt }: Challenge): Promise<boolean> {
  return (await spend.run(tx, { hash, expiresAt })) === 1;
}

const answered = statement((db, given: { hash: Buffer }) =>
  db.$extendTables<Tables>().selectFrom('spent_challenges').select('hash').where('hash', '=', given.hash),
);

/** Whether a challenge has been answered before: to know it costs no transaction. */
export async function isSpent(db: Db, { hash }: Challenge): Promise<boolean> {
  return (await answered.first(db, { hash })) !== undefined;
}

/** Voids every challenge that expires at `upTo` or before; what is void stays so. */
export async function voidChallengesUpTo(tx: Tx, upTo: number): Promise<void> {
  await tx
    .$extendTables<Tables>()
    .insertInto('spent_challenges')
    .values({ hash: everyOne, expires_at: upTo })
    .onConflict((conflict) =>
      conflict.column('hash').doUpdateSet({ expires_at: upTo }).where('spent_challenges.expires_at', '<', upTo),
    )
    .execute();
}

export async function deleteExpiredChallenges(tx: Tx, now: number): Promise<'more' | undefined> {
  return deleteExpired(tx, { table: 'spent_challenges', key: 'hash' }, now);
}
