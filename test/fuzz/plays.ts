import fc from 'fast-check';
import { minute, second } from '../../src/clock.ts';

/** What people, browsers and attackers do, as plain values: whoever is meant is counted off from who there is. */
export type Typed =
  | 'nothing'
  | 'now'
  | 'before'
  | 'after'
  | 'too late'
  | 'again'
  | 'wrong'
  | 'recovery'
  | 'old recovery';
export type Word = 'right' | 'wrong' | 'old';

/** What a device answers: what is asked for, or something that must not be taken for it. */
export const answers = [
  'right',
  'forged',
  'unverified',
  'copied',
  'again',
  'late',
  'to another question',
  'of somebody else',
  'removed',
  'unknown',
] as const;
export type Answered = (typeof answers)[number];

/** Tries in vain; `patient` waits as long as it is told to, `everywhere` comes from another network each time. */
export interface Guess {
  do: 'guess';
  who: number;
  at: number;
  what: 'password' | 'code';
  times: number;
  patient: boolean;
  everywhere: boolean;
}

export type Act =
  | { do: 'sign in'; who: number; at: number; password: Word; code: Typed }
  | Guess
  | { do: 'finish'; browser: number; code: Typed }
  | { do: 'use passkey'; who: number; at: number; answer: Answered }
  | { do: 'forge passkey'; who: number; at: number; times: number }
  | { do: 'finish by passkey'; browser: number; answer: Answered }
  | { do: 'leave'; browser: number }
  | { do: 'ask'; session: number; what: Wish; password: Word; code: Typed }
  | { do: 'ask about passkeys'; session: number; what: PasskeyWish; answer: Answered }
  | { do: 'operate'; who: number; what: Operation }
  | { do: 'wait'; ms: number }
  | { do: 'restart' };

export const wishes = [
  'whoami',
  'me',
  'generate',
  'replace',
  'enable',
  'enable with code',
  'disable',
  'recovery codes',
  'change password',
  'reauthenticate',
  'sign out',
  'end others',
] as const;
export type Wish = (typeof wishes)[number];

export const passkeyWishes = [
  'add passkey',
  'remove passkey',
  'remove passkey for good',
  'reauthenticate by passkey',
] as const;
export type PasskeyWish = (typeof passkeyWishes)[number];

export const operations = ['disable', 'enable', 'promote', 'demote', 'reset factors', 'end all'] as const;
export type Operation = (typeof operations)[number];

const record = <T>(model: { [K in keyof T]: fc.Arbitrary<T[K]> }): fc.Arbitrary<T> =>
  fc.record<T>(model, { noNullPrototype: true }) as fc.Arbitrary<T>;
const some = fc.nat(11);
/**
 * Most often the second one, who has both factors, or one with a password and a passkey: what one has done counts when the
 * same one does the next thing.
 */
const who = fc.oneof(
  { weight: 3, arbitrary: fc.constant(1) },
  { weight: 2, arbitrary: fc.constantFrom(4, 6) },
  { weight: 4, arbitrary: some },
);
/** Most often one of those who begin with a passkey. */
const holder = fc.oneof({ weight: 5, arbitrary: fc.constantFrom(4, 5, 5, 6) }, { weight: 1, arbitrary: some });
const times = fc.integer({ min: 1, max: 9 });
/** Most often the newest one. */
const session = fc.oneof(fc.constant(0), some);
const newest = fc.oneof({ weight: 4, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: some });
/** Most often a browser. */
const at = fc.oneof(fc.constantFrom(6, 7), some);
const code = fc.oneof(
  { weight: 6, arbitrary: fc.constant<Typed>('now') },
  { weight: 6, arbitrary: fc.constantFrom<Typed>('again', 'recovery', 'old recovery') },
  { weight: 5, arbitrary: fc.constantFrom<Typed>('before', 'after', 'too late', 'wrong', 'nothing') },
);
const password = fc.oneof(
  { weight: 6, arbitrary: fc.constant<Word>('right') },
  { weight: 2, arbitrary: fc.constantFrom<Word>('wrong', 'old') },
);
const answer = fc.oneof(
  { weight: 6, arbitrary: fc.constant<Answered>('right') },
  { weight: 5, arbitrary: fc.constantFrom<Answered>(...answers, 'copied', 'again') },
);
const waits = [1, 29, 30, 60].map((seconds) => seconds * second);
const longWaits = [4, 6, 9, 11, 16].map((minutes) => minutes * minute);
const veryLongWaits = [59, 61, 12 * 60, 25 * 60, 91 * 24 * 60].map((minutes) => minutes * minute);

const act: fc.Arbitrary<Act> = fc.oneof(
  { weight: 8, arbitrary: record({ do: fc.constant('sign in'), who, at, password, code }) },
  { weight: 2, arbitrary: record({ do: fc.constant('finish'), browser: some, code }) },
  { weight: 5, arbitrary: record({ do: fc.constant('use passkey'), who: holder, at, answer }) },
  { weight: 1, arbitrary: record({ do: fc.constant('finish by passkey'), browser: some, answer }) },
  {
    weight: 13,
    arbitrary: record({ do: fc.constant('ask'), session, what: fc.constantFrom(...wishes), password, code }),
  },
  {
    weight: 6,
    arbitrary: record({
      do: fc.constant('ask about passkeys'),
      session: newest,
      what: fc.constantFrom<PasskeyWish>(...passkeyWishes, 'remove passkey'),
      answer,
    }),
  },
  {
    weight: 5,
    arbitrary: record({
      do: fc.constant('guess'),
      who,
      at,
      what: fc.constantFrom('password', 'code'),
      times,
      patient: fc.boolean(),
      everywhere: fc.boolean(),
    }),
  },
  { weight: 2, arbitrary: record({ do: fc.constant('forge passkey'), who: holder, at, times }) },
  { weight: 2, arbitrary: record({ do: fc.constant('wait'), ms: fc.constantFrom(...waits) }) },
  { weight: 3, arbitrary: record({ do: fc.constant('wait'), ms: fc.constantFrom(...longWaits) }) },
  { weight: 1, arbitrary: record({ do: fc.constant('wait'), ms: fc.constantFrom(...veryLongWaits) }) },
  { weight: 2, arbitrary: record({ do: fc.constant('operate'), who, what: fc.constantFrom(...operations) }) },
  { weight: 1, arbitrary: record({ do: fc.constant('leave'), browser: some }) },
  { weight: 1, arbitrary: fc.constant<Act>({ do: 'restart' }) },
);

/** Sequences of up to so many acts; a failing one is made shorter. */
export function plays(most: number): fc.Arbitrary<Act[]> {
  return fc.array(act, { maxLength: most, size: 'max' });
}
