import { newestEvent } from '../audit/audit.ts';
import { type Clock, clockTolerance, isoTime, second, systemClock } from '../clock.ts';
import { type Database, type Db, serverTime } from '../database/database.ts';
import { Problem } from '../http/http.ts';
import { selectClockReset } from './store.ts';

/**
 * The clock rule: a code is only worth what the clock is, so codes are refused while the clock runs behind what was
 * stored already (ASVS 6.5.8); passwords and recovery codes need no clock and go on. An instance whose clock is another
 * one than that of the database's server, which all instances share, serves nobody and writes nothing.
 */

/** The stored event that the clock is behind of, and by how much. */
export interface ClockBehind {
  /** In ms. */
  by: number;
  row: { sequence: number; event: string; at: number };
}

/** How far `now` is behind the newest event that counts; nothing where that is five seconds or less. */
export async function clockBehind(db: Db, now: number): Promise<ClockBehind | undefined> {
  const afterSequence = await selectClockReset(db);
  const row = await newestEvent(db, { afterSequence, laterThan: now + clockTolerance });
  return row && { by: row.at - now, row };
}

/** What an operator reads: how far, and behind which row. */
export function behindSentence({ by, row }: ClockBehind): string {
  const { sequence, event, at } = row;
  return `The clock is ${Math.ceil(by / second)} seconds behind the newest event: row ${sequence} of the audit log, ${event}, at ${isoTime(at)}.`;
}

/** Answers the time of the server that a database is on; nothing where it has no clock of its own. */
export type DatabaseTime = (db: Db) => Promise<number | undefined>;

/** What a clock is held against: that of the database's server; a clock that somebody has brought, against none. */
export function databaseTimeFor(clock: Clock): DatabaseTime {
  return clock === systemClock ? serverTime : async () => undefined;
}

/**
 * How far the clock is ahead of that of the database's server (behind, if negative), in ms; nothing where that is five
 * seconds or less. However long the answer takes to come, a clock that is right is never found wrong.
 */
export async function clockApart(db: Db, clock: Clock, databaseTime: DatabaseTime): Promise<number | undefined> {
  const asked = clock();
  const there = await databaseTime(db);
  const answered = clock();
  if (there === undefined) return undefined;
  if (asked - there > clockTolerance) return asked - there;
  return there - answered > clockTolerance ? answered - there : undefined;
}

/** What an operator reads. */
export function apartSentence(apart: number): string {
  const seconds = Math.floor(Math.abs(apart) / second);
  return `The clock is ${seconds} seconds ${apart > 0 ? 'ahead of' : 'behind'} that of the database's server.`;
}

export type ClockCheck = ReturnType<typeof createClockCheck>;

export function createClockCheck(parts: { database: Database; clock: Clock; databaseTime: DatabaseTime }) {
  const { database, clock, databaseTime } = parts;
  const behind = (): Promise<ClockBehind | undefined> => clockBehind(database.read, clock());

  let complain: (sentence: string) => void = () => undefined;
  let agreed = true;
  const ask = async (): Promise<number | undefined> => {
    const ms = await clockApart(database.read, clock, databaseTime);
    if (agreed && ms !== undefined) complain(`${apartSentence(ms)} ${nothingDone}`);
    agreed = ms === undefined;
    return ms;
  };

  // Once in five seconds is enough: when this clock is set by more than that meanwhile, the answer is too old, or is
  // from the future.
  let known: { at: number; apart: Promise<number | undefined> } | undefined;
  const apart = (): Promise<number | undefined> => {
    const at = clock();
    if (known && Math.abs(at - known.at) < clockTolerance) return known.apart;
    const asked = { at, apart: ask() };
    known = asked;
    asked.apart.catch(() => {
      if (known === asked) known = undefined;
    });
    return asked.apart;
  };

  const mustAgree = async (): Promise<void> => {
    if ((await apart()) !== undefined) throw new Problem('unavailable', { detail: untilSet });
  };

  return {
    behind,
    apart,

    /** What is wrong with the clock and what that stops, as a sentence for an operator; nothing where nothing is. */
    async wrong(): Promise<string | undefined> {
      const ms = await apart();
      if (ms !== undefined) return `${apartSentence(ms)} ${nothingDone}`;
      const found = await behind();
      return found && `${behindSentence(found)} Codes are refused until it is right.`;
    },

    /** From now on hands on, for an operator, whenever the clock is found to be no longer that of the database's server. */
    complainTo(say: (sentence: string) => void): void {
      complain = say;
    },

    /**
     * Throws `unavailable` while this clock is not that of the database's server. An instance that is alone in its time
     * would end what goes on for the others, and write events that all of them are then behind.
     */
    mustAgree,

    /** Throws `unavailable` while codes cannot be judged because nobody knows what time it is. */
    async mustKnowTime(): Promise<void> {
      await mustAgree();
      if (await behind()) throw new Problem('unavailable', { detail: untilMended });
    },
  };
}

/** The same database, in which nothing is written while the clock is not that of its server. */
export function whileAgreed(database: Database, { mustAgree }: Pick<ClockCheck, 'mustAgree'>): Database {
  return {
    ...database,
    transaction: async (work, how) => {
      await mustAgree();
      return database.transaction(work, how);
    },
  };
}

const nothingDone = 'Nothing is served or written here until both are right.';

/** For whoever asks, and for the operator at the command line. */
const untilSet =
  "The clock here is not that of the database's server, and nothing is served or written until both are right: `countersign doctor` says how far apart they are.";

const untilMended =
  'The clock of this service is wrong, so no code can be checked. A recovery code works; tell whoever runs the service.';
