import { placeIn, type SealedColumn, type Tx } from '../database/database.ts';
import { type Keyring, Unsealable } from '../seal.ts';
import { KeyError } from './key-file.ts';
import { selectServiceSecret, upsertServiceSecret } from './store.ts';

/** Where secrets of the service itself are kept, by name. */
export const sealedServiceSecrets: SealedColumn = { table: 'service_secrets', column: 'sealed', idColumn: 'name' };

const name = 'throttle';
const place = placeIn(sealedServiceSecrets, name);

/**
 * The 256-bit secret of the throttle, which outlives every rotation of the keys: derived from the active key when it is
 * first asked for, and kept sealed from then on. Throws `KeyError` when it cannot be opened.
 */
export async function throttleSecret(tx: Tx, keyring: Keyring): Promise<Buffer> {
  const stored = await selectServiceSecret(tx, name);
  return stored ? open(keyring, stored) : remakeThrottleSecret(tx, keyring);
}

/** Makes the secret of the throttle anew, in place of one that nobody can open any more. */
export async function remakeThrottleSecret(tx: Tx, keyring: Keyring): Promise<Buffer> {
  const secret = keyring.deriveFrom(keyring.activeKeyId(), name);
  if (!secret) throw new Unsealable('no active key');
  await upsertServiceSecret(tx, name, keyring.seal(place, secret));
  return secret;
}

/** Seals the secret of the throttle with the active key. Throws `KeyError` when it cannot be opened. */
export async function resealThrottleSecret(tx: Tx, keyring: Keyring): Promise<void> {
  await upsertServiceSecret(tx, name, keyring.seal(place, await throttleSecret(tx, keyring)));
}

function open(keyring: Keyring, sealed: Buffer): Buffer {
  try {
    return keyring.open(place, sealed);
  } catch (error) {
    if (!(error instanceof Unsealable)) throw error;
    throw new KeyError(
      `The secret "${name}" of this service cannot be opened (${error.message}). Put that key or a whole backup back; if the key is lost for ever, \`countersign key rotate --help\` says what to do.`,
    );
  }
}
