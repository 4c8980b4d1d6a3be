import type { Audit } from '../audit/audit.ts';
import type { Tx } from '../database/database.ts';
import type { Client, Session } from '../http/http.ts';
import type { Browsers, Remembered, Sessions } from '../sessions/sessions.ts';

/** By what a browser goes on: its session's new token, and what it is known by where it is. */
export interface GoesOn {
  token: string;
  browser?: Remembered;
}

export type GoOn = ReturnType<typeof createGoOn>;

/**
 * How the browser goes on in which somebody has changed password or factors, which ended everything else: whoever has
 * copied its cookies does not. `was` known it stays known, and it is from now on where the change has proved everything.
 */
export function createGoOn({ audit, sessions, browsers }: { audit: Audit; sessions: Sessions; browsers: Browsers }) {
  return async (
    tx: Tx,
    { id: sessionId, userId }: Session,
    client: Client,
    { was, proved }: { was: boolean; proved: boolean },
    now: number,
  ): Promise<GoesOn> => {
    const token = await sessions.renew(tx, sessionId);
    if (!was && !proved) return { token };
    const browser = await browsers.remember(tx, userId, client, now);
    if (!was) await audit.record(tx, now, { event: 'browser.remembered', userId, sessionId, address: client.address });
    return { token, browser };
  };
}
