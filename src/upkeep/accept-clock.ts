import { type Audit, lastSequence } from '../audit/audit.ts';
import { type Clock, second } from '../clock.ts';
import type { Database } from '../database/database.ts';
import type { SignIn } from '../sign-in/sign-in.ts';
import type { Throttle } from '../throttle/throttle.ts';
import type { Totp } from '../totp/totp.ts';
import { clockBehind } from './clock-check.ts';
import { insertClockReset } from './store.ts';

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
 * event up to now counts any more, spent steps that lie in the future are lowered, and nobody stays signed in, because
 * nobody knows how old a session is. Nothing happens, and nothing is answered, where the clock is not behind.
 */
export function createAcceptClock(parts: {
  audit: Audit;
  database: Database;
  clock: Clock;
  throttle: Throttle;
  totp: Totp;
  signIn: SignIn;
}) {
  const { audit, database, clock, throttle, totp, signIn } = parts;
  return (): Promise<Accepted | undefined> =>
    database.transaction(async (tx) => {
      const now = clock();
      const behind = await clockBehind(tx, now);
      if (!behind) return undefined;
      const sessions = await signIn.endAll(tx, now);
      const steps = await totp.acceptTime(tx, now);
      await throttle.acceptTime(tx, now);
      const detail = { seconds: Math.ceil(behind.by / second), sessions, steps };
      await audit.record(tx, now, { event: 'clock.accepted', actorId: 'operator', detail });
      await insertClockReset(tx, await lastSequence(tx), now);
      return { now, sessions, steps };
    });
}
