import { auditRowsByKey, createAudit } from '../audit/audit.ts';
import type { Database, Db } from '../database/database.ts';
import { createKeyring, type SealKey } from '../seal.ts';
import { type LiveInstance, listInstances } from './instances.ts';
import { addNewKey, KeyError, type KeyPlace } from './key-file.ts';
import { activeOf, readKeys, recordKeys, refuseStrangers } from './keys.ts';
import { countSealedWith } from './reseal.ts';
import { type RecordedKey, selectKeys, updateActive } from './store.ts';
import { remakeThrottleSecret, resealThrottleSecret } from './throttle-secret.ts';

/** Adds a new key to the file and answers its id. It opens from now on, and seals once it is activated. */
export async function addKey(database: Database, place: KeyPlace, now: number): Promise<string> {
  // The file is changed inside the transaction, so that no two who add a key at once overwrite each other's.
  let id: string | undefined;
  return database.transaction(async (tx) => {
    const recorded = await selectKeys(tx);
    const before = await readKeys(tx, place);
    refuseStrangers(before, recorded, place.keyFile);
    // A transaction that is run again must not add another one.
    id ??= await addNewKey(place.keyFile);
    await recordKeys(tx, await readKeys(tx, place), recorded, activeOf(recorded) ?? before[0]?.id ?? '', now);
    return id;
  });
}

/**
 * Makes a key the one that seals. Refused (`KeyError`) while the file or a live instance lacks it, and while the file
 * lacks the key that has sealed so far, unless that is `lost` for ever: then no instance may be live, secrets of the
 * service itself are made anew, and what the lost key has sealed opens no more. Answers whether another key has sealed so
 * far, and which `before`.
 */
export async function activateKey(
  { database, place }: { database: Database; place: KeyPlace },
  { id, lost }: { id: string; lost: boolean },
  now: number,
): Promise<{ changed: boolean; before?: string }> {
  const keys = await readKeys(database.read, place);
  return database.transaction(async (tx) => {
    const recorded = await selectKeys(tx);
    refuseStrangers(keys, recorded, place.keyFile);
    const before = activeOf(recorded);
    refuseWithout(keys, id, place.keyFile);
    if (before === id) return { changed: false };
    const hasBefore = keys.some((key) => key.id === before);
    const state: State = { id, before, hasBefore, instances: await listInstances(tx, now), keyFile: place.keyFile };
    if (lost) refuseUnlessLost(state);
    else refuseUnlessHeld(state);
    await recordKeys(tx, keys, recorded, before ?? '', now);
    await updateActive(tx, id);
    const keyring = createKeyring(keys, id);
    await (lost ? remakeThrottleSecret(tx, keyring) : resealThrottleSecret(tx, keyring));
    const sealedBefore = before ? { before } : {};
    const detail = { key: id, ...sealedBefore, lost };
    const audit = createAudit({ sealer: keyring, retention: 0 });
    if (lost && before) await audit.takeOver(tx, before);
    await audit.record(tx, now, { event: 'key.activated', actorId: 'operator', detail });
    return { changed: true, ...sealedBefore };
  });
}

function refuseWithout(keys: readonly SealKey[], id: string, keyFile: string): void {
  if (keys.some((key) => key.id === id)) return;
  const there = keys.map((key) => key.id).join(', ');
  throw new KeyError(`${keyFile} holds no key "${id}", but ${there}. \`countersign key rotate\` adds one.`);
}

/** What an activation finds. */
interface State {
  /** The key to be activated. */
  id: string;
  /** The key that has sealed so far, and whether the file has it. */
  before: string | undefined;
  hasBefore: boolean;
  instances: readonly LiveInstance[];
  keyFile: string;
}

function refuseUnlessHeld({ id, before, hasBefore, instances, keyFile }: State): void {
  if (before && !hasBefore) {
    throw new KeyError(
      `${keyFile} does not hold key "${before}", which has sealed what is stored. Put it back; if it is lost for ever, \`countersign key rotate --help\` says what to do.`,
    );
  }
  const without = instances.find(({ keyIds }) => !keyIds.includes(id));
  if (without) {
    throw new KeyError(
      `${nameOf(without)} does not hold key "${id}" yet. Copy the key file there; it is read within 30 seconds, and one that was killed is forgotten after two minutes. Then try again.`,
    );
  }
}

function refuseUnlessLost({ before, hasBefore, instances, keyFile }: State): void {
  if (hasBefore)
    throw new KeyError(`Key "${before}" is not lost: ${keyFile} holds it. Activate the new one without --lost.`);
  const [live] = instances;
  if (live) {
    throw new KeyError(
      `${nameOf(live)} serves on this database and may still hold key "${before}". Stop every instance first; one that was killed is forgotten after two minutes.`,
    );
  }
}

const nameOf = ({ name, id }: LiveInstance): string => `Instance ${name} (${id})`;

/** A key, and what rests on it. */
export interface KeyState {
  id: string;
  active: boolean;
  inFile: boolean;
  /** When the database has first seen it; absent for a key that stands in the file and was never seen. */
  recordedAt: number | undefined;
  /** Values that it has sealed. */
  values: number;
  /** Rows and records of the audit log that it has signed. */
  auditRows: number;
  instances: LiveInstance[];
}

/** Every key that the database has seen or the file holds. */
export async function listKeys(db: Db, keys: readonly SealKey[], now: number): Promise<KeyState[]> {
  const recorded = await selectKeys(db);
  const live = await listInstances(db, now);
  const auditRows = await auditRowsByKey(db);
  const ids = [...new Set([...recorded, ...keys].map((key) => key.id))];
  return Promise.all(
    ids.map(async (id): Promise<KeyState> => {
      const seen: RecordedKey | undefined = recorded.find((key) => key.id === id);
      return {
        id,
        active: seen?.active === 1,
        inFile: keys.some((key) => key.id === id),
        recordedAt: seen?.recorded_at,
        values: await countSealedWith(db, id),
        auditRows: auditRows.get(id) ?? 0,
        instances: live.filter(({ keyIds }) => keyIds.includes(id)),
      };
    }),
  );
}
