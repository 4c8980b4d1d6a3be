import { newestEvent } from '../audit/audit.ts';
import { type Clock, isoTime, second } from '../clock.ts';
import type { Database, Db } from '../database/database.ts';
import { Problem } from '../http/http.ts';
import { selectClockReset } from './store.ts';

/**
 * The clock rule: a code is only worth what the clock is, so codes are refused while the clock runs behind what was
 * stored already (ASVS 6.5.8). Passwords and recovery codes need no clock and go on.
 */

/** Instances on several machines may differ by this much; authenticators allow for more. */
const tolerance = 5 * second;

/** The stored event that the clock is behind of, and by how much. */
export interface ClockBehind {
  /** In ms. */
  by: number;
  row: { sequence: number; event: string; at: number };
}

/** How far `now` is behind the newest event that counts; nothing where that is five seconds or less. */
export async function clockBehind(db: Db, now: number): Promise<ClockBehind | undefined> {
  const afterSequence = await selectClockReset(db);
  const row = await newestEvent(db, { afterSequence, laterThan: now + tolerance });
  return row && { by: row.at - now, row };
}

/** What an operator reads: how far, and behind which row. */
export function clockSentence({ by, row }: ClockBehind): string {
  const { sequence, event, at } = row;
  return `The clock is ${Math.ceil(by / second)} seconds behind the newest event: row ${sequence} of the audit log, ${event}, at ${isoTime(at)}.`;
}

export type ClockCheck = ReturnType<typeof createClockCheck>;

export function createClockCheck({ database, clock }: { database: Database; clock: Clock }) {
  const behind = (): Promise<ClockBehind | undefined> => clockBehind(database.read, clock());
  return {
    behind,

    /** Throws `unavailable` while codes cannot be judged because nobody knows what time it is. */
    async mustKnowTime(): Promise<void> {
      if (await behind()) throw new Problem('unavailable', { detail: untilMended });
    },
  };
}

const untilMended =
  'The clock of this service is wrong, so no code can be checked. A recovery code works; tell whoever runs the service.';
