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

/** A session: its token, when it proved who it is, and whether by two factors. */
export interface Held {
  token: string;
  at: number;
  strong: boolean;
}

interface Over {
  passwords: readonly string[];
  tokens: readonly string[];
  codes: readonly string[];
  secrets: readonly Buffer[];
}

/** Events of the audit log that tell of a change, one for each. */
export const told = [
  'otp.bound',
  'otp.confirmed',
  'otp.removed',
  'otp.replaced',
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
  const over = { passwords: [], tokens: [], codes: [], secrets: [] };
  const nothing = {
    authenticator: undefined,
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

/** Takes the authenticator and the recovery codes away; no session has proved more than a password then. */
export function disarm(account: Account): Account {
  const sessions = account.sessions.map((held) => ({ ...held, strong: false }));
  return { ...replaceAuthenticator(renewCodes(account, []), undefined), sessions, unheardCodes: 0 };
}

export function replaceAuthenticator(account: Account, authenticator: Authenticator | undefined): Account {
  const old = account.authenticator ? [account.authenticator.secret] : [];
  return { ...account, authenticator, over: { ...account.over, secrets: [...account.over.secrets, ...old] } };
}

export function changePassword(account: Account, password: string): Account {
  const { over } = account;
  return { ...account, password, over: { ...over, passwords: [...over.passwords, account.password] } };
}
