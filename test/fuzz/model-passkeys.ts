import { halfOf, type Model, refusal, takeAway } from './model.ts';
import { door } from './model-account.ts';
import {
  type Account,
  type Browser,
  type From,
  hasProvedFactor,
  hasSecondFactor,
  type Passkey,
  type Session,
} from './model-rules.ts';

/** The part of the reference model that is about passkeys: what they open, what is refused, what comes and goes with them. */
export interface PasskeyAnswer {
  passkey: Passkey;
  /** What is not as it should be. */
  flaw?: 'forged' | 'unverified' | 'copied' | 'again' | 'late' | 'to another question' | undefined;
}

/** A passkey alone: both factors at once, of whomever it is. */
export function signInByPasskey(model: Model, answer: PasskeyAnswer, from: From, now: number): string[] {
  const owner = ownerOf(model, answer.passkey);
  const refused = judge(model, answer, { of: owner, from }, now);
  if (refused || !owner) return refused ?? [];
  return model.issue(owner, from, { second: { by: 'passkey', at: now } }, now);
}

/** What the page of a half sign-in does that asks for a passkey: it leads to the code where there is none. */
export function openSecondPasskey(browser: Browser, now: number): string[] {
  const half = halfOf(browser, now);
  if (!half) return ['begin anew'];
  return half.account.passkeys.length > 0 ? ['200'] : ['code wanted'];
}

/** A passkey for the half sign-in that a browser holds. */
export function finishHalfByPasskey(model: Model, browser: Browser, answer: PasskeyAnswer, now: number): string[] {
  const half = halfOf(browser, now);
  if (!half) return ['begin anew'];
  const from = { network: browser.network, browser };
  const refused = judge(model, answer, { of: half.account, from }, now);
  const proved = { passwordAt: half.at, second: { by: 'passkey', at: now } } as const;
  const outcome = refused ?? model.issue(half.account, from, proved, now);
  takeAway(half, browser);
  return outcome;
}

export function askToReauthenticate(session: Session, now: number): string[] {
  const shut = door(session, 'full', now);
  if (shut) return shut;
  return session.account.passkeys.length > 0 ? ['200'] : ['404 not_found'];
}

export function reauthenticateByPasskey(model: Model, session: Session, answer: PasskeyAnswer, now: number): string[] {
  const shut = door(session, 'full', now);
  if (shut) return shut;
  const refused = judge(model, answer, { of: session.account, from: session.from }, now);
  if (refused) return refused;
  session.second = { by: 'passkey', at: now };
  return ['200'];
}

/** The session that adds one counts as having proved it; everything else of the account ends. */
export function addPasskey(model: Model, session: Session, passkey: Passkey, now: number): string[] {
  const shut = door(session, 'fresh or enrolling', now);
  if (shut) return shut;
  const { account } = session;
  if (!hasSecondFactor(account)) account.codes = { set: model.newId(), spent: new Set() };
  account.passkeys.push(passkey);
  session.second = { by: 'passkey', at: now };
  model.factorsChanged(account, session);
  return ['201'];
}

/** Removes the oldest one. `accepts` says that nobody need be able to sign in any more. */
export function removePasskey(model: Model, session: Session, accepts: boolean, now: number): string[] {
  const shut = door(session, 'fresh', now);
  if (shut) return shut;
  const { account } = session;
  const [oldest, ...rest] = account.passkeys;
  if (!oldest) return ['404 not_found'];
  const left = { ...account, passkeys: rest };
  if (account.administrator && !hasProvedFactor(left)) return ['409 second_factor_required'];
  if (rest.length === 0 && account.password === 0 && !accepts) return ['409 last_way_in'];
  account.passkeys = rest;
  model.factorRemoved(account, session);
  return ['204'];
}

function ownerOf({ accounts }: Model, passkey: Passkey): Account | undefined {
  return accounts.find(({ passkeys }) => passkeys.includes(passkey));
}

/**
 * Judges an answer; nothing where it is right, whatever was wrong before it. A wrong one is charged where it comes from,
 * unless it answers no challenge of ours that is open.
 */
function judge(
  model: Model,
  answer: PasskeyAnswer,
  { of, from }: { of: Account | undefined; from: From },
  now: number,
): string[] | undefined {
  const { passkey, flaw } = answer;
  if (flaw === 'again' || flaw === 'late' || flaw === 'to another question') return ['wrong passkey: challenge'];
  const reasons = reasonsAgainst(answer, of, ownerOf(model, passkey));
  if (reasons.length === 0) {
    passkey.used = true;
    return undefined;
  }
  const draws = model.budgets.passkeys(from.network, of && model.knownAs(from, of, now));
  const gate = model.budgets.gate(draws, now);
  if (!gate.open) return refusal(gate);
  model.budgets.settle(draws, false, now);
  return reasons.map((reason) => `wrong passkey: ${reason}`);
}

/** What an answer may be refused for: of several things that are wrong any may be said. */
function reasonsAgainst(
  { passkey, flaw }: PasskeyAnswer,
  of: Account | undefined,
  owner: Account | undefined,
): string[] {
  const isTheirs = owner !== undefined && owner === of && !owner.disabled;
  const reasons = flaw === 'unverified' ? ['user_verification'] : [];
  if (!owner) reasons.push('unknown_credential');
  else if (!isTheirs || flaw === 'forged') reasons.push('signature');
  // Said only of what is rightly signed, and may be said where the account is disabled as well.
  if (owner && owner === of && flaw === 'copied' && passkey.counts && passkey.used) reasons.push('counter');
  return reasons;
}
