import { day, hour, minute, second } from '../clock.ts';

/**
 * How many tries there are: the one table, and the pure rule over one budget.
 *
 * A try is charged before it is judged, so that no number of parallel tries gets past the count; a right one gives its
 * charge back. NIST SP 800-63B-4, 3.2.2 asks for the cut-off and allows delays of 30 s to 1 h on the way.
 */
export type Shape = Delaying | Windowed | Capped;

interface Delaying {
  /** Wrong tries in a row that cost nothing. */
  free: number;
  firstDelay: number;
  longestDelay: number;
  /** Never forgotten to make room, and not by time either. */
  kept: boolean;
  forgottenAfter: number;
}

interface Windowed {
  /** Wrong tries in one window. */
  free: number;
  window: number;
  kept: false;
}

interface Capped {
  /** Wrong tries after which no further one is judged, ever; nothing is delayed before. */
  cutOff: number;
  kept: true;
}

export const defaultLimits = {
  /** Passwords of one name from one network, or from one browser that has signed in to the account before. */
  password: { free: 5, firstDelay: 30 * second, longestDelay: 15 * minute, kept: false, forgottenAfter: day },
  /** Passwords of one name from one IPv6 /48, which holds 65,536 networks and may be one subscriber's. */
  sitePassword: { free: 20, firstDelay: 30 * second, longestDelay: 15 * minute, kept: false, forgottenAfter: day },
  /** Networks (IPv6: /48) that fail on one name in a UTC day; further ones share one `password` budget of that name. */
  newNetwork: { free: 20, window: day, kept: false },
  /** Passwords of all names from one network. */
  network: { free: 50, window: 10 * minute, kept: false },
  /** Passwords of all names from one IPv6 /48. */
  site: { free: 200, window: 10 * minute, kept: false },
  /** Codes of one authenticator, or those of them that come from one browser that has signed in before. */
  otp: { free: 5, firstDelay: 30 * second, longestDelay: hour, kept: true, forgottenAfter: day },
  /** Codes of one authenticator from everywhere: each counts until a right one comes where it came from. */
  allOtp: { cutOff: 100, kept: true },
  /** Codes that bind an authenticator: whoever asks has seen its secret, so nobody needs to be kept out for ever. */
  pendingOtp: { free: 5, firstDelay: 30 * second, longestDelay: hour, kept: false, forgottenAfter: day },
  /** Recovery codes of one account: they bind an authenticator again, so there is no cut-off. */
  recoveryCode: { free: 5, firstDelay: 30 * second, longestDelay: hour, kept: true, forgottenAfter: day },
  /**
   * Passkeys that one network could not prove, or one browser that has signed in before: nobody can guess a signature, so
   * this only bounds what wrong answers write. What is right is never charged, and no passkey is ever off.
   */
  passkey: { free: 50, window: 10 * minute, kept: false },
  /** The same from one IPv6 /48. */
  sitePasskey: { free: 200, window: 10 * minute, kept: false },
  /** Rows of the table; beyond it the least telling ones go, and then new keys share one. */
  rows: 100_000,
  /** How long a try may await its verdict; after that it counts as wrong. */
  verdict: 30 * second,
  /** How long a try waits while all free ones await their verdict. */
  patience: 5 * second,
  /** After how many milliseconds it looks for the first time whether they have; then ever less often. */
  firstPause: 25,
  /** Tries that may wait so in one process at the same budget; further ones are refused at once. */
  waiting: 100,
  /** Refused networks that are remembered in memory, so that a flood from one costs no transaction. */
  remembered: 10_000,
} as const satisfies Record<string, Shape | number>;

export type Limits = {
  [Name in keyof typeof defaultLimits]: (typeof defaultLimits)[Name] extends number ? number : Shape;
};
export type BudgetName = { [Name in keyof Limits]: Limits[Name] extends number ? never : Name }[keyof Limits];

export interface Budget {
  /** Wrong tries in a row, and those that await their verdict. */
  charged: number;
  awaiting: number;
  awaitingUntil: number;
  blockedUntil: number;
  expiresAt: number;
}

export type Decision = { may: 'try' } | { may: 'wait' } | { may: 'not'; until: number } | { may: 'never' };

/** The longest that any budget delays, and the longest that any is remembered for. */
export function longest(limits: Limits): { delay: number; memory: number } {
  const shapes = Object.values(limits).filter((limit) => typeof limit === 'object');
  return {
    delay: Math.max(...shapes.map((shape) => ('longestDelay' in shape ? shape.longestDelay : 0))),
    memory: Math.max(
      ...shapes.map((shape) => ('cutOff' in shape ? 0 : 'window' in shape ? shape.window : shape.forgottenAfter)),
    ),
  };
}

export function emptyBudget(shape: Shape, now: number): Budget {
  return { charged: 0, awaiting: 0, awaitingUntil: 0, blockedUntil: 0, expiresAt: expiry(shape, now) };
}

/** Whether one more try may be judged now. */
export function decide(stored: Budget, shape: Shape, now: number): Decision {
  const budget = abandon(stored, shape, now);
  const settled = settledTries(budget);
  if ('cutOff' in shape) {
    if (settled >= shape.cutOff) return { may: 'never' };
    return { may: budget.charged < shape.cutOff ? 'try' : 'wait' };
  }
  if (budget.blockedUntil > now) return { may: 'not', until: budget.blockedUntil };
  if (budget.charged < shape.free) return { may: 'try' };
  if ('window' in shape && settled >= shape.free) return { may: 'not', until: budget.expiresAt };
  // A delay has run out: one try at a time, so that one verdict comes before the next.
  return budget.awaiting === 0 ? { may: 'try' } : { may: 'wait' };
}

/** One try more that awaits its verdict, for at most `verdict` ms. */
export function charge(stored: Budget, shape: Shape, now: number, verdict: number): Budget {
  const budget = abandon(stored, shape, now);
  const awaitingUntil = now + verdict;
  return {
    ...budget,
    charged: budget.charged + 1,
    awaiting: budget.awaiting + 1,
    awaitingUntil,
    ...later(budget, shape, now),
  };
}

/** The verdict "wrong": the charge stays, and from the last free try on a delay begins. */
export function settleWrong(budget: Budget, shape: Shape, now: number): Budget {
  const awaiting = Math.max(0, budget.awaiting - 1);
  const blockedUntil = delayFrom(now, budget, shape, budget.charged - awaiting);
  return { ...budget, awaiting, blockedUntil, ...later(budget, shape, now) };
}

/**
 * The verdict "right": everything settled is forgiven. In a window it is this try's own charge only, and of what is
 * counted from everywhere it is `forgiven` more: what the budget that the try came by has forgiven.
 */
export function settleRight(budget: Budget, shape: Shape, forgiven: number): Budget {
  if ('window' in shape) return settleUnjudged(budget);
  const awaiting = Math.max(0, budget.awaiting - 1);
  const charged = 'cutOff' in shape ? Math.max(awaiting, budget.charged - 1 - forgiven) : awaiting;
  return { ...budget, awaiting, charged, blockedUntil: 0 };
}

/** Wrong tries in a row that have had their verdict. */
export function settledTries({ charged, awaiting }: Budget): number {
  return charged - awaiting;
}

/** No verdict: this try's own charge is given back, and nothing else. */
export function settleUnjudged(budget: Budget): Budget {
  const awaiting = Math.max(0, budget.awaiting - 1);
  return { ...budget, awaiting, charged: Math.max(awaiting, budget.charged - 1) };
}

// A verdict that never came (the process died) counts as wrong.
function abandon(budget: Budget, shape: Shape, now: number): Budget {
  if (budget.awaiting === 0 || budget.awaitingUntil > now) return budget;
  const blockedUntil = delayFrom(budget.awaitingUntil, budget, shape, budget.charged);
  return { ...budget, awaiting: 0, blockedUntil };
}

/** Until when `settled` wrong tries delay the next; free ones not even by a clock that is set back. */
function delayFrom(at: number, budget: Budget, shape: Shape, settled: number): number {
  if ('cutOff' in shape || settled < shape.free) return budget.blockedUntil;
  if ('window' in shape) return budget.expiresAt;
  const delay = Math.min(shape.longestDelay, shape.firstDelay * 2 ** Math.min(settled - shape.free, 30));
  return Math.max(budget.blockedUntil, at + delay);
}

function later(budget: Budget, shape: Shape, now: number): { expiresAt: number } {
  return { expiresAt: 'window' in shape ? budget.expiresAt : expiry(shape, now) };
}

function expiry(shape: Shape, now: number): number {
  if ('cutOff' in shape) return now;
  return now + ('window' in shape ? shape.window : shape.forgottenAfter);
}
