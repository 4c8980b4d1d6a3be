import { countSealed, type Database, type Db, placeIn, replaceSealed, sealedBatches } from '../database/database.ts';
import { type Sealer, sealHeader, tryOpen } from '../seal.ts';
import { listInstances } from './instances.ts';
import { KeyError } from './key-file.ts';
import { sealedColumns } from './sealed-columns.ts';

/** Values sealed anew in one transaction, for each of which others wait. */
const limit = 100;

/**
 * Seals every value anew that another key than the active one has sealed, a hundred at a time, beside whoever is served.
 * A value that has been changed meanwhile is left as it is. Answers how many were sealed anew, and how many could not
 * be opened, which stay as they are. Throws `KeyError` while an instance still seals with another key.
 */
export async function reseal(
  { database, sealer }: { database: Database; sealer: Sealer },
  now: number,
): Promise<{ resealed: number; unopened: number }> {
  const active = sealer.activeKeyId();
  const lagging = (await listInstances(database.read, now)).find(({ sealsWith }) => sealsWith !== active);
  if (lagging) {
    throw new KeyError(
      `Instance ${lagging.name} (${lagging.id}) still seals with key "${lagging.sealsWith}". It follows within 30 seconds; then try again.`,
    );
  }
  const found = { resealed: 0, unopened: 0 };
  for (const { column } of sealedColumns) {
    for await (const values of sealedBatches(database.read, column, { limit, except: sealHeader(active) })) {
      const fresh = values.flatMap((value) => {
        const place = placeIn(column, value.id);
        const plain = tryOpen(sealer, place, value.sealed);
        return plain ? [{ value, sealed: sealer.seal(place, plain) }] : [];
      });
      found.unopened += values.length - fresh.length;
      await database.transaction(async (tx) => {
        for (const { value, sealed } of fresh) if (await replaceSealed(tx, column, value, sealed)) found.resealed += 1;
      });
    }
  }
  return found;
}

/** How many values a key has sealed. */
export async function countSealedWith(db: Db, keyId: string): Promise<number> {
  const counts = await Promise.all(sealedColumns.map(({ column }) => countSealed(db, column, sealHeader(keyId))));
  return counts.reduce((sum, count) => sum + count, 0);
}
