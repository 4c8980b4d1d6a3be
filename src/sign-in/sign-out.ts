import type { Audit } from '../audit/audit.ts';
import type { Clock } from '../clock.ts';
import type { Database, Tx } from '../database/database.ts';
import type { Client } from '../http/http.ts';
import type { Sessions } from '../sessions/sessions.ts';
import { hashToken } from '../tokens.ts';
import { selectHalfSignIn, takeHalfSignIn } from './store.ts';

/** Ends what a browser holds, a session or a half sign-in; where it holds neither, nothing happens. */
export function createSignOut(parts: { audit: Audit; database: Database; clock: Clock; sessions: Sessions }) {
  const { database, clock } = parts;
  return async (held: { session: string | undefined; half: string | undefined }, client: Client): Promise<void> => {
    const { session: token, half } = held;
    await database.transaction(async (tx) => {
      const now = clock();
      const waiting = half && (await selectHalfSignIn(tx, { token_hash: hashToken(half) }, now));
      if (waiting) await takeHalfSignIn(tx, waiting.id);
      if (token) await endHeld(tx, parts, token, client, now);
    });
  };
}

/** Ends the session of a token that a browser gives up, if it is one. */
export async function endHeld(
  tx: Tx,
  { audit, sessions }: { audit: Audit; sessions: Sessions },
  token: string,
  client: Client,
  now: number,
): Promise<void> {
  const ended = await sessions.endByToken(tx, token);
  if (!ended) return;
  const { id: sessionId, userId } = ended;
  const detail = { ended: sessionId };
  await audit.record(tx, now, { event: 'session.ended', userId, sessionId, address: client.address, detail });
}
