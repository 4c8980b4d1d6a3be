import type { Db, Tx } from '../database/database.ts';
import { Problem } from '../http/http.ts';
import { newId } from '../tokens.ts';
import { foldForSearch, prepareName } from './name.ts';
import {
  deleteUser,
  insertUser,
  markInUse,
  selectAnyAdministrator,
  selectInUse,
  selectUser,
  selectUsers,
  selectUsersOf,
  type User,
  updateUser,
} from './store.ts';

export { prepareName } from './name.ts';
/**
 * Users: who there is. A user has an id that never changes and a name (RFC 8265) that may. Passwords, second factors
 * and sessions belong to a user and live in folders of their own.
 */
export { asUser, type User, type UserForFacts, usersForFacts } from './store.ts';

/** A typed name as it will be stored. Throws `invalid` for one that cannot be a name. */
export function nameToStore(typed: string): string {
  const name = prepareName(typed);
  if (name === undefined) {
    const detail = 'A name has 1 to 64 letters, digits or marks like . - _ @ of one script, and no colon or space.';
    throw new Problem('invalid', { errors: [{ pointer: '/name', detail }] });
  }
  return name;
}

/** Creates a user. Throws `invalid` for a name that cannot be one, `name_taken` for one that is. */
export async function createUser(tx: Tx, given: { name: string; administrator: boolean }, now: number): Promise<User> {
  const name = await freeName(tx, given.name);
  const user = { id: newId(), name, administrator: given.administrator, disabled: false, createdAt: now };
  await insertUser(tx, user);
  return user;
}

/** The user of a name as typed, or nothing when there is none or it cannot be a name. */
export async function findUserByName(db: Db, typed: string): Promise<User | undefined> {
  // Nobody has the empty name: what cannot be a name is looked for like others, so that it takes as long.
  return selectUser(db, { name: prepareName(typed) ?? '' });
}

export async function findUser(db: Db, id: string): Promise<User | undefined> {
  return selectUser(db, { id });
}

/** The users of these ids who are still there, by their ids. */
export async function findUsers(db: Db, ids: readonly string[]): Promise<Map<string, User>> {
  const found = ids.length === 0 ? [] : await selectUsersOf(db, ids);
  return new Map(found.map((user) => [user.id, user]));
}

/** Which users to list. */
interface Listing {
  /** From behind this name on; empty: from the first. */
  after?: string | undefined;
  limit: number;
  /** Only those whose names have this in them, in whatever case it is typed. */
  containing?: string | undefined;
}

/** Users in the order of their names. `next` is the name to go on behind, as `after`; absent where nobody is left. */
export async function listUsers(
  db: Db,
  { after = '', limit, containing = '' }: Listing,
): Promise<{ users: User[]; next?: string }> {
  // One more than is answered, to know whether anybody is left.
  const found = await selectUsers(db, after, limit + 1, foldForSearch(containing));
  const users = found.slice(0, limit);
  const last = found.length > limit ? users.at(-1) : undefined;
  return last ? { users, next: last.name } : { users };
}

/** Changes what is given; throws like `createUser` when that is the name. */
export async function changeUser(
  tx: Tx,
  user: User,
  change: { name?: string | undefined; administrator?: boolean | undefined; disabled?: boolean | undefined },
): Promise<User> {
  const name = change.name === undefined ? user.name : await freeName(tx, change.name, user.id);
  const changed = {
    ...user,
    name,
    administrator: change.administrator ?? user.administrator,
    disabled: change.disabled ?? user.disabled,
  };
  await updateUser(tx, user.id, { name, administrator: changed.administrator, disabled: changed.disabled });
  return changed;
}

/** Deletes a user, and with the row everything that belongs to it but the audit log. */
export async function removeUser(tx: Tx, id: string): Promise<void> {
  await deleteUser(tx, id);
}

/** Whether there is an administrator at all, be he disabled or not. */
export async function anyAdministrator(db: Db): Promise<boolean> {
  return selectAnyAdministrator(db);
}

/** Remembers that an account has had something to sign in with, whatever becomes of it. */
export async function rememberInUse(tx: Tx, id: string): Promise<void> {
  await markInUse(tx, id);
}

/** Whether an account has ever had something to sign in with: then a one-time link is no invitation. */
export async function hasBeenInUse(db: Db, id: string): Promise<boolean> {
  return selectInUse(db, id);
}

async function freeName(tx: Tx, typed: string, ownId?: string): Promise<string> {
  const name = nameToStore(typed);
  const holder = await selectUser(tx, { name });
  if (holder && holder.id !== ownId) throw new Problem('name_taken');
  return name;
}
