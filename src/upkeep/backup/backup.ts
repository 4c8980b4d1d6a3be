import { existsSync } from 'node:fs';
import { createAudit, lastSequence } from '../../audit/audit.ts';
import { isoTime } from '../../clock.ts';
import { type DatabasePlace, type Db, faultsOf, holdWhole, readWhole, type Tx } from '../../database/database.ts';
import type { Keyring } from '../../seal.ts';
import { secretFindings } from '../doctor-keys.ts';
import { whoServes } from '../instances.ts';
import { KeyError, type KeyPlace, readKeyFile } from '../key-file.ts';
import { keyringOf, readKeyring } from '../keys.ts';
import { generationOf, noteRestored } from '../mark/generations.ts';
import { selectKeys } from '../store.ts';
import { BackupError } from './backup-error.ts';
import { type Checksums, contentsOf } from './contents.ts';
import { fill, wholeSchema } from './fill.ts';
import { checkSeal, fileOf, type Header, type Opened, openBackup } from './format.ts';
import { selectTables } from './store.ts';

// Backups: everything that a database holds, as one file that either kind of database can be made from. What is secret
// in it is sealed, and no key is with it.

/** What was backed up, or put back. */
export interface Whole {
  /** The newest migration that the database had. */
  schema: string;
  madeAt: string;
  /** The newest row of the audit log; 0 where there is none. */
  auditSequence: number;
  /** How many rows each table has. */
  rows: Readonly<Record<string, number>>;
}

/**
 * Hands the pieces of a backup to `put`, of one state of the database, beside whoever is served. May have to begin again,
 * and calls `put` again then. Throws `BackupError` or `KeyError`.
 */
export async function backUp(
  { place, keys, version, now }: { place: DatabasePlace; keys: KeyPlace; version: string; now: number },
  put: (pieces: AsyncIterable<string>) => Promise<void>,
): Promise<Whole> {
  return readWhole(place, async (db) => {
    const about = {
      version,
      schema: await wholeSchema(db),
      made_at: isoTime(now),
      generation: await generationIn(db),
      audit_sequence: await lastSequence(db),
    };
    let checksums: Checksums = {};
    async function* contents(): AsyncGenerator<string> {
      checksums = yield* contentsOf(db);
    }
    await put(fileOf(about, contents(), await readKeyring(db, keys)));
    return wholeOf(about, checksums);
  });
}

/** An older schema has no generations. */
async function generationIn(db: Db): Promise<string | null> {
  const there = (await selectTables(db)).some(({ table }) => table.name === 'generations');
  return there ? ((await generationOf(db))?.id ?? null) : null;
}

function wholeOf(
  { schema, made_at, audit_sequence }: Pick<Header, 'schema' | 'made_at' | 'audit_sequence'>,
  checksums: Checksums,
): Whole {
  return { schema, madeAt: made_at, auditSequence: audit_sequence, rows: rowsOf(checksums) };
}

const rowsOf = (checksums: Checksums): Whole['rows'] =>
  Object.fromEntries(Object.entries(checksums).map(([name, { rows }]) => [name, rows]));

/**
 * Puts a backup into an empty database, all of it or nothing, and brings that up to date. From it nobody is served until
 * it is accepted. Answers also what the keys of the file do not open. Throws `BackupError`, or `KeyError` where the key
 * file is not that of the backup.
 */
export async function restore(
  { place, keys, now }: { place: DatabasePlace; keys: KeyPlace; now: number },
  bytes: AsyncIterable<Uint8Array>,
): Promise<Whole & { unopened: string[] }> {
  const opened = await openBackup(bytes);
  return holdWhole(place, async (tx) => {
    const { whole, unopened } = await putInto(tx, opened, keys);
    await noteRestored(tx, now);
    return { ...whole, unopened };
  });
}

/** What is wrong with a backup, and what it holds. */
export interface Verified extends Whole {
  /** The program that made it. */
  version: string;
  /** Rows of its audit log that were held against their chains. */
  auditRows: number;
  problems: string[];
}

/**
 * Puts a backup into a SQLite file of its own at `scratch`, as a restore would, and looks at all of it: that the file is
 * whole, that the keys open everything that is sealed, and that the audit log verifies up to the row that the backup
 * says is its newest. Throws `BackupError` where it cannot be put back at all, and `KeyError`.
 */
export async function verifyBackup(
  { scratch, keys }: { scratch: string; keys: KeyPlace },
  bytes: AsyncIterable<Uint8Array>,
): Promise<Verified> {
  const opened = await openBackup(bytes);
  const { version, audit_sequence } = opened.header;
  return holdWhole({ file: scratch }, async (tx) => {
    const { whole, unopened, keyring } = await putInto(tx, opened, keys);
    const audit = createAudit({ sealer: keyring, retention: 0 });
    const report = await audit.verify({ snapshot: (work) => work(tx) });
    const newest = await lastSequence(tx);
    const problems = [
      ...(await faultsOf(tx)),
      ...unopened,
      ...report.faults.map(({ sentence }) => `The audit log: ${sentence}`),
    ];
    if (newest !== audit_sequence)
      problems.push(`The audit log ends at row ${newest}, and the backup says that it does at ${audit_sequence}.`);
    return { ...whole, version, auditRows: report.rows, problems };
  });
}

/** Fills an empty database with a backup that a holder of its keys has made; answers also what these do not open. */
async function putInto(
  tx: Tx,
  { header, contents, seal }: Opened,
  keys: KeyPlace,
): Promise<{ whole: Whole; keyring: Keyring; unopened: string[] }> {
  const checksums = await fill(tx, { schema: header.schema, contents });
  const keyring = await keyringFor(tx, keys);
  checkSeal(keyring, seal());
  const findings = await secretFindings(tx, keyring);
  const unopened = findings.filter(({ state }) => state !== 'ok').map(({ found }) => found);
  return { whole: wholeOf(header, checksums), keyring, unopened };
}

/** The keys that what was put in is sealed with. Throws `BackupError` where the key file has others. */
async function keyringFor(tx: Tx, place: KeyPlace): Promise<Keyring> {
  const others = `${place.keyFile} does not hold the keys that this backup was made with. Name a copy of the key file of that time with --key-file (COUNTERSIGN_KEY_FILE).`;
  if (!existsSync(place.keyFile)) throw new BackupError(others);
  const given = await readKeyFile(place);
  const recorded = await selectKeys(tx);
  try {
    return keyringOf(given, recorded, place.keyFile);
  } catch (error) {
    throw error instanceof KeyError ? new BackupError(others, { cause: error }) : error;
  }
}

/**
 * Moves house: copies everything from one database into another one, which must be empty. Nobody can write to the first
 * meanwhile, and no instance may run on it. Answers once the second has been read back. Throws `BackupError`.
 */
export async function copyDatabase({
  from,
  to,
  now,
}: {
  from: DatabasePlace;
  to: DatabasePlace;
  now: number;
}): Promise<Pick<Whole, 'schema' | 'rows'>> {
  return holdWhole(from, async (source) => {
    const schema = await wholeSchema(source);
    const served = await whoServes(source, now);
    if (served) throw new BackupError(served);
    const checksums = await holdWhole(to, (tx) => fill(tx, { schema, contents: contentsOf(source) }));
    return { schema, rows: rowsOf(checksums) };
  });
}
