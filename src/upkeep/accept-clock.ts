import { type Audit, lastSequence } from '../audit/audit.ts';
import { type Clock, second } from '../clock.ts';
import type { Database, Tx } from '../database/database.ts';
import type { SignIn } from '../sign-in/sign-in.ts';
import type { Totp } from '../totp/totp.ts';
import { apartSentence, clockApart, clockBehind, type DatabaseTime } from './clock-check.ts';
import { deleteInstancesSeenAfter, insertClockReset } from './store.ts';

/** What accepting the clock has done. */
export interface Accepted {
  now: number;
  /** Sessions ended. */
  sessions: number;
  /** Authenticators whose last spent step lay in the future. */
  steps: number;
}

/**
 * Accepts the present time although stored events are later, because they were stored while the clock was wrong: no
 * event up to now counts any more, spent steps that lie in the future are lowered, nobody stays signed in, because nobody
 * knows how old a session is, and whatever else has an age (`accept`) ends, or lives no longer than one of now. Nothing
 * happens, and nothing is answered, where the clock is not behind. Throws where it is not that of the database's server:
 * then it is this clock, or that one, which is wrong now.
 */
export function createAcceptClock(parts: {
  audit: Audit;
  database: Database;
  clock: Clock;
  databaseTime: DatabaseTime;
  totp: Totp;
  signIn: SignIn;
  accept: readonly ((tx: Tx, now: number) => Promise<unknown>)[];
}) {
  const { audit, database, clock, databaseTime, totp, signIn, accept } = parts;
  return (): Promise<Accepted | undefined> =>
    database.transaction(async (tx) => {
      const apart = await clockApart(tx, clock, databaseTime);
      if (apart !== undefined)
        throw new Error(`${apartSentence(apart)} Set both right first; nothing was accepted or changed.`);
      const now = clock();
      const behind = await clockBehind(tx, now);
      if (!behind) return undefined;
      const { sessions } = await signIn.endAll(tx, now);
      const steps = await totp.acceptTime(tx, now);
      for (const acceptTime of accept) await acceptTime(tx, now);
      // One that still lives reports itself again within 30 seconds.
      await deleteInstancesSeenAfter(tx, now);
      const detail = { seconds: Math.ceil(behind.by / second), sessions, steps };
      await audit.record(tx, now, { event: 'clock.accepted', actorId: 'operator', detail });
      await insertClockReset(tx, await lastSequence(tx), now);
      return { now, sessions, steps };
    });
}
