import { day, hour, minute } from '../../src/clock.ts';
import type { Network } from './budgets-model.ts';

/**
 * What the reference model knows, and the rules that need nothing else. It knows neither digits nor tokens nor a
 * database: a code is the step that it belongs to, a session is an object that its account has or has no more.
 */
export interface Account {
  name: string;
  /** The number of the password that is good. */
  password: number;
  administrator: boolean;
  disabled: boolean;
  bound?: Bound | undefined;
  /** The number of the set of recovery codes, and those of it that are spent. */
  codes?: { set: number; spent: Set<number> } | undefined;
  sessions: Session[];
  halves: Half[];
  /** Browsers that the account knows, and until when. */
  browsers: { id: number; browser: Browser; until: number }[];
}

/** Somebody with a password, and nothing else yet. */
export function newAccount(name: string, administrator: boolean): Account {
  return { name, password: 1, administrator, disabled: false, sessions: [], halves: [], browsers: [] };
}

export interface Secret {
  id: number;
  /** Its QR code has been fetched: somebody can answer with its codes. */
  seen: boolean;
}

export interface Bound {
  secret: Secret;
  by: Session;
  proved: boolean;
  /** The last step that is spent. */
  spent: number;
}

export interface Session {
  account: Account;
  /** Where it was made; what is asked with it comes from there. */
  from: From;
  passwordAt: number;
  second?: { recovery: boolean; at: number } | undefined;
  ends: number;
  seen: number;
  pending?: { secret: Secret; ends: number } | undefined;
}

export interface Half {
  account: Account;
  network: Network;
  at: number;
  judged: string;
}

/** A browser, and what it keeps. */
export interface Browser {
  name: string;
  network: Network;
  session?: Session | undefined;
  half?: Half | undefined;
}

/** Where a request comes from: a program at a network, or a browser there. */
export interface From {
  network: Network;
  browser?: Browser | undefined;
}

/** What is typed as a code. */
export type Code = { secret: number; step: number } | { set: number; index: number } | 'wrong' | undefined;

export const stepAt = (now: number): number => Math.floor(now / 30_000);

export const lasts = (since: number, life: number, now: number): boolean => now - since < life;

/** What a verdict rests on: when it changes, what was judged before is void. */
export function judgedBy({ password, bound, administrator }: Account): string {
  return JSON.stringify([password, bound?.secret.id, administrator]);
}

/** A session ends at its day's end, after an hour of rest where there are two factors, and with its account. */
export function stands(session: Session, now: number): boolean {
  const { account, ends, seen, second } = session;
  const idle = (account.bound !== undefined || second !== undefined) && !lasts(seen, hour, now);
  return (
    account.sessions.includes(session) && !account.disabled && ends > now && !idle && levelOf(session) !== undefined
  );
}

/** What a session may do: everything, enrol only, or nothing where a second factor is in force that it has not proved. */
export function levelOf(session: Session): 'full' | 'enrolling' | undefined {
  const { bound, administrator } = session.account;
  const ofBinder = bound?.by === session && !session.second;
  if (bound && !session.second && !ofBinder) return undefined;
  if (!administrator) return 'full';
  return bound && session.second && bound.proved ? 'full' : 'enrolling';
}

/** Fresh is who proved within ten minutes what a sign-in would demand; an authenticator never proved is not demanded. */
export function isFresh({ account, passwordAt, second }: Session, now: number): boolean {
  if (!lasts(passwordAt, 10 * minute, now)) return false;
  return !account.bound?.proved || (second !== undefined && lasts(second.at, 10 * minute, now));
}

/** Spends a code of an authenticator: a step is good once, while it is the present one or beside it. */
export function spendStep(bound: Bound, code: Code, now: number): boolean {
  if (typeof code !== 'object' || !('step' in code) || !isCodeOf(bound.secret, code, now)) return false;
  if (code.step <= bound.spent) return false;
  bound.spent = code.step;
  bound.proved = true;
  return true;
}

export function isCodeOf({ id }: Secret, code: { secret: number; step: number }, now: number): boolean {
  return code.secret === id && Math.abs(code.step - stepAt(now)) <= 1;
}

/** Spends a recovery code: each is good once, and only those of the newest set. */
export function spendRecoveryCode({ codes }: Account, { set, index }: { set: number; index: number }): boolean {
  if (codes?.set !== set || codes.spent.has(index)) return false;
  codes.spent.add(index);
  return true;
}

/** For how long a browser is known, a session lasts and a secret waits. */
export const lives = { browser: 90 * day, session: day, half: 5 * minute, pending: 10 * minute };
