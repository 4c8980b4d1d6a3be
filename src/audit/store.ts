import type { Tx } from '../database/database.ts';
import type { Entry } from './events.ts';

type Tables = {
  audit: {
    sequence?: number;
    at: number;
    event: string;
    user_id: string | null;
    actor_id: string | null;
    session_id: string | null;
    address: string | null;
    detail: string | null;
  };
};

export async function insertEntry(tx: Tx, at: number, entry: Entry): Promise<void> {
  await tx
    .$extendTables<Tables>()
    .insertInto('audit')
    .values({
      at,
      event: entry.event,
      user_id: entry.userId ?? null,
      actor_id: entry.actorId ?? null,
      session_id: entry.sessionId ?? null,
      address: entry.address ?? null,
      detail: entry.detail ? JSON.stringify(entry.detail) : null,
    })
    .execute();
}
