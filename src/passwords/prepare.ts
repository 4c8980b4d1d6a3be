/** The longest password, in code points. ASVS 5.0 6.2.9 asks for 64 at least; a bound keeps hashing bounded. */
export const longestPassword = 256;

/** In UTF-16 units, judged before any other work: NFC of more than this is always more than 256 code points. */
const longestInput = longestPassword * 4 * 2;

/**
 * The form in which a password is hashed, at setting and at sign-in alike: NFC (NIST SP 800-63B-4 section 3.1.1.2), so that
 * é is é however a keyboard writes it. Never NFKC, never trimmed, no case changed. `undefined` for what cannot be a
 * password: empty, over 256 code points, or with a lone surrogate (it has no UTF-8).
 */
export function preparePassword(input: string): string | undefined {
  if (input.length > longestInput || !input.isWellFormed()) return undefined;
  const password = input.normalize('NFC');
  const length = codePoints(password);
  return length >= 1 && length <= longestPassword ? password : undefined;
}

/** The form in which a password is looked up on the blocklist: as a whole, whatever the case. Never the form that is hashed. */
export function blocklistForm(password: string): string {
  return password.normalize('NFC').toLowerCase();
}

/** How many code points a text has; NIST counts each as one character. A lone surrogate counts as one. */
export function codePoints(text: string): number {
  let count = 0;
  for (const _ of text) count += 1;
  return count;
}
