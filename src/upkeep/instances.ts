import { hostname } from 'node:os';
import { type Clock, minute, second } from '../clock.ts';
import type { Database, Db } from '../database/database.ts';
import type { Keyring, SealKey } from '../seal.ts';
import { newId } from '../tokens.ts';
import { KeyError, type KeyPlace, putBack, readKeyFile } from './key-file.ts';
import { activeOf, recordKeys, refuseStrangers } from './keys.ts';
import { deleteInstance, deleteStaleInstances, selectInstances, selectKeys, upsertInstance } from './store.ts';

/** A process that serves, as it has reported itself. */
export interface LiveInstance {
  id: string;
  /** Host and process, for people. */
  name: string;
  startedAt: number;
  seenAt: number;
  /** The keys that it opens with. */
  keyIds: string[];
  /** The key that it seals with. */
  sealsWith: string;
}

const reportEvery = 30 * second;
/** An instance that has not reported itself for so long is gone; so is one that says it did so long from now. */
const staleAfter = 2 * minute;

/** The processes that serve now. */
export async function listInstances(db: Db, now: number): Promise<LiveInstance[]> {
  const rows = await selectInstances(db, now - staleAfter, now + staleAfter);
  return rows.map(({ id, name, started_at, seen_at, key_ids, seals_with }) => ({
    id,
    name,
    startedAt: started_at,
    seenAt: seen_at,
    keyIds: key_ids.split(' '),
    sealsWith: seals_with,
  }));
}

/** Why a database is not to be touched as a whole, as a sentence: somebody serves on it. */
export async function whoServes(db: Db, now: number): Promise<string | undefined> {
  const [live] = await listInstances(db, now);
  return (
    live &&
    `Instance ${live.name} (${live.id}) serves on this database. Stop every instance first; one that was killed is forgotten after two minutes.`
  );
}

export type Instance = ReturnType<typeof createInstance>;

/**
 * This process among those that serve on the database. At each report it reads the key file again, follows the database
 * in which key seals, and says which keys it holds, so that no key is made active that a live instance lacks.
 */
export function createInstance(parts: { database: Database; clock: Clock; keyring: Keyring; place: KeyPlace }) {
  const { database, clock, keyring, place } = parts;
  const id = newId();
  const startedAt = clock();
  let timer: NodeJS.Timeout | undefined;
  let reporting: Promise<unknown> = Promise.resolve();
  let left = false;
  let lacking = false;

  /**
   * Takes these keys, follows the database, and writes down what it holds then; answers the key that seals. However many
   * wait for their turn, others learn in time that this one is alive, and a proxy that it can write.
   */
  const write = async (keys: readonly SealKey[]): Promise<string> =>
    database.transaction(
      async (tx) => {
        const now = clock();
        const recorded = await selectKeys(tx);
        refuseStrangers(keys, recorded, place.keyFile);
        const active = activeOf(recorded) ?? keyring.activeKeyId();
        // A file that lacks the active key is not that of this database, whatever else it holds.
        if (keys.some((key) => key.id === active)) await recordKeys(tx, keys, recorded, active, now);
        lacking = ![...keyring.keyIds(), ...keys.map((key) => key.id)].includes(active);
        keyring.hold(keys, lacking ? keyring.activeKeyId() : active);
        await upsertInstance(tx, {
          id,
          name: `${hostname()}:${process.pid}`,
          started_at: startedAt,
          seen_at: now,
          key_ids: keyring.keyIds().join(' '),
          seals_with: keyring.activeKeyId(),
        });
        await deleteStaleInstances(tx, now - staleAfter);
        return active;
      },
      { ahead: true },
    );

  const reportOnce = async (): Promise<string | undefined> => {
    if (left) return undefined;
    try {
      const keys = await readKeyFile(place);
      const active = await write(keys);
      if (keys.some((key) => key.id === active)) return undefined;
      return `Key "${active}" seals now, and ${place.keyFile} does not hold it. ${putBack}`;
    } catch (error) {
      // What is wrong with the file takes nothing away from what is held already; the report is made all the same.
      if (!(error instanceof KeyError)) throw error;
      await write([]);
      return error.message;
    }
  };

  const report = (): Promise<string | undefined> => {
    const next = reporting.catch(() => undefined).then(reportOnce);
    reporting = next;
    return next;
  };

  return {
    /** Reports itself now; answers what is wrong with its keys, as a sentence that says what to do. */
    report,

    /** Reports itself now and every 30 seconds, and hands on what is wrong. Throws `KeyError` when it is so now. */
    async join(complain: (what: unknown) => void): Promise<void> {
      const wrong = await report();
      if (wrong) throw new KeyError(wrong);
      timer = setInterval(() => report().then((what) => what && complain(what), complain), reportEvery);
      timer.unref();
    },

    /** Whether it lacks the key that the others seal with, so that it had better be sent no requests. */
    lacksKey: (): boolean => lacking,

    /** Is an instance no more. */
    async leave(): Promise<void> {
      left = true;
      clearInterval(timer);
      await reporting.catch(() => undefined);
      await database.transaction((tx) => deleteInstance(tx, id));
    },
  };
}
