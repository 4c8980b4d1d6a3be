import { day, hour, minute, second } from '../clock.ts';

/**
 * How many tries there are: the one table, and the pure rule over one budget.
 *
 * A try is charged before it is judged, so that no number of parallel tries gets past the count; a right one gives its
 * charge back. NIST SP 800-63B-4, 3.2.2 asks for the cut-off and allows delays of 30 s to 1 h on the way.
 */
export type Shape = Delaying | Windowed;

interface Delaying {
  /** Wrong tries in a row that cost nothing. */
  free: number;
  firstDelay: number;
  longestDelay: number;
  /** Wrong tries in a row after which no further one is judged, ever. */
  cutOff?: number;
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

export const defaultLimits = {
  /** Passwords of one name from one network. */
  password: { free: 5, firstDelay: 30 * second, longestDelay: 15 * minute, kept: false, forgottenAfter: day },
  /** Passwords of all names from one network. */
  network: { free: 50, window: 10 * minute, kept: false },
  /** Codes of one authenticator of one account. */
  otp: { free: 5, firstDelay: 30 * second, longestDelay: hour, cutOff: 100, kept: true, forgottenAfter: day },
  /** Codes that bind an authenticator: whoever asks has seen its secret, so nobody needs to be kept out for ever. */
  pendingOtp: { free: 5, firstDelay: 30 * second, longestDelay: hour, kept: false, forgottenAfter: day },
  /** Recovery codes of one account: they bind an authenticator again, so there is no cut-off. */
  recoveryCode: { free: 5, firstDelay: 30 * second, longestDelay: hour, kept: true, forgottenAfter: day },
  /** Rows of the table; beyond it the least telling ones go, and then new keys share one. */
  rows: 100_000,
  /** How long a try may await its verdict; after that it counts as wrong. */
  verdict: 30 * second,
  /** How long a try waits, and how far apart it looks again, while all free ones await their verdict. */
  patience: 5 * second,
  waitFor: 25,
} as const satisfies Record<string, Shape | number>;

export type Limits = {
  [Name in keyof typeof defaultLimits]: (typeof defaultLimits)[Name] extends number ? number : Shape;
};
export type BudgetName = 'password' | 'network' | 'otp' | 'pendingOtp' | 'recoveryCode';

export interface Budget {
  /** Wrong tries in a row, and those that await their verdict. */
  charged: number;
  awaiting: number;
  awaitingUntil: number;
  blockedUntil: number;
  expiresAt: number;
}

export type Decision = { may: 'try' } | { may: 'wait' } | { may: 'not'; until: number } | { may: 'never' };

export function emptyBudget(shape: Shape, now: number): Budget {
  return { charged: 0, awaiting: 0, awaitingUntil: 0, blockedUntil: 0, expiresAt: expiry(shape, now) };
}

/** Whether one more try may be judged now. */
export function decide(stored: Budget, shape: Shape, now: number): Decision {
  const budget = abandon(stored, shape, now);
  const settled = budget.charged - budget.awaiting;
  if ('cutOff' in shape && shape.cutOff && settled >= shape.cutOff) return { may: 'never' };
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

/** The verdict "right": everything settled is forgiven, but in a window only this try's own charge. */
export function settleRight(budget: Budget, shape: Shape): Budget {
  if ('window' in shape) return settleUnjudged(budget);
  const awaiting = Math.max(0, budget.awaiting - 1);
  return { ...budget, awaiting, charged: awaiting, blockedUntil: 0 };
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
  if (settled < shape.free) return budget.blockedUntil;
  if ('window' in shape) return budget.expiresAt;
  const delay = Math.min(shape.longestDelay, shape.firstDelay * 2 ** Math.min(settled - shape.free, 30));
  return Math.max(budget.blockedUntil, at + delay);
}

function later(budget: Budget, shape: Shape, now: number): { expiresAt: number } {
  return { expiresAt: 'window' in shape ? budget.expiresAt : expiry(shape, now) };
}

function expiry(shape: Shape, now: number): number {
  return now + ('window' in shape ? shape.window : shape.forgottenAfter);
}
