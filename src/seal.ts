import { createCipheriv, createDecipheriv, createHmac, hkdfSync, randomBytes } from 'node:crypto';

/**
 * Seals values at rest: AES-256-GCM under a key of the key file, which lives outside the database.
 *
 * A sealed value opens only in the place it was sealed for: table, column and row go into the key (HKDF) and into the
 * authenticated data, so a value moved to another row does not open. Layout: version, length of the key id, key id,
 * 96-bit nonce, ciphertext, 128-bit tag.
 */
export interface SealKey {
  id: string;
  secret: Buffer;
}

/** Where a sealed value lives. Row ids are stable ids, never names. */
export interface Place {
  table: string;
  column: string;
  row: string;
}

export interface Sealer {
  seal(place: Place, plain: Uint8Array): Buffer;
  /** Throws `Unsealable` when the key is unknown, the value was changed, or it was sealed for another place. */
  open(place: Place, sealed: Uint8Array): Buffer;
  /** Whether a value is sealed with another key than the one that seals now. */
  isOutdated(sealed: Uint8Array): boolean;
  /** The id of the key that seals now. */
  activeKeyId(): string;
  /** A 256-bit key for another purpose than sealing, from a key of the file; none where the file does not hold it. */
  deriveFrom(keyId: string, purpose: string): Buffer | undefined;
}

/** A sealer whose keys may become more, and whose active one may become another, while the process runs. */
export interface Keyring extends Sealer {
  /** The ids of all keys it opens with. */
  keyIds(): string[];
  /**
   * Opens with these keys too, and seals with the one named `active` from now on. A key that it holds stays: what is
   * taken out of the file is forgotten when the process ends. Throws `Unsealable` when it has no such key.
   */
  hold(keys: readonly SealKey[], active: string): void;
}

export class Unsealable extends Error {
  override name = 'Unsealable';
  /** A factor that cannot be checked is not skipped: the answer is `unavailable`. */
  readonly statusCode = 503;
}

/** What a sealed value holds; nothing where it cannot be opened in this place with these keys. */
export function tryOpen(sealer: Sealer, place: Place, sealed: Uint8Array): Buffer | undefined {
  try {
    return sealer.open(place, sealed);
  } catch (error) {
    if (error instanceof Unsealable) return undefined;
    throw error;
  }
}

const version = 1;
const nonceBytes = 12;
const tagBytes = 16;
const keyLine = /^([A-Za-z0-9_-]{1,32}) ([A-Za-z0-9+/]{43}=)$/;

/** Reads a key file: one line a key, `<id> <base64 of 32 bytes>`; empty lines and `#` comments are passed over. */
export function parseKeys(text: string): SealKey[] {
  const keys: SealKey[] = [];
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    if (line.trim() === '' || line.startsWith('#')) continue;
    const [, id, secret] = keyLine.exec(line) ?? [];
    if (!id || !secret) throw new Error(`line ${index + 1} is not a key: write "<id> <base64 of 32 bytes>"`);
    if (keys.some((key) => key.id === id)) throw new Error(`line ${index + 1} repeats the key id "${id}"`);
    keys.push({ id, secret: Buffer.from(secret, 'base64') });
  }
  if (keys.length === 0) throw new Error('it holds no key: make one with `countersign key create FILE`');
  return keys;
}

/** A fresh key as a line of a key file. */
export function newKeyLine(): string {
  return `k${randomBytes(4).toString('hex')} ${randomBytes(32).toString('base64')}\n`;
}

/** What the database remembers of a key to know it again; it tells nothing about the key. */
export function checkValue(key: SealKey): Buffer {
  return createHmac('sha256', key.secret).update(`countersign check ${key.id}`).digest();
}

/** What every value begins with that is sealed with the key of this id, and no other. */
export function sealHeader(keyId: string): Buffer {
  return Buffer.concat([Buffer.from([version, keyId.length]), Buffer.from(keyId, 'latin1')]);
}

/** A keyring that opens with any of `keys` and seals with the one named `active`. */
export function createKeyring(keys: readonly SealKey[], active: string): Keyring {
  const secrets = new Map<string, Buffer>();
  let sealing: SealKey & { header: Buffer } = { id: '', secret: Buffer.alloc(0), header: Buffer.alloc(0) };

  const keyring: Keyring = {
    keyIds: () => [...secrets.keys()],
    hold(more, id) {
      const secret = secrets.get(id) ?? more.find((key) => key.id === id)?.secret;
      if (!secret) throw new Unsealable(`no key "${id}"`);
      for (const key of more) if (!secrets.has(key.id)) secrets.set(key.id, key.secret);
      sealing = { id, secret, header: sealHeader(id) };
    },

    seal(place, plain) {
      const nonce = randomBytes(nonceBytes);
      const cipher = createCipheriv('aes-256-gcm', keyFor(sealing.secret, place), nonce);
      cipher.setAAD(context(place));
      return Buffer.concat([sealing.header, nonce, cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
    },

    open(place, sealed) {
      // What a database gives may be anything that somebody has put there.
      if (!(sealed instanceof Uint8Array)) throw new Unsealable('not a sealed value');
      const bytes = Buffer.from(sealed);
      const idEnd = 2 + (bytes[1] ?? 0);
      const id = bytes.toString('latin1', 2, idEnd);
      const secret = secrets.get(id);
      if (bytes[0] !== version || bytes.length < idEnd + nonceBytes + tagBytes)
        throw new Unsealable('not a sealed value');
      if (!secret) throw new Unsealable(`sealed with key "${id}", which the key file does not hold`);
      const nonce = bytes.subarray(idEnd, idEnd + nonceBytes);
      const decipher = createDecipheriv('aes-256-gcm', keyFor(secret, place), nonce, { authTagLength: tagBytes });
      decipher.setAAD(context(place));
      decipher.setAuthTag(bytes.subarray(-tagBytes));
      try {
        return Buffer.concat([decipher.update(bytes.subarray(idEnd + nonceBytes, -tagBytes)), decipher.final()]);
      } catch {
        throw new Unsealable(`changed, or moved here from another place than ${context(place)}`);
      }
    },

    isOutdated: (sealed) => !sealing.header.equals(sealed.subarray(0, sealing.header.length)),
    activeKeyId: () => sealing.id,
    deriveFrom(keyId, purpose) {
      const secret = secrets.get(keyId);
      return secret && Buffer.from(hkdfSync('sha256', secret, '', `countersign ${purpose}`, 32));
    },
  };
  keyring.hold(keys, active);
  return keyring;
}

function keyFor(secret: Buffer, place: Place): Buffer {
  return Buffer.from(hkdfSync('sha256', secret, '', `countersign seal ${context(place)}`, 32));
}

// JSON, so that no two places can read alike whatever the parts contain.
function context(place: Place): Buffer {
  return Buffer.from(JSON.stringify([place.table, place.column, place.row]));
}
