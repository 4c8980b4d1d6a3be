import { type Audit, type Entry, recentEvents } from '../audit/audit.ts';
import { minute } from '../clock.ts';
import type { Tx } from '../database/database.ts';
import { networkOf } from '../throttle/throttle.ts';

/** Rows of one kind that an account gets in one minute. */
const mostNoted = 10;

/**
 * Writes down what costs no try: at most once a minute for an account and a network, and ten times for the account, because
 * whoever may do it could fill the log with it.
 */
export async function noteSeldom(
  tx: Tx,
  audit: Audit,
  entry: Entry & { userId: string; address: string },
  now: number,
): Promise<void> {
  const { event, userId, address } = entry;
  const rows = await recentEvents(tx, { event, userId, limit: mostNoted });
  const recent = rows.filter(({ at }) => Math.abs(now - at) < minute);
  const noted = recent.some((row) => networkOf(row.address ?? '') === networkOf(address));
  if (!noted && recent.length < mostNoted) await audit.record(tx, now, entry);
}
