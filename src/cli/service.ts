import { isoTime } from '../clock.ts';
import { databaseOf, type Options } from '../options.ts';
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
  const isNew = await lacksDatabase(options);
  if (isNew && database === 'must exist') throw noDatabase(options);
  const { openService } = await import('../service.ts');
  const service = await openService(options);
  const { upgradeSentence } = await import('../database/database.ts');
  const upgraded = upgradeSentence(service.database.upgrade);
  if (upgraded) call.say(upgraded);
  if (isNew) call.say(`Made a new database in ${options.databaseUrl === '' ? options.data : 'PostgreSQL'}.`);
  try {
    const done = await work(service);
    await renewMark(call, service);
    return done;
  } finally {
    await service.close();
  }
}

/** What was done here is not to be undone unseen by an older copy. That it cannot be noted takes nothing away from it. */
export async function renewMark(call: Call, { mark }: Pick<Service, 'mark'>): Promise<void> {
  const why = await mark.renew().catch((error: unknown) => (error instanceof Error ? error.message : String(error)));
  if (why !== undefined) call.say(why);
}

/** Throws `Failure` where there is no database yet. */
export async function requireDatabase(options: Options): Promise<void> {
  if (await lacksDatabase(options)) throw noDatabase(options);
}

/** Whether there is no database yet. Throws where nobody can tell, because the server cannot be had. */
export async function lacksDatabase(options: Options): Promise<boolean> {
  const { isNewDatabase } = await import('../database/database.ts');
  return isNewDatabase(databaseOf(options));
}

function noDatabase({ data, databaseUrl }: Options): Failure {
  if (databaseUrl === '')
    return new Failure(
      `There is no database in ${data}. Name the folder of the service's with --data (COUNTERSIGN_DATA), or start the service once.`,
    );
  return new Failure(
    'The database of PostgreSQL holds nothing of Countersign. Name the right one with --database-url (COUNTERSIGN_DATABASE_URL), or start the service once.',
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
