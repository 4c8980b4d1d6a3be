import type { Audit } from '../audit/audit.ts';
import type { Clock } from '../clock.ts';
import type { Database, Tx } from '../database/database.ts';
import { type Client, Problem } from '../http/http.ts';
import type { Refusal, Throttle, Ticket, Verdict } from '../throttle/throttle.ts';
import { findUserByName, prepareName, type User } from '../users/users.ts';
import { judgedBy, type ReadFacts } from './facts.ts';
import { beginHalf, type MadeHalf } from './half-sign-in.ts';
import type { Issue, SignedIn } from './issue.ts';
import type { Code, Judge, JudgedPassword } from './judge.ts';
import type { Wrong, WrongOtp } from './judged.ts';
import { nextStep } from './next-step.ts';
import { noteSeldom } from './note-seldom.ts';
import { type Facts, factorsIn, hasSecondFactor } from './policy.ts';

/**
 * Signing in with name and password: with a code in the same request where a second factor is demanded, or, in a browser,
 * with a half sign-in that waits for a code or a passkey.
 *
 * Secrets are judged outside any transaction, because a hash takes long; the transaction that makes the session reads
 * the facts again and makes none when they have changed.
 */
export interface Credentials {
  name: string;
  password: string;
  code: Code | undefined;
}

/** In a browser: where the person wanted to go, and the session that this one had before. */
export interface InBrowser {
  returnTo: string | undefined;
  replaces: string | undefined;
}

/** How a sign-in, or a step of one, has ended, whatever it was by; for the metrics. */
export type SignInResult = (Outcome | Wrong)['result'];

export interface TooManyTries {
  result: 'too many tries';
  refusal: Refusal;
}

export type Outcome =
  | SignedIn
  | WrongOtp
  | TooManyTries
  | { result: 'otp required'; half?: MadeHalf; methods?: readonly Method[] }
  | { result: 'wrong credentials' }
  | { result: 'busy'; retryAfter: number };

interface Parts {
  audit: Audit;
  database: Database;
  clock: Clock;
  throttle: Throttle;
  judge: Judge;
  readFacts: ReadFacts;
  issue: Issue;
}

export function createCredentials(parts: Parts) {
  const { audit, database, clock, throttle, judge, readFacts, issue } = parts;

  /** Judges once; `changed` when the account changed meanwhile. */
  const attempt = async (given: Credentials, client: Client, browser?: InBrowser): Promise<Outcome | 'changed'> => {
    let user: User | undefined;
    let facts: Facts | undefined;
    const find = async (): Promise<string | undefined> => {
      user = await findUserByName(database.read, given.name);
      // Nobody has the empty id: strangers are read like members, so that it takes as long.
      facts = await readFacts(database.read, user?.id ?? '');
      // A disabled account is no account here: its hash is not even looked at, and so never made anew.
      return facts?.user.id;
    };
    const password = await judge.password({
      name: prepareName(given.name) ?? given.name,
      find,
      password: given.password,
      client,
    });
    if (!('ticket' in password)) return { result: 'too many tries', refusal: password };
    const { ticket } = password;
    const proved = { password: password.right && facts !== undefined, secondFactor: false };
    const next = nextStep(proved, { secondFactor: facts !== undefined && hasSecondFactor(facts) });
    if (next === 'prove password' || !facts)
      return settle(ticket, 'wrong', async (tx, now) => {
        const detail = { reason: 'wrong credentials' };
        await audit.record(tx, now, { event: 'sign_in.refused', userId: user?.id, address: client.address, detail });
        return { result: 'wrong credentials' };
      });
    const inBrowser = browser !== undefined;
    const accepted = { userId: facts.user.id, judged: judgedBy(facts), inBrowser, replaces: browser?.replaces };
    if (next === 'issue session') return issue({ ...accepted, ticket }, client);
    // A code of an authenticator says nothing where a passkey is the only second factor.
    if (!given.code || (given.code.kind === 'otp' && !facts.authenticator))
      return wait(password, facts, client, browser);
    await settle(ticket, 'right', async () => undefined);
    const code = await judge.code(facts, given.code, client);
    if (!('ticket' in code)) return { result: 'too many tries', refusal: code };
    return judge.orGiveBack(code.ticket, () => issue({ ...accepted, ticket: code.ticket, code }, client));
  };

  /** The password was right, and the second factor is still to come. */
  const wait = (
    { ticket, browserId }: JudgedPassword,
    facts: Facts,
    client: Client,
    browser: InBrowser | undefined,
  ): Promise<Outcome> =>
    settle(ticket, 'right', async (tx, now) => {
      await noteSeldom(
        tx,
        audit,
        { event: 'sign_in.otp_required', userId: facts.user.id, address: client.address },
        now,
      );
      if (!browser) return { result: 'otp required', ...(facts.passkeys && { methods: methodsOf(facts) }) };
      const from = { client, browserId };
      return { result: 'otp required', half: await beginHalf(tx, facts, from, browser.returnTo, now) };
    });

  const settle = <T>(ticket: Ticket, verdict: Verdict, also: (tx: Tx, now: number) => Promise<T>): Promise<T> =>
    database.transaction(async (tx) => {
      const now = clock();
      await throttle.settle(tx, ticket, verdict, now);
      return also(tx, now);
    });

  /** Signs in, or says why not. An account that changes meanwhile is judged anew once, then refused. */
  return async (given: Credentials, client: Client, browser?: InBrowser): Promise<Outcome> => {
    try {
      const first = await attempt(given, client, browser);
      const outcome = first === 'changed' ? await attempt(given, client, browser) : first;
      return outcome === 'changed' ? { result: 'wrong credentials' } : outcome;
    } catch (error) {
      if (error instanceof Problem && error.code === 'busy')
        return { result: 'busy', retryAfter: error.particulars.retryAfter ?? 1 };
      throw error;
    }
  };
}

/** What may stand for the second factor of an account. */
export type Method = 'otp' | 'passkey' | 'recovery_code';

function methodsOf(facts: Facts): Method[] {
  return [...factorsIn(facts), 'recovery_code'];
}
