import type { Audit } from '../audit/audit.ts';
import type { Tx } from '../database/database.ts';
import type { NewPasskey, Passkeys, StoredPasskey } from '../passkeys/passkeys.ts';
import type { FactorChanges } from './factor-changes.ts';
import type { Facts } from './policy.ts';

/** A passkey that has been kept, with recovery codes where it is the first second factor. */
export interface KeptPasskey {
  passkey: StoredPasskey;
  recoveryCodes?: string[];
}

/** Keeps a new passkey, with all that it brings and ends; whether it may be made is for the caller to know. */
export async function keepPasskey(
  tx: Tx,
  { audit, passkeys, changes }: { audit: Audit; passkeys: Passkeys; changes: FactorChanges },
  facts: Facts,
  given: { judged: NewPasskey; name: string; by: { sessionId: string } | 'link'; address: string },
  now: number,
): Promise<KeptPasskey> {
  const { judged, name, by, address } = given;
  const userId = facts.user.id;
  const sessionId = by === 'link' ? undefined : by.sessionId;
  const passkey = await passkeys.add(tx, userId, judged, name, now);
  await changes.endTheRest(tx, userId, sessionId);
  const detail = {
    ...{ passkey: passkey.id, backup_eligible: passkey.backupEligible },
    ...(by === 'link' && { by }),
  };
  await audit.record(tx, now, { event: 'passkey.added', userId, sessionId, address, detail });
  const recoveryCodes = await changes.codesOfTheFirst(tx, facts);
  return { passkey, ...(recoveryCodes && { recoveryCodes }) };
}
