import type { Audit } from '../audit/audit.ts';
import type { Clock } from '../clock.ts';
import type { Database, Tx } from '../database/database.ts';
import {
  type NewPasskey,
  type PasskeyRefusal,
  type Passkeys,
  type RefusedPasskey,
  type StoredPasskey,
  wrongPasskey,
} from '../passkeys/passkeys.ts';
import type { FactorChanges } from './factor-changes.ts';
import { noteSeldom } from './note-seldom.ts';
import type { Facts } from './policy.ts';

/** A passkey that has been kept, with recovery codes where it is the first second factor. */
export interface KeptPasskey {
  passkey: StoredPasskey;
  recoveryCodes?: string[];
}

/** By what a passkey comes, and from where. */
interface From {
  by: { sessionId: string } | 'link';
  address: string;
}

/** Keeps a new passkey, with all that it brings and ends; whether it may be made is for the caller to know. */
export async function keepPasskey(
  tx: Tx,
  { audit, passkeys, changes }: { audit: Audit; passkeys: Passkeys; changes: FactorChanges },
  facts: Facts,
  given: From & { judged: NewPasskey; name: string },
  now: number,
): Promise<KeptPasskey> {
  const { judged, name, by, address } = given;
  const userId = facts.user.id;
  const sessionId = sessionOf(by);
  const passkey = await passkeys.add(tx, userId, judged, name, now);
  await changes.endTheRest(tx, userId, sessionId);
  const detail = { passkey: passkey.id, ...(by === 'link' && { by }) };
  await audit.record(tx, now, { event: 'passkey.added', userId, sessionId, address, detail });
  const recoveryCodes = await changes.codesOfTheFirst(tx, facts);
  return { passkey, ...(recoveryCodes && { recoveryCodes }) };
}

/**
 * Spends the challenge of a passkey that is refused, writes down why, and throws `wrong_passkey` with the reason. All else
 * stays as it is, the link too. Of a challenge that has been answered already there is nothing to write.
 */
export async function refusePasskey(
  parts: { audit: Audit; database: Database; clock: Clock; passkeys: Passkeys },
  userId: string,
  { judged, by, address }: From & { judged: RefusedPasskey },
): Promise<never> {
  const { audit, database, clock, passkeys } = parts;
  const reason = await database.transaction(async (tx): Promise<PasskeyRefusal> => {
    if (!(await passkeys.refuse(tx, judged))) return 'challenge';
    const about = { userId, sessionId: sessionOf(by), address };
    const detail = { passkey_reason: judged.refused, ...(by === 'link' && { by }) };
    await noteSeldom(tx, audit, { event: 'passkey.registration_refused', ...about, detail }, clock());
    return judged.refused;
  });
  throw wrongPasskey(reason);
}

function sessionOf(by: From['by']): string | undefined {
  return by === 'link' ? undefined : by.sessionId;
}
