import { isoTime, systemClock } from '../clock.ts';
import type { Database } from '../database/database.ts';
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
  return using(call, await openService(options), (service) => {
    if (isNew) call.say(`Made a new database in ${options.databaseUrl === '' ? options.data : 'PostgreSQL'}.`);
    return work(service);
  });
}

/** Opens the database alone, which must exist: without what needs the right keys. */
export async function withDatabase<T>(call: Call, work: (database: Database) => Promise<T>): Promise<T> {
  const { options } = call.settings();
  await requireDatabase(options);
  const { openDatabase } = await import('../database/database.ts');
  const { createClockCheck, createMarkKeeper, databaseTimeFor, readKeyring, whileAgreed } = await import(
    '../upkeep/upkeep.ts'
  );
  const database = await openDatabase(databaseOf(options));
  const clockCheck = createClockCheck({ database, clock: systemClock, databaseTime: databaseTimeFor(systemClock) });
  const mark = createMarkKeeper({
    database,
    clock: systemClock,
    keys: () => readKeyring(database.read, options),
    place: options,
  });
  return using(call, { database, mark, close: database.close }, () => work(whileAgreed(database, clockCheck)));
}

/** Says what opening it has done, and notes in the end how far the database has come. */
async function using<Opened extends Pick<Service, 'database' | 'mark' | 'close'>, T>(
  call: Call,
  opened: Opened,
  work: (opened: Opened) => Promise<T>,
): Promise<T> {
  try {
    const { upgradeSentence } = await import('../database/database.ts');
    const upgraded = upgradeSentence(opened.database.upgrade);
    if (upgraded) call.say(upgraded);
    const done = await work(opened);
    await renewMark(call, opened.mark);
    return done;
  } finally {
    await opened.close();
  }
}

/** What was done here is not to be undone unseen by an older copy. That it cannot be noted takes nothing away from it. */
async function renewMark(call: Call, mark: Service['mark']): Promise<void> {
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
