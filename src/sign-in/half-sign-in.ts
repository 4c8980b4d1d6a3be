import { type Clock, minute } from '../clock.ts';
import type { Database, Tx } from '../database/database.ts';
import type { Client, HalfSignIn, Lookups } from '../http/http.ts';
import type { AuthenticationResponse } from '../passkeys/passkeys.ts';
import { networkOf, type Refusal } from '../throttle/throttle.ts';
import { hashToken, newId, newToken } from '../tokens.ts';
import type { Totp } from '../totp/totp.ts';
import { afterPassword } from './ceremonies.ts';
import type { Outcome } from './credentials.ts';
import { judgedBy, type ReadFacts } from './facts.ts';
import type { Issue } from './issue.ts';
import type { Code, Judge } from './judge.ts';
import type { Judged, Wrong, WrongPasskey } from './judged.ts';
import { type Facts, factorsIn, hasSecondFactor } from './policy.ts';
import { deleteOldHalfSignIns, insertHalfSignIn, selectHalfSignIn, updateLate } from './store.ts';

/**
 * The half sign-in of a browser: the password was right, the second factor is still to come. It is a record of its own, bound to
 * that browser by its own cookie, it lives five minutes, and it opens nothing but the next step. What the password was
 * judged by is kept with it: when that has changed, the sign-in begins anew.
 */
const life = 5 * minute;

/**
 * Half sign-ins that one account may have at the same time from one network, and apart from it in one browser that it
 * knows; the next one ends the oldest from there, so that whoever has learnt the password cannot end those of the owner.
 */
const most = 5;

export interface MadeHalf {
  token: string;
  expiresAt: number;
}

/** Notes, in the transaction that settles the password, that it was right; answers the browser's token. */
export async function beginHalf(
  tx: Tx,
  facts: Facts,
  { client, browserId }: { client: Client; browserId: string | undefined },
  returnTo: string | undefined,
  now: number,
): Promise<MadeHalf> {
  const { token, hash } = newToken('csh_');
  const userId = facts.user.id;
  const expiresAt = now + life;
  const network = browserId === undefined ? networkOf(client.address) : `browser:${browserId}`;
  await deleteOldHalfSignIns(tx, { userId, network }, most - 1);
  await insertHalfSignIn(tx, {
    id: newId(),
    token_hash: hash,
    user_id: userId,
    network,
    judged: judgedBy(facts),
    return_to: returnTo ?? '',
    created_at: now,
    expires_at: expiresAt,
  });
  return { token, expiresAt };
}

/** What came of a code, and how late the authenticator's clock runs where two codes have shown it. */
export type Finished = Outcome & { behind?: number | undefined };

export function createHalfSignIns(parts: {
  database: Database;
  clock: Clock;
  totp: Totp;
  judge: Judge;
  readFacts: ReadFacts;
  issue: Issue;
}) {
  const { database, clock, totp, judge, readFacts, issue } = parts;

  const find: Lookups['findHalfSignIn'] = async (token, now) => {
    const row = await selectHalfSignIn(database.read, { token_hash: hashToken(token) }, now);
    const facts = row && (await readFacts(database.read, row.user_id));
    if (!row || !facts || judgedBy(facts) !== row.judged) return undefined;
    const { id, user_id: userId, return_to, expires_at: expiresAt } = row;
    return {
      id,
      userId,
      name: facts.user.name,
      factors: factorsIn(facts),
      returnTo: return_to || undefined,
      expiresAt,
    };
  };

  /**
   * How many milliseconds the authenticator's clock is behind: known once two codes of different steps were both late
   * by the same number of steps (never early: an attacker would wait for the moment).
   */
  const behind = async (half: HalfSignIn, typed: string): Promise<number | undefined> => {
    const now = clock();
    const late = await totp.lateness(database.read, half.userId, typed, now);
    if (!late) return undefined;
    return database.transaction(async (tx) => {
      const before = await selectHalfSignIn(tx, { id: half.id }, now);
      await updateLate(tx, half.id, { step: late.step, by: late.steps });
      return before?.late_by === late.steps && before.late_step !== late.step ? late.ms : undefined;
    });
  };

  /** Finishes it with what `judgeIt` makes of the answer; `wrong credentials` when it must begin anew. */
  const finishWith = async <W extends Wrong>(
    { id, userId }: HalfSignIn,
    judgeIt: (facts: Facts) => Promise<Judged<W> | Refusal | W>,
    client: Client,
    replaces: string | undefined,
  ): Promise<Outcome | W> => {
    const row = await selectHalfSignIn(database.read, { id }, clock());
    const facts = row && (await readFacts(database.read, userId));
    if (!row || !facts || !hasSecondFactor(facts)) return { result: 'wrong credentials' };
    const code = await judgeIt(facts);
    if ('result' in code) return code;
    if (!('ticket' in code)) return { result: 'too many tries', refusal: code };
    const half = { id, passwordAt: row.created_at };
    const accepted = { userId, judged: row.judged, half, inBrowser: true, replaces };
    const { ticket } = code;
    const outcome = await judge.orGiveBack(ticket, () => issue({ ...accepted, ticket, code }, client));
    return outcome === 'changed' ? { result: 'wrong credentials' } : outcome;
  };

  return {
    find,

    /** Finishes a half sign-in with a code. Throws `wrong_otp` for one of an authenticator where there is none. */
    async finish(begun: HalfSignIn, code: Code, client: Client, replaces: string | undefined): Promise<Finished> {
      const outcome = await finishWith(begun, (facts) => judge.code(facts, code, client), client, replaces);
      if (outcome.result !== 'wrong otp' || outcome.used || code.kind !== 'otp') return outcome;
      return { ...outcome, behind: await behind(begun, code.text) };
    },

    /** Finishes a half sign-in with what a passkey of the account has answered to a challenge for it. */
    async finishWithPasskey(
      begun: HalfSignIn,
      answer: AuthenticationResponse,
      client: Client,
      replaces: string | undefined,
    ): Promise<Outcome | WrongPasskey> {
      const ceremony = afterPassword(begun);
      return finishWith(begun, () => judge.passkey(answer, ceremony, begun.userId, client), client, replaces);
    },
  };
}
