/**
 * The codes of authenticator apps, as pure rules: HOTP (RFC 4226), TOTP (RFC 6238), and which step a typed code belongs
 * to. That a step is spent only once is the work of one conditional statement in `store.ts`; this file says which one.
 */
import { createHmac, timingSafeEqual } from 'node:crypto';
import { second } from '../clock.ts';

/** 160 bits, recommended by RFC 4226, R6 (it demands 128), and the length of the SHA-1 output (RFC 6238, 5.1). */
export const secretBytes = 20;

/** Six digits, SHA-1 and 30 seconds: apps ignore what a URI says to the contrary, so anything else locks people out. */
export const codeDigits = 6;

/** The length of a step in milliseconds: the default of RFC 6238, 4.1, and the longest life that ASVS 6.5.5 allows. */
export const period = 30 * second;

/** RFC 4226, R6: a shorter secret is no secret. */
const leastSecretBytes = 16;

type Algorithm = 'sha1' | 'sha256' | 'sha512';
type Digits = 6 | 7 | 8;

/** What a typed code is: of an unspent step, of spent steps only (a replay), or of none. */
export type Match = { step: number } | 'spent' | 'wrong';

/**
 * The step that a typed code belongs to, among the one of `now` (ms) and `window` steps before and after it (RFC 6238,
 * 5.2 and 6). `after` is the last spent step, -1 where there is none: steps up to it count as spent. When the code
 * belongs to two steps the lower one is answered, so that the higher one stays good for one more sign-in.
 * Every step is compared, in constant time: how long it takes does not tell which one matched.
 * @throws RangeError for a secret under 128 bits, against which nothing may be judged right
 */
export function matchingStep(
  secret: Uint8Array,
  input: string,
  { now, window, after }: { now: number; window: 0 | 1; after: number },
): Match {
  if (secret.length < leastSecretBytes) throw new RangeError(`A secret has at least ${leastSecretBytes} bytes.`);
  const code = normalizeCode(input);
  if (code === undefined) return 'wrong';
  const matching = stepsAround(stepAt(now), window).filter((step) => isSameCode(code, hotp(secret, step)));
  const step = matching.find((step) => step > after);
  if (step !== undefined) return { step };
  return matching.length > 0 ? 'spent' : 'wrong';
}

/** How far back a late code is looked for, in steps: ten minutes. */
const mostLate = 20;

/** A code of a step that is over: how many steps late it was, and how many milliseconds. */
export interface Late {
  step: number;
  steps: number;
  ms: number;
}

/**
 * How late a code is that was not accepted: the sign of a clock that runs behind. It accepts nothing. A code of the
 * future is never looked for: whoever has one would only have to wait.
 */
export function lateness(secret: Uint8Array, input: string, now: number): Late | undefined {
  const code = normalizeCode(input);
  if (code === undefined) return undefined;
  const current = stepAt(now);
  const past = Array.from({ length: mostLate - 1 }, (_, index) => current - index - 2).filter((step) => step >= 0);
  const step = past.find((step) => isSameCode(code, hotp(secret, step)));
  return step === undefined ? undefined : { step, steps: current - step, ms: (current - step) * period };
}

/** The code that an authenticator app shows at `now` (ms). */
export function codeAt(secret: Uint8Array, now: number): string {
  return hotp(secret, stepAt(now));
}

/** The time step T of `now` (ms), counted from 1970 (RFC 6238, 4.2, with T0 = 0). */
export function stepAt(now: number): number {
  return Math.floor(now / period);
}

/**
 * HOTP, RFC 4226, section 5.3, with the other hash functions of RFC 6238, 1.2. Leading zeros are kept.
 * @throws RangeError for a counter that is negative or no integer
 */
export function hotp(
  secret: Uint8Array,
  counter: number,
  digits: Digits = codeDigits,
  algorithm: Algorithm = 'sha1',
): string {
  const message = Buffer.alloc(8);
  message.writeBigUInt64BE(BigInt(counter));
  const mac = createHmac(algorithm, secret).update(message).digest();
  const offset = mac.readUInt8(mac.length - 1) & 0xf;
  const truncated = mac.readUInt32BE(offset) & 0x7fffffff;
  return String(truncated % 10 ** digits).padStart(digits, '0');
}

/**
 * What a person typed, as six ASCII digits: white space anywhere is dropped and full-width digits are taken as digits,
 * because apps show codes in groups and input methods change the width. `undefined` for anything else.
 */
export function normalizeCode(input: string): string | undefined {
  const code = input
    .replace(/\p{White_Space}/gu, '')
    .replace(/[\uff10-\uff19]/g, (digit) => String(digit.charCodeAt(0) - 0xff10));
  return /^[0-9]{6}$/.test(code) ? code : undefined;
}

function stepsAround(current: number, window: 0 | 1): number[] {
  const steps = window === 0 ? [current] : [current - 1, current, current + 1];
  return steps.filter((step) => step >= 0);
}

function isSameCode(one: string, other: string): boolean {
  return timingSafeEqual(Buffer.from(one), Buffer.from(other));
}
