import { existsSync } from 'node:fs';
import { isoTime } from '../clock.ts';
import { databaseFile, type Options } from '../options.ts';
import type { Service } from '../service.ts';
import type { User } from '../users/users.ts';
import { type Call, Failure } from './call.ts';

/**
 * Opens the service below HTTP for one piece of work, beside a server that may be running on the same database. Where a
 * database `must exist`, a mistyped folder is said so rather than filled with an empty one.
 */
export async function withService<T>(
  call: Call,
  database: 'may be new' | 'must exist',
  work: (service: Service) => Promise<T>,
): Promise<T> {
  const { options } = call.settings();
  if (database === 'must exist') requireDatabase(options);
  const isNew = !existsSync(databaseFile(options.data));
  const { openService } = await import('../service.ts');
  const service = await openService(options);
  if (isNew) call.say(`Made a new database in ${options.data}.`);
  try {
    return await work(service);
  } finally {
    await service.close();
  }
}

/** Throws `Failure` where there is no database in the data folder. */
export function requireDatabase({ data }: Options): void {
  if (existsSync(databaseFile(data))) return;
  throw new Failure(
    `There is no database in ${data}. Name the folder of the service's with --data (COUNTERSIGN_DATA), or start the service once.`,
  );
}

/** The user of a name as typed. Throws `Failure` (3) when there is none. */
export async function userNamed(service: Service, name: string): Promise<User> {
  const { findUserByName } = await import('../users/users.ts');
  const user = await findUserByName(service.database.read, name);
  if (!user) throw new Failure(`There is no user "${name}". \`countersign user list\` shows who there is.`, 3);
  return user;
}

/** A user as the API shows one. */
export function describeUser({ id, name, administrator, disabled, createdAt }: User) {
  return { id, name, roles: administrator ? ['administrator'] : [], disabled, created_at: isoTime(createdAt) };
}
