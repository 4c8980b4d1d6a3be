import { sql } from 'kysely';
import { type Db, deleteExpired, statement, type Tx } from '../database/database.ts';
import { passkeysForFacts } from '../passkeys/passkeys.ts';
import { passwordsForFacts } from '../passwords/passwords.ts';
import { asCheckedSession, type CheckedSession, sessionsForChecks } from '../sessions/sessions.ts';
import { authenticatorsForFacts } from '../totp/totp.ts';
import { asUser, type User, type UserForFacts, usersForFacts } from '../users/users.ts';

interface Row {
  id: string;
  token_hash: Buffer;
  user_id: string;
  /** The client's, as the throttle tells networks apart; or `browser:` and the id of one that the account knows. */
  network: string;
  /** What the verdict on the password rests on, see `judgedBy`. */
  judged: string;
  return_to: string;
  created_at: number;
  expires_at: number;
  late_step: number | null;
  late_by: number | null;
}

type Tables = { half_sign_ins: Row };

const insert = statement((db, row: Row) => db.$extendTables<Tables>().insertInto('half_sign_ins').values(row));

export async function insertHalfSignIn(tx: Tx, row: Omit<Row, 'late_step' | 'late_by'>): Promise<void> {
  await insert.run(tx, { ...row, late_step: null, late_by: null });
}

const standing = (db: Db, given: { now: number }) =>
  db.$extendTables<Tables>().selectFrom('half_sign_ins').selectAll().where('expires_at', '>', given.now);
const byId = statement((db, given: { id: string; now: number }) => standing(db, given).where('id', '=', given.id));
const byToken = statement((db, given: { tokenHash: Buffer; now: number }) =>
  standing(db, given).where('token_hash', '=', given.tokenHash),
);

export async function selectHalfSignIn(
  db: Db,
  by: { token_hash: Buffer } | { id: string },
  now: number,
): Promise<Row | undefined> {
  return 'id' in by ? byId.first(db, { id: by.id, now }) : byToken.first(db, { tokenHash: by.token_hash, now });
}

const take = statement((db, given: { id: string }) =>
  db.$extendTables<Tables>().deleteFrom('half_sign_ins').where('id', '=', given.id),
);

/** Takes a half sign-in away and answers whether it was there: of two that finish it, one does. */
export async function takeHalfSignIn(tx: Tx, id: string): Promise<boolean> {
  return (await take.run(tx, { id })) === 1;
}

const ofNetwork = statement((db, given: { userId: string; network: string }) =>
  db
    .$extendTables<Tables>()
    .selectFrom('half_sign_ins')
    .select('id')
    .where('user_id', '=', given.userId)
    .where('network', '=', given.network)
    .orderBy('created_at', 'desc')
    .orderBy('id'),
);

/** Deletes an account's half sign-ins from one network but the newest `kept`. */
export async function deleteOldHalfSignIns(
  tx: Tx,
  { userId, network }: { userId: string; network: string },
  kept: number,
): Promise<void> {
  const rows = await ofNetwork.all(tx, { userId, network });
  for (const { id } of rows.slice(kept)) await takeHalfSignIn(tx, id);
}

export async function deleteHalfSignIns(tx: Tx, userId: string): Promise<void> {
  await tx.$extendTables<Tables>().deleteFrom('half_sign_ins').where('user_id', '=', userId).execute();
}

const late = statement((db, given: { id: string; step: number; by: number }) =>
  db
    .$extendTables<Tables>()
    .updateTable('half_sign_ins')
    .set({ late_step: given.step, late_by: given.by })
    .where('id', '=', given.id),
);

/** Writes down which code came late, and by how many steps. */
export async function updateLate(tx: Tx, id: string, { step, by }: { step: number; by: number }): Promise<void> {
  await late.run(tx, { id, step, by });
}

export async function deleteExpiredHalfSignIns(tx: Tx, now: number): Promise<'more' | undefined> {
  return deleteExpired(tx, { table: 'half_sign_ins', key: 'id' }, now);
}

export async function deleteAllHalfSignIns(tx: Tx): Promise<void> {
  await tx.$extendTables<Tables>().deleteFrom('half_sign_ins').execute();
}

/** What is stored of an account that a sign-in, or a session, is judged by. */
export interface StoredFacts {
  user: User;
  password: { version: string; short: boolean } | undefined;
  authenticator: { id: string; boundBy: string; proved: boolean } | undefined;
  /** There are some; another version whenever one comes or goes. */
  passkeys: { version: string } | undefined;
}

type FactsRow = UserForFacts & {
  version: string | null;
  short: number | null;
  authenticator_id: string | null;
  bound_by: string | null;
  proved_at: number | null;
  passkeys_version: string | null;
};

const asFacts = (row: FactsRow): StoredFacts => {
  const { version, authenticator_id: id, bound_by: boundBy, passkeys_version: passkeys } = row;
  return {
    user: asUser(row),
    password: version === null ? undefined : { version, short: row.short === 1 },
    authenticator: id === null || boundBy === null ? undefined : { id, boundBy, proved: row.proved_at !== null },
    passkeys: passkeys === null ? undefined : { version: passkeys },
  };
};

const ofAccount = [
  'account.id',
  'account.name',
  'account.administrator',
  'account.disabled',
  'account.created_at',
  'secret.version',
  'secret.short',
  'bound.id as authenticator_id',
  'bound.bound_by',
  'bound.proved_at',
  'holder.version as passkeys_version',
] as const;

// Begins with who is asked for: where there is no such account, its parts are looked for all the same.
const factsOf = statement((db, given: { userId: string }) =>
  db
    .selectFrom(sql<{ id: string }>`(select cast(${given.userId} as text) as id)`.as('asked'))
    .leftJoin(usersForFacts(db).as('account'), 'account.id', 'asked.id')
    .leftJoin(passwordsForFacts(db).as('secret'), 'secret.user_id', 'asked.id')
    .leftJoin(authenticatorsForFacts(db).as('bound'), 'bound.user_id', 'asked.id')
    .leftJoin(passkeysForFacts(db).as('holder'), 'holder.user_id', 'asked.id')
    .select(ofAccount),
);

/** The facts of an account, in one question; each folder says itself which of its columns they are. */
export async function selectFacts(db: Db, userId: string): Promise<StoredFacts | undefined> {
  const row = await factsOf.first(db, { userId });
  return row && isThere(row) ? asFacts(row) : undefined;
}

const isThere = (row: { id: string | null }): row is FactsRow => row.id !== null;

const checkOf = statement((db, given: { tokenHash: Buffer }) =>
  db
    .selectFrom(sessionsForChecks(db).as('session'))
    .innerJoin(usersForFacts(db).as('account'), 'account.id', 'session.user_id')
    .leftJoin(passwordsForFacts(db).as('secret'), 'secret.user_id', 'session.user_id')
    .leftJoin(authenticatorsForFacts(db).as('bound'), 'bound.user_id', 'session.user_id')
    .leftJoin(passkeysForFacts(db).as('holder'), 'holder.user_id', 'session.user_id')
    .where('session.token_hash', '=', given.tokenHash)
    .select([
      ...ofAccount,
      'session.session_id',
      'session.expires_at',
      'session.last_seen_at',
      'session.password_at',
      'session.second_factor',
      'session.second_factor_at',
    ]),
);

/** A session with the facts of its account, in one question: it is asked at every request. */
export async function selectForCheck(
  db: Db,
  tokenHash: Buffer,
): Promise<{ session: CheckedSession; facts: StoredFacts } | undefined> {
  const row = await checkOf.first(db, { tokenHash });
  return row && { session: asCheckedSession(row), facts: asFacts(row) };
}
