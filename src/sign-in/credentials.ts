import { record } from '../audit/audit.ts';
import type { Clock } from '../clock.ts';
import type { Database } from '../database/database.ts';
import { type Client, type Level, Problem } from '../http/http.ts';
import type { Sessions } from '../sessions/sessions.ts';
import type { Refusal, Throttle, Ticket, Verdict } from '../throttle/throttle.ts';
import { findUserByName, prepareName, type User } from '../users/users.ts';
import { type ReadFacts, sameFacts } from './facts.ts';
import type { Code, Judge, JudgedCode } from './judge.ts';
import { nextStep } from './next-step.ts';
import type { Facts } from './policy.ts';
import { levelOf } from './policy.ts';

/**
 * Signing in with name and password, and a code where one is demanded: the one caller of `sessions.issue`.
 *
 * Secrets are judged outside any transaction, because a hash takes long; the transaction that makes the session reads
 * the facts again and makes none when they have changed.
 */
export interface Credentials {
  name: string;
  password: string;
  code: Code | undefined;
}

export type Outcome =
  | { result: 'signed in'; token: string; expiresAt: number; level: Level }
  | { result: 'otp required' }
  | { result: 'wrong otp' }
  | { result: 'wrong credentials' }
  | { result: 'too many tries'; refusal: Refusal }
  | { result: 'busy'; retryAfter: number };

interface Parts {
  database: Database;
  clock: Clock;
  throttle: Throttle;
  sessions: Sessions;
  judge: Judge;
  readFacts: ReadFacts;
}

/** What was judged, and waits for the transaction that makes the session. */
interface Accepted {
  facts: Facts;
  /** The charge that is still to be settled: the last one. */
  ticket: Ticket;
  code?: JudgedCode & { kind: Code['kind'] };
}

export function createCredentials(parts: Parts) {
  const { database, clock, throttle, sessions, judge, readFacts } = parts;

  /** Judges once; `changed` when the account changed meanwhile. */
  const attempt = async (given: Credentials, client: Client): Promise<Outcome | 'changed'> => {
    let user: User | undefined;
    let facts: Facts | undefined;
    const find = async (): Promise<string | undefined> => {
      user = await findUserByName(database.read, given.name);
      facts = user && (await readFacts(database.read, user.id));
      // A disabled account is no account here: its hash is not even looked at, and so never made anew.
      return facts?.user.id;
    };
    const password = await judge.password({
      name: prepareName(given.name) ?? given.name,
      find,
      password: given.password,
      address: client.address,
    });
    if (!('ticket' in password)) return { result: 'too many tries', refusal: password };
    const right = password.right && facts !== undefined;
    const next = nextStep(
      { password: right, secondFactor: false },
      { secondFactor: facts?.authenticator !== undefined },
    );
    if (next === 'prove password' || !facts)
      return refuse(password.ticket, 'wrong', 'wrong credentials', user?.id, client);
    if (next === 'issue session' || !facts.authenticator) return issue({ facts, ticket: password.ticket }, client);
    if (!given.code) return refuse(password.ticket, 'right', 'otp required', facts.user.id, client);
    await database.transaction((tx) => throttle.settle(tx, password.ticket, 'right', clock()));
    const code = await judge.code(facts.user.id, facts.authenticator.id, given.code);
    if (!('ticket' in code)) return { result: 'too many tries', refusal: code };
    const accepted = { facts, ticket: code.ticket, code: { ...code, kind: given.code.kind } };
    return judge.orGiveBack(code.ticket, () => issue(accepted, client));
  };

  const refuse = async (
    ticket: Ticket,
    verdict: Verdict,
    result: 'wrong credentials' | 'wrong otp' | 'otp required',
    userId: string | undefined,
    client: Client,
  ): Promise<Outcome> =>
    database.transaction(async (tx) => {
      const now = clock();
      await throttle.settle(tx, ticket, verdict, now);
      await record(tx, now, { event: 'sign_in.refused', userId, address: client.address, detail: { reason: result } });
      return { result };
    });

  /** Reads the facts again, spends the code, and makes the session: all of it, or nothing. */
  const issue = ({ facts, ticket, code }: Accepted, client: Client): Promise<Outcome | 'changed'> =>
    database.transaction(async (tx) => {
      const now = clock();
      const userId = facts.user.id;
      const current = await readFacts(tx, userId);
      if (!sameFacts(facts, current)) {
        await throttle.settle(tx, ticket, 'unjudged', now);
        return 'changed';
      }
      const { address } = client;
      const spent = code !== undefined && (await code.spend(tx, now));
      const demanded = { secondFactor: current.authenticator !== undefined };
      if (nextStep({ password: true, secondFactor: spent }, demanded) !== 'issue session') {
        await throttle.settle(tx, ticket, 'wrong', now);
        await record(tx, now, { event: 'sign_in.refused', userId, address, detail: { reason: 'wrong otp' } });
        return { result: 'wrong otp' };
      }
      await throttle.settle(tx, ticket, 'right', now);
      const { token, session } = await sessions.issue(tx, { userId, secondFactor: code?.kind, client }, now);
      // Read once more: the code may just have proved the authenticator.
      const after = await readFacts(tx, userId);
      const level = after && levelOf(after, session);
      if (!level) throw new Error('a session was about to be made without the second factor that is in force');
      const about = { userId, sessionId: session.id, address };
      if (code?.kind === 'recovery_code') await record(tx, now, { event: 'recovery_code.used', ...about });
      await record(tx, now, { event: 'sign_in.succeeded', ...about, detail: { level } });
      return { result: 'signed in', token, expiresAt: session.expiresAt, level };
    });

  /** Signs in, or says why not. An account that changes meanwhile is judged anew once, then refused. */
  return async (given: Credentials, client: Client): Promise<Outcome> => {
    try {
      const first = await attempt(given, client);
      const outcome = first === 'changed' ? await attempt(given, client) : first;
      return outcome === 'changed' ? { result: 'wrong credentials' } : outcome;
    } catch (error) {
      if (error instanceof Problem && error.code === 'busy')
        return { result: 'busy', retryAfter: error.particulars.retryAfter ?? 1 };
      throw error;
    }
  };
}
