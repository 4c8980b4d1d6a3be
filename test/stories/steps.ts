import assert from 'node:assert/strict';
import { type Argon2, argon2 } from '../../src/passwords/passwords.ts';
import type { Answer, Person, World } from '../server.ts';

/** What people do in several stories, each as one step. */

/** Signs in by hand: with what is said, and nothing more. */
export function tryToSignIn(
  world: World,
  person: { basic: string },
  body?: { otp: string } | { recovery_code: string },
  from?: string,
): Promise<Answer> {
  return world.call('POST', '/auth/credentials', {
    basic: person.basic,
    ...(body ? { body } : {}),
    ...(from ? { from } : {}),
  });
}

/** Signs in without anything turning the clock, and answers the token. */
export async function tokenOf(
  world: World,
  person: { basic: string },
  body?: { otp: string } | { recovery_code: string },
): Promise<string> {
  const answer = await tryToSignIn(world, person, body);
  assert.equal(answer.status, 200, answer.text);
  return answer.body.token;
}

export function enable(world: World, token: string, body: object = { enabled: true }): Promise<Answer> {
  return world.call('PUT', '/auth/otp/enable', { token, body });
}

export function generate(world: World, token: string): Promise<Answer> {
  return world.call('GET', '/auth/otp/generate', { token, headers: { accept: 'application/json' } });
}

export function changePassword(world: World, token: string, current: string, next: string): Promise<Answer> {
  return world.call('PUT', '/auth/password', { token, body: { current, new: next } });
}

export function reauthenticate(world: World, token: string, body: object): Promise<Answer> {
  return world.call('POST', '/auth/reauthenticate', { token, body });
}

/** Whether a token still opens anything. */
export async function isAlive(world: World, token: string): Promise<boolean> {
  return (await world.call('GET', '/me', { token })).status === 200;
}

/** Asserts the status of a sign-in's refusal, in HTTP and in the original's body. */
export function assertRefused(answer: Answer, status: number, code: number): void {
  assert.deepEqual([answer.status, answer.body], [status, { token: null, status: code }]);
}

/** Asserts that an answer is problem details of this status and code. */
export function assertProblem(answer: Answer, status: number, code: string): void {
  assert.deepEqual([answer.status, answer.body.code], [status, code], answer.text);
  assert.match(String(answer.headers['content-type']), /^application\/problem\+json\b/);
}

/** A page or cookie without what is random in it: the challenge of a passkey, and what its answer is bound to. */
export function plain(text: string): string {
  return text.replaceAll(/csc_[\w-]{43}|(?<=challenge&quot;:&quot;)[\w-]{96}/g, (random) => 'x'.repeat(random.length));
}

/** Everything about an answer that a client can see, but for the time of day and the number of the request. */
export function visible(answer: Answer): object {
  const { date: _, 'request-id': _id, 'set-cookie': cookie, ...headers } = answer.headers;
  return { status: answer.status, headers, cookie: plain(String(cookie)), text: plain(answer.text) };
}

export interface WatchedArgon2 {
  argon2: Argon2;
  /** What has been done so far. */
  done: { hashes: number; verifies: number };
  /** Stops the next one when it begins: `begun` resolves then, and `release` lets it go on. */
  holdNext(): { begun: Promise<void>; release(): void };
}

/** Argon2 that is counted, and can be held. */
export function watchArgon2(real: Argon2 = argon2): WatchedArgon2 {
  const done = { hashes: 0, verifies: 0 };
  let next: { begin(): void; gate: Promise<void> } | undefined;
  const pass = async (): Promise<void> => {
    const held = next;
    next = undefined;
    held?.begin();
    await held?.gate;
  };
  return {
    done,
    argon2: {
      async hash(password, parameters) {
        done.hashes += 1;
        await pass();
        return real.hash(password, parameters);
      },
      async verify(phc, password) {
        done.verifies += 1;
        await pass();
        return real.verify(phc, password);
      },
    },
    holdNext() {
      const begun = Promise.withResolvers<void>();
      const gate = Promise.withResolvers<void>();
      next = { begin: begun.resolve, gate: gate.promise };
      return { begun: begun.promise, release: gate.resolve };
    },
  };
}

/** Starts something that hashes a password, and lets something else happen while the hash is held. */
export async function meanwhile(
  watched: WatchedArgon2,
  start: () => Promise<Answer>,
  happens: () => Promise<unknown>,
): Promise<Answer> {
  const held = watched.holdNext();
  const answer = start();
  await held.begun;
  await happens();
  held.release();
  return answer;
}

/**
 * Sends requests that go on in step: for so many transactions, none begins its next one before all others have come to
 * theirs. Whatever is judged before a transaction is judged for all of them before any has written.
 */
export async function inStep(
  world: World,
  transactions: number,
  requests: readonly (() => Promise<Answer>)[],
): Promise<Answer[]> {
  const { database } = world.server.service;
  const { transaction } = database;
  let waiting: (() => void)[] = [];
  let left = transactions;
  database.transaction = async (work) => {
    await new Promise<void>((go) => {
      waiting.push(go);
      if (left > 0 && waiting.length < requests.length) return;
      left -= 1;
      for (const each of waiting) each();
      waiting = [];
    });
    return transaction(work);
  };
  try {
    return await Promise.all(requests.map((request) => request()));
  } finally {
    database.transaction = transaction;
  }
}

/** One of a person's recovery codes. */
export function recoveryCodeOf(person: Person, index = 0): { recovery_code: string } {
  const code = person.recoveryCodes?.[index];
  assert.ok(code, `${person.name} has no recovery code ${index}`);
  return { recovery_code: code };
}
