import type { SoftwareAuthenticator } from '../authenticator.ts';

/**
 * What an account must be, from what its owner was told. Values only: what is done to an account makes another one, so
 * that one can be kept from before a deed and one from after it, until somebody has looked which of the two it is.
 */
export interface Account {
  id: string;
  name: string;
  password: string;
  /** The authenticator in force, and the last step of it that was spent: -1 while it has never been proved. */
  authenticator: Authenticator | undefined;
  /** Passkeys, each on a device of its own. */
  passkeys: readonly Passkey[];
  /** Recovery codes that are good. */
  codes: readonly string[];
  /** The same, where the answer that had them was never heard. */
  unheardCodes: number;
  sessions: readonly Held[];
  /** Sessions whose token was never heard. */
  unheardSessions: number;
  /** How often the audit log must tell of what. */
  events: Readonly<Partial<Record<Told, number>>>;
  /** What must never be good again, the newest last. */
  over: Readonly<Over>;
}

export interface Authenticator {
  secret: Buffer;
  step: number;
}

export interface Passkey {
  name: string;
  device: SoftwareAuthenticator;
}

/** What a passkey has answered, to be sent once. */
export interface Answered {
  body: object;
  /** When its challenge is good no more. */
  lateAt: number;
}

/** A session: its token, when it proved who it is, and whether by two factors; by a passkey, it needs no password. */
export interface Held {
  token: string;
  at: number;
  strong: boolean;
  passkey?: boolean;
}

interface Over {
  passwords: readonly string[];
  tokens: readonly string[];
  codes: readonly string[];
  secrets: readonly Buffer[];
  passkeys: readonly Passkey[];
  answers: readonly Answered[];
}

/** Events of the audit log that tell of a change, one for each. */
export const told = [
  'otp.bound',
  'otp.confirmed',
  'otp.removed',
  'otp.replaced',
  'passkey.added',
  'passkey.removed',
  'password.changed',
  'recovery_code.used',
  'recovery_codes.made',
  'session.ended',
  'session.reauthenticated',
  'sessions.ended',
  'sign_in.succeeded',
] as const;
export type Told = (typeof told)[number];

export function newAccount(id: string, name: string, password: string): Account {
  const over = { passwords: [], tokens: [], codes: [], secrets: [], passkeys: [], answers: [] };
  const nothing = {
    authenticator: undefined,
    passkeys: [],
    codes: [],
    unheardCodes: 0,
    sessions: [],
    unheardSessions: 0,
    events: {},
  };
  return { id, name, password, ...nothing, over };
}

/** What the audit log has one more row of. */
export function tell(account: Account, ...events: Told[]): Account {
  const counts = { ...account.events };
  for (const event of events) counts[event] = (counts[event] ?? 0) + 1;
  return { ...account, events: counts };
}

/** One session more; nobody knows its token where the answer was not heard. */
export function begin(account: Account, held: Omit<Held, 'token'> & { token: string | undefined }): Account {
  const { token, ...proved } = held;
  if (token === undefined) return { ...account, unheardSessions: account.unheardSessions + 1 };
  return { ...account, sessions: [...account.sessions, { token, ...proved }] };
}

/** Ends the session of a token. */
export function end(account: Account, token: string): Account {
  const sessions = account.sessions.filter((held) => held.token !== token);
  return { ...account, sessions, over: { ...account.over, tokens: [...account.over.tokens, token] } };
}

/** Ends every session but one. */
export function endOthers(account: Account, kept: string): Account {
  const others = account.sessions.filter(({ token }) => token !== kept);
  const ended = others.reduce((rest, { token }) => end(rest, token), account);
  return { ...ended, unheardSessions: 0 };
}

/** The session has proved itself once more. */
export function prove(account: Account, token: string, proved: Omit<Held, 'token'>): Account {
  const sessions = account.sessions.map((held) => (held.token === token ? { token, ...proved } : held));
  return { ...account, sessions };
}

export function spendStep(account: Account, step: number): Account {
  const { authenticator } = account;
  return authenticator ? { ...account, authenticator: { ...authenticator, step } } : account;
}

export function spendCode(account: Account, code: string): Account {
  const codes = account.codes.filter((each) => each !== code);
  return { ...account, codes, over: { ...account.over, codes: [...account.over.codes, code] } };
}

/** A new set of recovery codes, which voids the old one; ten that nobody knows where the answer was not heard. */
export function renewCodes(account: Account, codes: readonly string[] | undefined): Account {
  const over = { ...account.over, codes: [...account.over.codes, ...account.codes] };
  return { ...account, over, codes: codes ?? [], unheardCodes: codes ? 0 : 10 };
}

export const hasSecondFactor = ({ authenticator, passkeys }: Account): boolean =>
  authenticator !== undefined || passkeys.length > 0;

/** Takes the authenticator away. */
export function disarm(account: Account): Account {
  const left = replaceAuthenticator(account, undefined);
  return hasSecondFactor(left) ? outdate(left, ({ passkey }) => !passkey) : withoutAny(left);
}

/** With the last second factor the recovery codes go; no session has proved more than a password then. */
function withoutAny(account: Account): Account {
  const sessions = account.sessions.map(({ token, at }) => ({ token, at, strong: false }));
  return { ...renewCodes(account, []), sessions, unheardCodes: 0 };
}

/** What was proved by a factor that is gone is fresh no more. */
function outdate(account: Account, which: (held: Held) => unknown): Account {
  return { ...account, sessions: account.sessions.map((held) => (which(held) ? { ...held, at: 0 } : held)) };
}

export function addPasskey(account: Account, passkey: Passkey): Account {
  return { ...account, passkeys: [...account.passkeys, passkey] };
}

export function removePasskey(account: Account, { name }: Passkey): Account {
  const gone = account.passkeys.filter((each) => each.name === name);
  const passkeys = account.passkeys.filter((each) => each.name !== name);
  const over = { ...account.over, passkeys: [...account.over.passkeys, ...gone] };
  const left = { ...account, passkeys, over };
  if (passkeys.length > 0) return left;
  // When a session that has proved a passkey proved a password, if ever, is not remembered.
  const outdated = outdate(left, (held) => held.passkey);
  return hasSecondFactor(left) ? outdated : withoutAny(outdated);
}

export function spendAnswer(account: Account, answer: Answered): Account {
  return { ...account, over: { ...account.over, answers: [...account.over.answers, answer] } };
}

export function replaceAuthenticator(account: Account, authenticator: Authenticator | undefined): Account {
  const old = account.authenticator ? [account.authenticator.secret] : [];
  return { ...account, authenticator, over: { ...account.over, secrets: [...account.over.secrets, ...old] } };
}

export function changePassword(account: Account, password: string): Account {
  const { over } = account;
  return { ...account, password, over: { ...over, passwords: [...over.passwords, account.password] } };
}
