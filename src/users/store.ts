import { type Generated, type Selectable, sql } from 'kysely';
import { type Db, statement, type Tx } from '../database/database.ts';

export interface User {
  id: string;
  name: string;
  administrator: boolean;
  disabled: boolean;
  createdAt: number;
}

type Tables = {
  users: {
    id: string;
    name: string;
    administrator: number;
    disabled: number;
    created_at: number;
    /** Something to sign in with has been given: a password, as its name has it from before, or a passkey. */
    password_given: Generated<number>;
  };
};

export const asUser = (row: UserForFacts): User => ({
  id: row.id,
  name: row.name,
  administrator: row.administrator === 1,
  disabled: row.disabled === 1,
  createdAt: row.created_at,
});

/** What an account's facts have of it, for one question about all of them; see `sign-in/store.ts`. */
export const usersForFacts = (db: Db) =>
  db.$extendTables<Tables>().selectFrom('users').select(['id', 'name', 'administrator', 'disabled', 'created_at']);

export type UserForFacts = Omit<Selectable<Tables['users']>, 'password_given'>;

export async function insertUser(tx: Tx, user: User): Promise<void> {
  const { id, name, createdAt } = user;
  const row = {
    id,
    name,
    administrator: user.administrator ? 1 : 0,
    disabled: user.disabled ? 1 : 0,
    created_at: createdAt,
  };
  await tx.$extendTables<Tables>().insertInto('users').values(row).execute();
}

const byId = statement((db, given: { id: string }) =>
  db.$extendTables<Tables>().selectFrom('users').selectAll().where('id', '=', given.id),
);

const byName = statement((db, given: { name: string }) =>
  db.$extendTables<Tables>().selectFrom('users').selectAll().where('name', '=', given.name),
);

export async function selectUser(db: Db, by: { id: string } | { name: string }): Promise<User | undefined> {
  const row = await ('id' in by ? byId.first(db, { id: by.id }) : byName.first(db, { name: by.name }));
  return row && asUser(row);
}

export async function selectUsersOf(db: Db, ids: readonly string[]): Promise<User[]> {
  const rows = await db.$extendTables<Tables>().selectFrom('users').selectAll().where('id', 'in', ids).execute();
  return rows.map(asUser);
}

export async function selectUsers(db: Db, after: string, limit: number, containing: string): Promise<User[]> {
  let all = db.$extendTables<Tables>().selectFrom('users').selectAll().where('name', '>', after);
  if (containing !== '') {
    const pattern = `%${containing.replace(/[\\%_]/g, '\\$&')}%`;
    all = all.where(sql<boolean>`name like ${pattern} escape '\\'`);
  }
  const rows = await all.orderBy('name').limit(limit).execute();
  return rows.map(asUser);
}

export async function updateUser(
  tx: Tx,
  id: string,
  change: { name?: string; administrator?: boolean; disabled?: boolean },
): Promise<void> {
  const { name, administrator, disabled } = change;
  await tx
    .$extendTables<Tables>()
    .updateTable('users')
    .set({
      ...(name === undefined ? {} : { name }),
      ...(administrator === undefined ? {} : { administrator: administrator ? 1 : 0 }),
      ...(disabled === undefined ? {} : { disabled: disabled ? 1 : 0 }),
    })
    .where('id', '=', id)
    .execute();
}

export async function markInUse(tx: Tx, id: string): Promise<void> {
  await tx.$extendTables<Tables>().updateTable('users').set({ password_given: 1 }).where('id', '=', id).execute();
}

export async function selectInUse(db: Db, id: string): Promise<boolean> {
  const row = await db
    .$extendTables<Tables>()
    .selectFrom('users')
    .select('password_given')
    .where('id', '=', id)
    .executeTakeFirst();
  return row?.password_given === 1;
}

export async function deleteUser(tx: Tx, id: string): Promise<void> {
  await tx.$extendTables<Tables>().deleteFrom('users').where('id', '=', id).execute();
}

export async function selectAnyAdministrator(db: Db): Promise<boolean> {
  const row = await db
    .$extendTables<Tables>()
    .selectFrom('users')
    .select('id')
    // Written out, so that the index of administrators alone is used.
    .where('administrator', '=', sql.lit(1))
    .limit(1)
    .executeTakeFirst();
  return row !== undefined;
}
