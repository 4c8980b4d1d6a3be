/**
 * Base32 of RFC 4648, section 6, without padding: the form in which people type authenticator secrets and recovery
 * codes. Each value has one spelling, its case aside.
 */

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

// A table and not toUpperCase(), which would make ASCII letters of 'ı' and 'ſ'.
const values = new Map(
  [...alphabet].flatMap((letter, value) => [[letter, value] as const, [letter.toLowerCase(), value] as const]),
);

/** Base32 of the bytes in upper case, without padding; no bytes give the empty string. */
export function encodeBase32(bytes: Uint8Array): string {
  let text = '';
  let held = 0;
  let heldBits = 0;
  for (const byte of bytes) {
    held = (held << 8) | byte;
    heldBits += 8;
    while (heldBits >= 5) {
      heldBits -= 5;
      text += alphabet.charAt(held >>> heldBits);
      held &= (1 << heldBits) - 1;
    }
  }
  return heldBits > 0 ? text + alphabet.charAt(held << (5 - heldBits)) : text;
}

/**
 * The bytes that the text spells, in either case, or `undefined` where it spells none: a character outside of the
 * alphabet (padding, spaces and hyphens too), a length that no bytes give, or bits left over that are not zero.
 */
export function decodeBase32(text: string): Uint8Array | undefined {
  const bytes = new Uint8Array(Math.floor((text.length * 5) / 8));
  let filled = 0;
  let held = 0;
  let heldBits = 0;
  for (const character of text) {
    const value = values.get(character);
    if (value === undefined) return undefined;
    held = (held << 5) | value;
    heldBits += 5;
    if (heldBits >= 8) {
      heldBits -= 8;
      bytes[filled++] = held >>> heldBits;
      held &= (1 << heldBits) - 1;
    }
  }
  const wholeCharacterLeft = heldBits >= 5;
  return wholeCharacterLeft || held !== 0 ? undefined : bytes;
}
