import type { SealedColumn, Tx } from '../database/database.ts';
import { type Keyring, type Place, Unsealable } from '../seal.ts';
import { KeyFileError } from './key-file.ts';
import { selectServiceSecret, upsertServiceSecret } from './store.ts';

type ServiceSecret = 'throttle';

/**
 * A 256-bit secret of the service itself, which outlives every rotation of the keys: derived from the active key when
 * it is first asked for, and kept sealed from then on. Throws `KeyFileError` when it cannot be opened.
 */
export async function serviceSecret(tx: Tx, keyring: Keyring, name: ServiceSecret): Promise<Buffer> {
  const stored = await selectServiceSecret(tx, name);
  if (stored) return open(keyring, name, stored);
  return remakeServiceSecret(tx, keyring, name);
}

/** Makes a secret of the service anew, in place of one that nobody can open any more. */
export async function remakeServiceSecret(tx: Tx, keyring: Keyring, name: ServiceSecret): Promise<Buffer> {
  const secret = keyring.deriveFrom(keyring.activeKeyId(), name);
  if (!secret) throw new Unsealable('no active key');
  await upsertServiceSecret(tx, name, keyring.seal(placeOf(name), secret));
  return secret;
}

/** Seals a secret of the service with the active key. Throws `KeyFileError` when it cannot be opened. */
export async function resealServiceSecret(tx: Tx, keyring: Keyring, name: ServiceSecret): Promise<void> {
  await upsertServiceSecret(tx, name, keyring.seal(placeOf(name), await serviceSecret(tx, keyring, name)));
}

function open(keyring: Keyring, name: string, sealed: Buffer): Buffer {
  try {
    return keyring.open(placeOf(name), sealed);
  } catch (error) {
    if (!(error instanceof Unsealable)) throw error;
    throw new KeyFileError(
      `The secret "${name}" of this service cannot be opened (${error.message}). Put that key or a whole backup back; if the key is lost for ever, \`countersign key rotate --help\` says what to do.`,
    );
  }
}

/** Where they are kept, by name. */
export const sealedServiceSecrets: SealedColumn = { table: 'service_secrets', column: 'sealed', row: 'name' };

const placeOf = (name: string): Place => ({ ...sealedServiceSecrets, row: name });
