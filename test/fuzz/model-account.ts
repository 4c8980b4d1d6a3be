import { minute } from '../../src/clock.ts';
import type { Model } from './model.ts';
import {
  type Bound,
  type Code,
  hasProvedFactor,
  hasSecondFactor,
  isFresh,
  isInForce,
  isRecoveryCode,
  lasts,
  levelOf,
  lives,
  type Session,
  secondBy,
  stands,
} from './model-rules.ts';

/** What a session may do, and what that does: the second half of the reference model. */
export type Need = 'any' | 'full' | 'fresh' | 'fresh or enrolling';

/** What the door answers to a session; nothing where it lets it in. It notes once a minute that a session was used. */
export function door(session: Session, need: Need, now: number): string[] | undefined {
  if (!stands(session, now)) return ['401 unauthenticated'];
  if (!lasts(session.seen, minute, now)) session.seen = now;
  if (levelOf(session) === 'enrolling' && (need === 'full' || need === 'fresh')) return ['403 forbidden'];
  return need.startsWith('fresh') && !isFresh(session, now) ? ['403 reauthentication_required'] : undefined;
}

/** The secret that waits for a code of this session. */
function waiting(session: Session, now: number) {
  return session.pending && session.pending.ends > now ? session.pending.secret : undefined;
}

export function generate(model: Model, session: Session, now: number): string[] {
  const shut = door(session, 'fresh or enrolling', now);
  if (shut) return shut;
  const { bound } = session.account;
  const pending = waiting(session, now);
  if (!pending && bound?.proved) return ['409 otp_already_confirmed'];
  if (!pending && bound && bound.by !== session && session.second?.by !== 'recovery code') return ['403 forbidden'];
  const shown = pending ?? bound?.secret ?? startPending(model, session, now);
  shown.seen = true;
  return ['200'];
}

function startPending(model: Model, session: Session, now: number) {
  const secret = { id: model.newId(), seen: false };
  session.pending = { secret, ends: now + lives.pending };
  return secret;
}

export function replace(model: Model, session: Session, now: number): string[] {
  const shut = door(session, 'fresh', now);
  if (shut) return shut;
  if (session.account.bound && !waiting(session, now)) startPending(model, session, now);
  return ['204'];
}

/** Without a code: in force at once, once. */
export function enable(model: Model, session: Session, now: number): string[] {
  const shut = door(session, 'fresh or enrolling', now);
  if (shut) return shut;
  if (session.account.bound) return ['200'];
  const secret = waiting(session, now) ?? { id: model.newId(), seen: false };
  bind(model, session, { secret, by: session, proved: false, spent: -1 });
  return ['200'];
}

function bind(model: Model, session: Session, bound: Bound): void {
  const { account } = session;
  const replaced = account.bound;
  if (replaced) model.budgets.forget(model.budgets.codes(replaced.secret.id, undefined));
  // Codes come with the first second factor, whichever it is, and with another phone.
  if (replaced || !hasSecondFactor(account)) account.codes = { set: model.newId(), spent: new Set() };
  account.bound = bound;
  model.factorsChanged(account, session);
}

/** With a code: it proves the waiting secret, or the one in force that nobody has proved. */
export function enableWithCode(model: Model, session: Session, typed: Code, now: number): string[] {
  const shut = door(session, 'fresh or enrolling', now);
  if (shut) return shut;
  const { account } = session;
  // A recovery code proves no authenticator.
  const code = typeof typed === 'object' && 'step' in typed ? typed : 'wrong';
  const secret = waiting(session, now);
  if (!secret && (!account.bound || account.bound.proved)) return ['409 otp_already_confirmed'];
  const verdict = secret ? model.judgePending(session, code, now) : model.judgeCode(account, code, session.from, now);
  if (typeof verdict !== 'string') return verdict;
  if (verdict === 'wrong') return ['422 wrong_otp'];
  // A session by passkey stays as fresh as it was.
  if (session.second?.by !== 'passkey' || !isInForce(account, session.second)) session.second = secondBy(code, now);
  const spent = code === 'wrong' ? -1 : code.step;
  if (secret) bind(model, session, { secret, by: session, proved: true, spent });
  return ['200'];
}

export function disable(model: Model, session: Session, now: number): string[] {
  const shut = door(session, 'fresh or enrolling', now);
  if (shut) return shut;
  const { administrator, passkeys } = session.account;
  if (administrator && passkeys.length === 0) return ['409 second_factor_required'];
  if (session.account.bound) model.unbind(session.account, session);
  return ['200'];
}

export function renewRecoveryCodes(model: Model, session: Session, now: number): string[] {
  const shut = door(session, 'fresh', now);
  if (shut) return shut;
  if (!hasSecondFactor(session.account)) return ['409 second_factor_required'];
  session.account.codes = { set: model.newId(), spent: new Set() };
  return ['200'];
}

export function changePassword(model: Model, session: Session, password: number | undefined, now: number): string[] {
  const shut = door(session, 'fresh', now);
  if (shut) return shut;
  const { account } = session;
  // The first one is set without an old one, and no old one is sent along.
  if ((account.password === 0) !== (password === undefined)) return ['422 invalid'];
  if (password !== undefined) {
    const verdict = model.judgePassword(account.name, password, session.from, now);
    if (typeof verdict !== 'string') return verdict;
    if (verdict === 'wrong') return ['422 wrong_password'];
  }
  account.password += 1;
  for (const each of account.sessions) each.pending = undefined;
  model.endAll(account, { session });
  return ['204'];
}

export function reauthenticate(
  model: Model,
  session: Session,
  given: { password: number; code: Code },
  now: number,
): string[] {
  const shut = door(session, 'full', now);
  if (shut) return shut;
  const { account, from } = session;
  const { bound } = account;
  const password = model.judgePassword(account.name, given.password, from, now);
  if (typeof password !== 'string') return password;
  if (password === 'wrong') return ['422 wrong_password'];
  const isJudged = bound !== undefined || isRecoveryCode(given.code);
  if (hasProvedFactor(account) && (given.code === undefined || !isJudged)) return ['422 wrong_otp'];
  if (given.code !== undefined && hasSecondFactor(account)) {
    const verdict = model.judgeCode(account, given.code, from, now);
    if (typeof verdict !== 'string') return verdict;
    if (verdict === 'wrong') return ['422 wrong_otp'];
    session.second = secondBy(given.code, now);
  }
  session.passwordAt = now;
  return ['200'];
}

export function signOut(session: Session, now: number): string[] {
  const shut = door(session, 'any', now);
  if (shut) return shut;
  session.account.sessions = session.account.sessions.filter((each) => each !== session);
  return ['204'];
}

export function endOthers(model: Model, session: Session, now: number): string[] {
  const shut = door(session, 'full', now);
  if (shut) return shut;
  const browser = model.knownAs(session.from, session.account, now);
  model.endAll(session.account, { session, browser });
  return ['204'];
}
