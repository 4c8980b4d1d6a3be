import { createReadStream, existsSync, statSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { systemClock } from '../clock.ts';
import type { DatabasePlace } from '../database/database.ts';
import { addFile } from '../files.ts';
import { databaseOf, type Options } from '../options.ts';
import type { Whole } from '../upkeep/upkeep.ts';
import { type Call, clean, Failure } from './call.ts';
import { acceptDatabase, checkAuditFile } from './db-accept.ts';
import { explain } from './explain.ts';
import { requireDatabase, withDatabase } from './service.ts';
import { refusePassword } from './settings.ts';
import { version } from './version.ts';

/** `countersign db …`: whole databases, backed up, put back, brought up to date and moved. */

export async function backUpDatabase(call: Call): Promise<void> {
  const { options } = call.settings();
  const [file = ''] = call.args;
  const path = file === '-' ? undefined : resolve(file);
  if (path && existsSync(path)) throw isThere(file);
  if (path && !existsSync(dirname(path)))
    throw new Failure(`There is no folder ${dirname(path)}. Make it, or name another file.`);
  if (!path && (call.io.stdout.isTTY || call.flags['json'] === true))
    throw new Failure('With - the backup itself goes to stdout: send that to a program or a file, without --json.', 2);
  await requireDatabase(options);
  const { backUp } = await import('../upkeep/upkeep.ts');
  const about = { place: databaseOf(options), keys: options, version: version(), now: systemClock() };
  const whole = await (path ? writing(file, (put) => backUp(about, put)) : backUp(about, sending(call)));
  const done = `Backed up ${inTotal(whole)} to ${path ? file : 'stdout'}. No key is in it: keep a copy of ${options.keyFile} too, in another place.`;
  if (path) call.answer(done, { file, ...described(whole) });
  else call.say(done);
  await noteMark(call, options, whole);
}

type Put = (pieces: AsyncIterable<string>) => Promise<void>;

/** The file appears whole or not at all, and stays only where what it holds is of one state of the database. */
async function writing(file: string, make: (put: Put) => Promise<Whole>): Promise<Whole> {
  const path = resolve(file);
  let isAdded = false;
  const takeBack = async (): Promise<void> => {
    if (isAdded) await rm(path, { force: true });
    isAdded = false;
  };
  try {
    return await make(async (pieces) => {
      await takeBack();
      isAdded = await addFile(path, { text: pieces, mode: 0o600 });
      if (!isAdded) throw isThere(file);
    });
  } catch (error) {
    await takeBack();
    throw error;
  }
}

const isThere = (file: string): Failure =>
  new Failure(`${file} exists already, and a backup is never put over anything. Name another file.`);

const sending = ({ io }: Call): Put => {
  let begun = false;
  return async (pieces) => {
    if (begun) throw new Failure('The service was started in the midst of it: what was sent is no backup. Try again.');
    begun = true;
    await pipeline(Readable.from(pieces), io.stdout, { end: false });
  };
};

/** What is backed up is not to be put back unseen: the mark says how far the database had come. */
async function noteMark(call: Call, options: Options, { schema }: Whole): Promise<void> {
  const { newestSchema } = await import('../database/database.ts');
  // A backup is made of an older database before anything is changed in it.
  if (options.markFile !== '' && schema === newestSchema) await withDatabase(call, async () => undefined);
}

/** Puts a backup into an empty database; with --accept, or when that is done, accepts what is there. */
export async function restoreDatabase(call: Call): Promise<void> {
  const { options } = call.settings();
  const [file] = call.args;
  if ((file === undefined) === (call.flags['accept'] !== true))
    throw new Failure('Give the file of a backup, or --accept for the database that is there; not both.', 2);
  await checkAuditFile(call);
  if (file === undefined) return acceptDatabase(call);
  const { restore } = await import('../upkeep/upkeep.ts');
  const { unopened, ...whole } = await reading(call, file, (bytes) =>
    restore({ place: databaseOf(options), keys: options, now: systemClock() }, bytes),
  );
  call.say(`Put back ${inTotal(whole)}, as they were at ${whole.madeAt}.`);
  for (const found of unopened) call.say(clean(found));
  await acceptDatabase(call, { file, ...described(whole), unopened }).catch(async (error: unknown) => {
    const { sentence, exitCode } = await explain(error);
    throw new Failure([sentence, isIn], exitCode);
  });
}

const isIn =
  'The backup is in, and nobody is served from it yet: mend that, then run `countersign db restore --accept`.';

export async function verifyDatabaseBackup(call: Call): Promise<void> {
  const { options } = call.settings();
  const [file = ''] = call.args;
  const { verifyBackup } = await import('../upkeep/upkeep.ts');
  const folder = await mkdtemp(join(tmpdir(), 'countersign-verify-'));
  try {
    const scratch = join(folder, 'scratch.db');
    const found = await reading(call, file, (bytes) => verifyBackup({ scratch, keys: options }, bytes)).catch(
      async (error: unknown) => {
        call.answer('', { ok: false, file, problems: [(await explain(error)).sentence] });
        throw error;
      },
    );
    const { problems, auditRows } = found;
    const ok = problems.length === 0;
    const sentences = [
      `A backup of ${found.madeAt}, made by version ${found.version}: ${inTotal(found)}, all of them as they were.`,
      `The keys of ${options.keyFile} open everything that is sealed in it, and ${auditRows} rows of its audit log verify.`,
    ];
    call.answer(ok ? sentences.join('\n') : '', { ok, file, ...described(found), problems });
    if (!ok)
      throw new Failure([
        ...problems.map(clean),
        'It can be put back, but not all of it would work. Keep another one.',
      ]);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Reads a file, or stdin for `-`. */
async function reading<T>(
  call: Call,
  file: string,
  work: (bytes: AsyncIterable<Uint8Array>) => Promise<T>,
): Promise<T> {
  if (file === '-') return work(call.io.stdin);
  if (!existsSync(file)) throw new Failure(`There is no file ${file}.`);
  if (statSync(file).isDirectory()) throw new Failure(`${file} is a folder: name a file in it.`);
  const stream = createReadStream(file);
  try {
    return await work(stream);
  } finally {
    stream.destroy();
  }
}

export async function migrateDatabase(call: Call): Promise<void> {
  const { options } = call.settings();
  const { openDatabase, schemaOf, upgradeSentence } = await import('../database/database.ts');
  const database = await openDatabase(databaseOf(options), call.say);
  try {
    const { ran, copy } = database.upgrade;
    const schema = await schemaOf(database.read);
    const none = ran.length === 0 ? `It is up to date (${schema}).` : `Made a new database (${schema}).`;
    call.answer(upgradeSentence(database.upgrade) ?? none, { schema, ran, copy: copy ?? null });
  } finally {
    await database.close();
  }
}

export async function copyWhole(call: Call): Promise<void> {
  const { from, to } = call.flags;
  const ours = databaseOf(call.settings().options);
  if (from === undefined && to === undefined) throw new Failure('Give --from, --to, or both.', 2);
  const places = { from: placeOf('--from', from) ?? ours, to: placeOf('--to', to) ?? ours };
  if (isSame(places.from, places.to)) throw new Failure('--from and --to are the same database.', 2);
  const { isNewDatabase } = await import('../database/database.ts');
  if (await isNewDatabase(places.from)) throw new Failure('There is no database of Countersign to be copied from.');
  const { copyDatabase } = await import('../upkeep/upkeep.ts');
  const { schema, rows } = await copyDatabase({ ...places, now: systemClock() });
  const done = `Copied ${inTotal({ rows })}; read back, every table has the same content. Start each instance with the new database, the same key file and the same mark file; then move the old one away, so that nobody is served from it again.`;
  call.answer(done, { schema, rows });
}

function placeOf(flag: string, given: unknown): DatabasePlace | undefined {
  if (given === undefined) return undefined;
  const text = String(given);
  refusePassword(flag, text);
  if (/^postgres(ql)?:\/\//.test(text)) return { url: text };
  if (/^sqlite:./.test(text)) return { file: resolve(text.slice('sqlite:'.length)) };
  throw new Failure(`${flag} takes sqlite:FILE, or postgres://USER@HOST/DATABASE.`, 2);
}

function isSame(one: DatabasePlace, other: DatabasePlace): boolean {
  if ('file' in one) return 'file' in other && resolve(one.file) === resolve(other.file);
  return 'url' in other && one.url === other.url;
}

function inTotal({ rows }: Pick<Whole, 'rows'>): string {
  const sum = Object.values(rows).reduce((total, count) => total + count, 0);
  const accounts = rows['users'] ?? 0;
  return `${accounts} ${accounts === 1 ? 'account' : 'accounts'} (${sum} rows in ${Object.keys(rows).length} tables)`;
}

function described({ schema, madeAt, auditSequence, rows }: Whole) {
  return { schema, made_at: madeAt, audit_sequence: auditSequence, rows };
}
