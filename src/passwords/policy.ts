import type { Blocklist } from './blocklist.ts';
import { blocklistForm, codePoints, longestPassword, preparePassword } from './prepare.ts';

type Reason = 'too_short' | 'too_long' | 'common' | 'contains_only_context' | 'control_characters';

/** Why a new password was refused: a stable reason, and a sentence that says what to do next. */
export interface Refusal {
  readonly reason: Reason;
  readonly sentence: string;
}

interface Facts {
  /** In code points: 15 where the password is the only factor, 8 where a second one is required of the account. */
  readonly minimum: 8 | 15;
  /** The user's name, as stored. */
  readonly name: string;
  /** The service's name as people see it, such as its issuer or its host. */
  readonly service: string;
  /** From `loadBlocklist`. */
  readonly common: Blocklist;
}

const onlyFactorMinimum = 15;
const ownName = 'countersign';

const sentences: Readonly<Record<Reason, (minimum: number) => string>> = {
  too_short: (minimum) => `Use at least ${minimum} characters; several unrelated words are easy to remember.`,
  too_long: () => `Use at most ${longestPassword} characters.`,
  common: () => 'Choose another password; this one is on the list of common passwords, which are guessed first.',
  contains_only_context: () =>
    "Add more than your name, the service's name, digits and punctuation; passwords made of these are guessed first.",
  control_characters: () =>
    'Leave out tabs, line breaks and other control characters; not every sign-in can send them.',
};

/**
 * Says why a new password may not be set, or `undefined` if it may; `preparePassword` then has an answer for it. Length and
 * a blocklist, no composition rules (NIST SP 800-63B-4 section 3.1.1.2, ASVS 5.0 6.2.1–6.2.12). Takes it as typed.
 */
export function judgeNewPassword(password: string, facts: Facts): Refusal | undefined {
  const reason = reasonAgainst(password, facts);
  return reason && { reason, sentence: sentences[reason](facts.minimum) };
}

/** Whether a password is too short to be the only factor, whatever it was set under; stored beside its hash. */
export function shortPassword(password: string): boolean {
  return codePoints(password.normalize('NFC')) < onlyFactorMinimum;
}

function reasonAgainst(password: string, facts: Facts): Reason | undefined {
  if (isTooLong(password)) return 'too_long';
  if (hasControls(password)) return 'control_characters';
  if (codePoints(password.normalize('NFC')) < facts.minimum) return 'too_short';
  if (facts.common.has(blocklistForm(password))) return 'common';
  if (isOnlyContext(password, facts)) return 'contains_only_context';
  return undefined;
}

/** Judged first, because it bounds the work of all the others. */
function isTooLong(password: string): boolean {
  // Without lone surrogates, `undefined` can only mean empty or too long.
  return password !== '' && preparePassword(password.toWellFormed()) === undefined;
}

/** RFC 8265 section 4.2 forbids control characters; separators that break a line and lone surrogates are the same case. */
function hasControls(password: string): boolean {
  return /[\p{Cc}\p{Zl}\p{Zp}\p{Cs}]/u.test(password);
}

/**
 * Whether nothing but context words, digits and punctuation is in it (ASVS 5.0 6.2.11). A name of digits alone counts only
 * where no other digit stands beside it, so that random digits are never refused.
 */
function isOnlyContext(password: string, facts: Facts): boolean {
  const text = withoutCase(password);
  const words = [facts.name, facts.service, ownName]
    .flatMap(contextWords)
    .sort((one, other) => other.length - one.length);
  const withLetters = words.filter((word) => /\p{L}/u.test(word));
  const ofDigits = words.filter((word) => /^[^\p{L}]*\p{N}[^\p{L}]*$/u.test(word));
  return (
    leavesOnly(text, withLetters, /^[\p{N}\p{P}\p{Sm}\p{Sc}\p{Sk}\p{Z}]*$/u) ||
    leavesOnly(text, ofDigits, /^[\p{P}\p{Sm}\p{Sc}\p{Sk}\p{Z}]*$/u)
  );
}

/** The whole, the whole without punctuation, and its parts: of `j.doe@corp.com` also `jdoecorpcom`, `doe`, `corp`, `com`. */
function contextWords(phrase: string): string[] {
  const whole = withoutCase(phrase);
  const parts = whole.split(/[^\p{L}\p{M}\p{N}]+/u);
  return [whole, parts.join(''), ...parts.filter((part) => codePoints(part) >= 3)].filter((word) => word !== '');
}

/** Whether at least one of the words occurs, and the rest without them is filler. The longest come first. */
function leavesOnly(text: string, words: string[], filler: RegExp): boolean {
  const rest = words.reduce((left, word) => left.replaceAll(word, ' '), text);
  return rest !== text && filler.test(rest);
}

/** Upper case, because σ, ς and ı, i are one only there: a name is stored with one of each, people type the other. */
function withoutCase(text: string): string {
  return text.normalize('NFC').toUpperCase();
}
