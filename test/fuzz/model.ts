import type { Limits } from '../../src/throttle/throttle.ts';
import { Budgets, type Gate } from './budgets-model.ts';
import {
  type Account,
  type Browser,
  type Code,
  type From,
  type Half,
  hasSecondFactor,
  isCodeOf,
  isRecoveryCode,
  judgedBy,
  lasts,
  levelOf,
  lives,
  type Session,
  secondBy,
  spendRecoveryCode,
  spendStep,
} from './model-rules.ts';

/**
 * A reference model of the promises: who gets in with what, and what ends with what. Every verb answers what the
 * service must answer, in few words: usually one answer, more where each of them keeps the promise. What a session may
 * do is in `model-account.ts`.
 */
export class Model {
  readonly budgets: Budgets;
  readonly accounts: Account[] = [];
  #ids = 0;

  constructor(limits: Limits) {
    this.budgets = new Budgets(limits);
  }

  newId(): number {
    this.#ids += 1;
    return this.#ids;
  }

  /** Name and password, and a code where one is given. In a browser a half sign-in waits for the code. */
  signIn(name: string, password: number, code: Code, from: From, now: number): string[] {
    const account = this.accounts.find((each) => each.name === name);
    const verdict = this.judgePassword(name, password, from, now);
    if (typeof verdict !== 'string') return verdict;
    if (verdict === 'wrong' || !account) return ['wrong'];
    if (!hasSecondFactor(account)) return this.issue(account, from, { passwordAt: now }, now);
    // Where there is no authenticator no code is judged, but a recovery code.
    if (code !== undefined && (account.bound || isRecoveryCode(code)))
      return this.#finish(account, code, from, now, now);
    if (from.browser) beginHalf(account, from.browser, this.knownAs(from, account, now), now);
    return ['code wanted'];
  }

  /** A code for the half sign-in that a browser holds. */
  finishHalf(browser: Browser, code: Code, now: number): string[] {
    const half = halfOf(browser, now);
    if (!half) return ['begin anew'];
    const { account } = half;
    if (!account.bound && !isRecoveryCode(code)) return ['passkey wanted'];
    const outcome = this.#finish(account, code, { network: browser.network, browser }, half.at, now);
    takeAway(half, browser);
    return outcome;
  }

  /** Judges a password wherever one is typed; a right one clears the tries that it was one of. */
  judgePassword(name: string, password: number, from: From, now: number): 'right' | 'wrong' | string[] {
    const account = this.accounts.find((each) => each.name === name);
    const known = account && this.knownAs(from, account, now);
    const draws = this.budgets.passwords(name, from.network, known, now);
    const gate = this.budgets.gate(draws, now);
    if (!gate.open) return refusal(gate);
    const right = account !== undefined && !account.disabled && password > 0 && account.password === password;
    this.budgets.settle(draws, right, now);
    return right ? 'right' : 'wrong';
  }

  /** Judges a code of the authenticator in force, or a recovery code, and spends it. */
  judgeCode(account: Account, code: Code, from: From, now: number): 'right' | 'wrong' | string[] {
    const { bound, name } = account;
    const known = this.knownAs(from, account, now);
    const recovery = isRecoveryCode(code) ? code : undefined;
    const draws = recovery ? this.budgets.recoveryCodes(name, known) : this.budgets.codes(bound?.secret.id ?? 0, known);
    const gate = this.budgets.gate(draws, now);
    if (!gate.open) return refusal(gate);
    const right = recovery ? spendRecoveryCode(account, recovery) : bound !== undefined && spendStep(bound, code, now);
    this.budgets.settle(draws, right, now);
    return right ? 'right' : 'wrong';
  }

  /** Judges a code that is to prove the pending secret of a session. */
  judgePending(session: Session, code: Code, now: number): 'right' | 'wrong' | string[] {
    const draws = this.budgets.newAuthenticator(session.account.name);
    const gate = this.budgets.gate(draws, now);
    if (!gate.open) return refusal(gate);
    const secret = session.pending?.secret;
    const right = secret !== undefined && typeof code === 'object' && 'step' in code && isCodeOf(secret, code, now);
    this.budgets.settle(draws, right, now);
    return right ? 'right' : 'wrong';
  }

  /** The number under which an account knows the browser that a request comes from. */
  knownAs({ browser }: From, account: Account, now: number): number | undefined {
    return account.browsers.find(({ id, until }) => browser?.keeps.includes(id) && until > now)?.id;
  }

  /** Ends every session, known browser, half sign-in and pending secret of an account, but what is kept. */
  endAll(account: Account, kept: { session?: Session; browser?: number | undefined } = {}): void {
    account.sessions = account.sessions.filter((each) => each === kept.session);
    account.halves = [];
    for (const { id } of account.browsers) if (id !== kept.browser) this.budgets.forgetBrowser(id);
    account.browsers = account.browsers.filter(({ id }) => id === kept.browser);
  }

  /** Takes the authenticator away, with its tries. */
  unbind(account: Account, kept?: Session): void {
    if (account.bound) this.budgets.forget(this.budgets.codes(account.bound.secret.id, undefined));
    account.bound = undefined;
    this.factorRemoved(account, kept);
  }

  /** With the last second factor go the recovery codes, and what a session has proved of it beside a password. */
  factorRemoved(account: Account, kept?: Session): void {
    if (!hasSecondFactor(account)) {
      this.budgets.forget(this.budgets.recoveryCodes(account.name, undefined));
      account.codes = undefined;
      if (kept?.passwordAt !== undefined) kept.second = undefined;
    }
    this.factorsChanged(account, kept);
  }

  /** What every change of factors ends. */
  factorsChanged(account: Account, kept?: Session): void {
    for (const session of account.sessions) session.pending = undefined;
    this.endAll(account, kept ? { session: kept } : {});
    this.budgets.forget(this.budgets.newAuthenticator(account.name));
  }

  /** What an operator does to an account. */
  operate(account: Account, what: 'disable' | 'enable' | 'promote' | 'demote' | 'reset factors' | 'end all'): void {
    if (what === 'reset factors') {
      account.passkeys = [];
      this.unbind(account);
    }
    if (what === 'end all') this.endAll(account);
    if (what === 'disable') this.endAll(account);
    if (what === 'promote' && !account.administrator)
      for (const session of account.sessions) session.pending = undefined;
    if (what === 'disable' || what === 'enable') account.disabled = what === 'disable';
    if (what === 'promote' || what === 'demote') account.administrator = what === 'promote';
  }

  #finish(account: Account, code: Code, from: From, passwordAt: number, now: number): string[] {
    const verdict = this.judgeCode(account, code, from, now);
    if (typeof verdict !== 'string') return verdict;
    if (verdict === 'wrong') return ['wrong code'];
    return this.issue(account, from, { passwordAt, second: secondBy(code, now) }, now);
  }

  /** The only place where a session begins. */
  issue(account: Account, from: From, proved: Pick<Session, 'passwordAt' | 'second'>, now: number): string[] {
    const { browser } = from;
    const session: Session = { account, from, ...proved, ends: now + lives.session, seen: now };
    const before = browser?.session;
    if (before) before.account.sessions = before.account.sessions.filter((each) => each !== before);
    account.sessions.push(session);
    const level = levelOf(session);
    if (browser) {
      Object.assign(browser, { session, half: undefined });
      if (level === 'full') this.#remember(account, browser, now);
    }
    return [`in, ${level}`];
  }

  /** A browser is known to four accounts at most; the next one takes the place of whoever signed in longest ago. */
  #remember(account: Account, browser: Browser, now: number): void {
    const id = this.knownAs({ network: browser.network, browser }, account, now) ?? this.newId();
    const others = this.accounts.flatMap(({ browsers }) => browsers.filter(({ until }) => until > now));
    const kept = browser.keeps.filter((each) => each !== id && others.some((other) => other.id === each));
    browser.keeps = [id, ...kept].slice(0, 4);
    account.browsers = account.browsers.filter((each) => each.id !== id);
    account.browsers.push({ id, until: now + lives.browser });
  }
}

/** The half sign-in that a browser holds, as long as it opens the next step. */
export function halfOf({ half }: Browser, now: number): Half | undefined {
  if (!half?.account.halves.includes(half) || half.account.disabled) return undefined;
  return lasts(half.at, lives.half, now) && half.judged === judgedBy(half.account) ? half : undefined;
}

/** Takes a half sign-in away of which a session was made. */
export function takeAway(half: Half, browser: Browser): void {
  if (!browser.half) half.account.halves = half.account.halves.filter((each) => each !== half);
}

/**
 * At most five half sign-ins of an account and a network wait for the next step, and apart from it of a browser that it
 * knows; the next one ends the oldest.
 */
function beginHalf(account: Account, browser: Browser, known: number | undefined, now: number): void {
  const place = known === undefined ? browser.network.place : `browser ${known}`;
  const half = { account, place, at: now, judged: judgedBy(account) };
  const there = account.halves.filter((each) => each.place === place);
  const ended = there.slice(0, Math.max(0, there.length - 4));
  account.halves = [...account.halves.filter((each) => !ended.includes(each)), half];
  browser.half = half;
}

export function refusal(gate: Exclude<Gate, { open: true }>): string[] {
  return 'off' in gate ? ['off'] : gate.seconds.map((seconds) => `wait ${seconds}`);
}
