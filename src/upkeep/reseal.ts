import {
  countSealed,
  type Database,
  type Db,
  listSealed,
  replaceSealed,
  type SealedColumn,
} from '../database/database.ts';
import { sealedHashes } from '../passwords/passwords.ts';
import { type Place, type Sealer, sealHeader, Unsealable } from '../seal.ts';
import { sealedPendingSecrets, sealedSecrets } from '../totp/totp.ts';
import { listInstances } from './instances.ts';
import { KeyFileError } from './key-file.ts';
import { sealedServiceSecrets } from './service-secrets.ts';

/** Everything that is sealed. */
const sealedColumns: readonly SealedColumn[] = [
  sealedHashes,
  sealedSecrets,
  sealedPendingSecrets,
  sealedServiceSecrets,
];

/** Values sealed anew in one transaction, for each of which others wait. */
const batch = 100;

/**
 * Seals every value anew that another key than the active one has sealed, a hundred at a time, beside whoever is served.
 * A value that has been changed meanwhile is left as it is. Answers how many were sealed anew, and how many could not
 * be opened, which stay as they are. Throws `KeyFileError` while an instance still seals with another key.
 */
export async function reseal(
  { database, sealer }: { database: Database; sealer: Sealer },
  now: number,
): Promise<{ resealed: number; unopened: number }> {
  const active = sealer.activeKeyId();
  const lagging = (await listInstances(database.read, now)).find(({ sealsWith }) => sealsWith !== active);
  if (lagging) {
    throw new KeyFileError(
      `Instance ${lagging.name} (${lagging.id}) still seals with key "${lagging.sealsWith}". It follows within 30 seconds; then try again.`,
    );
  }
  const found = { resealed: 0, unopened: 0 };
  const except = sealHeader(active);
  for (const column of sealedColumns) {
    let after = '';
    for (;;) {
      const values = await listSealed(database.read, column, { after, limit: batch, except });
      const last = values.at(-1);
      if (!last) break;
      const fresh = values.flatMap((value) => {
        const place = { ...column, row: value.row };
        const plain = openOrNot(sealer, place, value.sealed);
        return plain ? [{ value, sealed: sealer.seal(place, plain) }] : [];
      });
      found.unopened += values.length - fresh.length;
      await database.transaction(async (tx) => {
        for (const { value, sealed } of fresh) if (await replaceSealed(tx, column, value, sealed)) found.resealed += 1;
      });
      after = last.row;
    }
  }
  return found;
}

/** How many values a key has sealed. */
export async function countSealedWith(db: Db, keyId: string): Promise<number> {
  const counts = await Promise.all(sealedColumns.map((column) => countSealed(db, column, sealHeader(keyId))));
  return counts.reduce((sum, count) => sum + count, 0);
}

function openOrNot(sealer: Sealer, place: Place, sealed: Buffer): Buffer | undefined {
  try {
    return sealer.open(place, sealed);
  } catch (error) {
    if (error instanceof Unsealable) return undefined;
    throw error;
  }
}
