import { createAudit, lastSequence } from '../../audit/audit.ts';
import { isoTime } from '../../clock.ts';
import { type DatabasePlace, type Db, holdWhole, readWhole } from '../../database/database.ts';
import type { Keyring } from '../../seal.ts';
import { secretFindings } from '../doctor-keys.ts';
import { listInstances } from '../instances.ts';
import type { KeyPlace } from '../key-file.ts';
import { readKeyring } from '../keys.ts';
import { generationOf, noteRestored } from '../mark/generations.ts';
import { BackupError } from './backup-error.ts';
import type { Tally } from './cells.ts';
import { contentsOf, type Tallies } from './contents.ts';
import { fill, wholeSchema } from './fill.ts';
import { checkSeal, fileOf, type Head, openBackup } from './format.ts';
import { selectFaults, selectTables } from './store.ts';

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
    const tallies: Record<string, Tally> = {};
    await put(fileOf(about, contentsOf(db, tallies), await readKeyring(db, keys)));
    return wholeOf(about, tallies);
  });
}

/** An older schema has no generations. */
async function generationIn(db: Db): Promise<string | null> {
  const there = (await selectTables(db)).some(({ table }) => table.name === 'generations');
  return there ? ((await generationOf(db))?.id ?? null) : null;
}

function wholeOf(
  { schema, made_at, audit_sequence }: Pick<Head, 'schema' | 'made_at' | 'audit_sequence'>,
  tallies: Tallies,
): Whole {
  return { schema, madeAt: made_at, auditSequence: audit_sequence, rows: rowsOf(tallies) };
}

const rowsOf = (tallies: Tallies): Whole['rows'] =>
  Object.fromEntries(Object.entries(tallies).map(([name, { rows }]) => [name, rows]));

/**
 * Puts a backup into an empty database, all of it or nothing, and brings that up to date. From it nobody is served until
 * it is accepted. Answers also what the keys of the file do not open. Throws `BackupError`, or `KeyError` where the key
 * file is not that of the backup.
 */
export async function restore(
  { place, keys, now }: { place: DatabasePlace; keys: KeyPlace; now: number },
  bytes: AsyncIterable<Uint8Array>,
): Promise<Whole & { unopened: string[] }> {
  const { head, contents, seal } = await openBackup(bytes);
  return holdWhole(place, async (tx) => {
    const tallies = await fill(tx, { schema: head.schema, contents });
    const keyring = await readKeyring(tx, keys);
    checkSeal(keyring, seal());
    await noteRestored(tx, now);
    return { ...wholeOf(head, tallies), unopened: await unopenedIn(tx, keyring) };
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
  const { head, contents, seal } = await openBackup(bytes);
  return holdWhole({ file: scratch }, async (tx) => {
    const tallies = await fill(tx, { schema: head.schema, contents });
    const keyring = await readKeyring(tx, keys);
    checkSeal(keyring, seal());
    const audit = createAudit({ sealer: keyring, retention: 0 });
    const report = await audit.verify({ snapshot: (work) => work(tx) });
    const newest = await lastSequence(tx);
    const problems = [
      ...(await selectFaults(tx)),
      ...(await unopenedIn(tx, keyring)),
      ...report.faults.map(({ sentence }) => `The audit log: ${sentence}`),
    ];
    if (newest !== head.audit_sequence)
      problems.push(`The audit log ends at row ${newest}, and the backup says that it does at ${head.audit_sequence}.`);
    return { ...wholeOf(head, tallies), version: head.version, auditRows: report.rows, problems };
  });
}

async function unopenedIn(db: Db, keyring: Keyring): Promise<string[]> {
  const findings = await secretFindings(db, keyring);
  return findings.filter(({ state }) => state !== 'ok').map(({ found }) => found);
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
    const [live] = await listInstances(source, now);
    if (live)
      throw new BackupError(
        `Instance ${live.name} (${live.id}) serves on the database that is to be copied. Stop every instance first; one that was killed is forgotten after two minutes.`,
      );
    const tallies = await holdWhole(to, (tx) => fill(tx, { schema, contents: contentsOf(source) }));
    return { schema, rows: rowsOf(tallies) };
  });
}
