import { day, hour, minute } from '../../src/clock.ts';
import type { Network } from './budgets-model.ts';

/**
 * What the reference model knows, and the rules that need nothing else. It knows neither digits nor tokens nor a
 * database: a code is the step that it belongs to, a session is an object that its account has or has no more.
 */
export interface Account {
  name: string;
  /** The number of the password that is good; 0 where there is none. */
  password: number;
  administrator: boolean;
  disabled: boolean;
  bound?: Bound | undefined;
  /** Those in force, the oldest first. */
  passkeys: Passkey[];
  /** The number of the set of recovery codes, and those of it that are spent. */
  codes?: { set: number; spent: Set<number> } | undefined;
  sessions: Session[];
  halves: Half[];
  /** Browsers that the account knows, by numbers, and until when. */
  browsers: { id: number; until: number }[];
}

/** Somebody with a password or without one, and nothing else yet. */
export function newAccount(name: string, administrator: boolean, password: 0 | 1): Account {
  return { name, password, administrator, disabled: false, passkeys: [], sessions: [], halves: [], browsers: [] };
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

export interface Passkey {
  id: number;
  /** Its device counts its signatures; and whether one of them has been taken here. */
  counts: boolean;
  used: boolean;
}

/** What stood for the second factor, and when. A passkey stands for the first one too. */
export interface Second {
  by: 'code' | 'recovery code' | 'passkey';
  at: number;
}

export interface Session {
  account: Account;
  /** Where it was made; what is asked with it comes from there. */
  from: From;
  /** When it proved the password, if it did. */
  passwordAt?: number | undefined;
  second?: Second | undefined;
  ends: number;
  seen: number;
  pending?: { secret: Secret; ends: number } | undefined;
}

export interface Half {
  account: Account;
  /** The network that it was begun from, or the browser where the account knows that. */
  place: string;
  at: number;
  judged: string;
}

/** A browser, and what it keeps. */
export interface Browser {
  name: string;
  network: Network;
  session?: Session | undefined;
  half?: Half | undefined;
  /** The numbers by which accounts know it, whoever signed in last first. */
  keeps: number[];
}

/** Where a request comes from: a program at a network, or a browser there. */
export interface From {
  network: Network;
  browser?: Browser | undefined;
}

/** What is typed as a code. */
export type Code = { secret: number; step: number } | { set: number; index: number } | 'wrong' | undefined;

export const isRecoveryCode = (code: Code): code is { set: number; index: number } =>
  typeof code === 'object' && 'set' in code;

export const stepAt = (now: number): number => Math.floor(now / 30_000);

export const lasts = (since: number, life: number, now: number): boolean => now - since < life;

/** What a verdict rests on: when it changes, what was judged before is void. */
export function judgedBy({ password, bound, passkeys, administrator }: Account): string {
  return JSON.stringify([password, bound?.secret.id, passkeys.map(({ id }) => id), administrator]);
}

/** A passkey in force is a second factor, like an authenticator. */
export function hasSecondFactor({ bound, passkeys }: Account): boolean {
  return bound !== undefined || passkeys.length > 0;
}

/** One that has been proved, as policy demands it: a passkey always has. */
export function hasProvedFactor({ bound, passkeys }: Account): boolean {
  return bound?.proved === true || passkeys.length > 0;
}

/** A session ends at its day's end, after an hour of rest where there are two factors, and with its account. */
export function stands(session: Session, now: number): boolean {
  const { account, ends, seen, second } = session;
  const idle = (hasSecondFactor(account) || second !== undefined) && !lasts(seen, hour, now);
  return (
    account.sessions.includes(session) && !account.disabled && ends > now && !idle && levelOf(session) !== undefined
  );
}

/** What a session may do: everything, enrol only, or nothing where a second factor is in force that it has not proved. */
export function levelOf(session: Session): 'full' | 'enrolling' | undefined {
  const { account, second } = session;
  // Who has switched an authenticator on goes on without proving it, but not past a passkey.
  const ofBinder = account.bound?.by === session && account.passkeys.length === 0;
  if (hasSecondFactor(account) && !second && !ofBinder) return undefined;
  if (!account.administrator) return 'full';
  return second && hasProvedFactor(account) ? 'full' : 'enrolling';
}

/**
 * Fresh is who proved within ten minutes what a sign-in would demand: a passkey by itself, else the password and what is
 * there as a second factor. An authenticator never proved is not demanded.
 */
export function isFresh({ account, passwordAt, second }: Session, now: number): boolean {
  const isRecent = (at: number | undefined): boolean => at !== undefined && lasts(at, 10 * minute, now);
  const proved = second && isInForce(account, second) && isRecent(second.at);
  if (proved && second.by === 'passkey') return true;
  return isRecent(passwordAt) && (proved || !hasProvedFactor(account));
}

/** What has been removed proves nothing any more. */
export function isInForce(account: Account, { by }: Second): boolean {
  if (by === 'recovery code') return hasSecondFactor(account);
  return by === 'passkey' ? account.passkeys.length > 0 : account.bound !== undefined;
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

/** What a right code proves. */
export function secondBy(code: Code, at: number): Second {
  return { by: isRecoveryCode(code) ? 'recovery code' : 'code', at };
}

/** For how long a browser is known, a session lasts and a secret waits. */
export const lives = { browser: 90 * day, session: day, half: 5 * minute, pending: 10 * minute };
