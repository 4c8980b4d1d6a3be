import type { Audit, Entry } from '../audit/audit.ts';
import type { Tx } from '../database/database.ts';
import type { Throttle, Ticket } from '../throttle/throttle.ts';
import type { Alarm } from './alarm.ts';
import type { Wrong } from './judged.ts';

export interface NotesRefused {
  audit: Audit;
  throttle: Throttle;
  alarm: Alarm;
}

/** Settles a code or a passkey that was wrong, and writes down why, in the transaction that has found it so. */
export async function noteRefused(
  tx: Tx,
  { audit, throttle, alarm }: NotesRefused,
  { event, ...about }: Refused,
  { ticket, wrong }: { ticket: Ticket; wrong: Wrong },
  now: number,
): Promise<void> {
  const inARow = await throttle.settle(tx, ticket, 'wrong', now);
  const reason = event === 'sign_in.refused' ? wrong.result : problems[wrong.result];
  if (wrong.result === 'wrong otp') {
    await audit.record(tx, now, { event, ...about, detail: { reason } });
    return alarm.consider(tx, about, { wrong: inARow, known: wrong.known }, now);
  }
  // What was answered before is answered again, however often: the first answer has its row.
  if (wrong.reason === 'challenge') return;
  const which = wrong.passkeyId === undefined ? {} : { passkey: wrong.passkeyId };
  await audit.record(tx, now, { event, ...about, detail: { reason, passkey_reason: wrong.reason, ...which } });
  // For the owner: its signature was right and its counter has gone back, so it may have been copied (WebAuthn, 6.1.1).
  if (wrong.reason !== 'counter') return;
  await audit.record(tx, now, { event: 'passkey.clone_suspected', ...about, detail: which });
}

type Refused = Omit<Entry, 'event' | 'detail'> & { event: 'sign_in.refused' | 'session.reauthentication_refused' };

/** Proving again, the log knows what was wrong by the code of the problem that is told. */
const problems = { 'wrong otp': 'wrong_otp', 'wrong passkey': 'wrong_passkey' } as const;
