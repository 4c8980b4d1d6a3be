import { createHmac } from 'node:crypto';
import { newestEvent } from '../audit/audit.ts';
import { clockTolerance, minute } from '../clock.ts';
import type { Database, Tx } from '../database/database.ts';
import { Problem } from '../http/http.ts';
import { mustBeLabel } from '../label.ts';
import { newId } from '../tokens.ts';
import type { Refusal } from './answer.ts';
import { createAsking } from './asking.ts';
import { challengeLife } from './challenge.ts';
import { createJudging, type JudgedAssertion, type NewPasskey, type RefusedPasskey } from './judging.ts';
import { wrongPasskey } from './refusals.ts';
import {
  deleteExpiredChallenges,
  deletePasskey,
  deletePasskeys,
  insertHolder,
  insertPasskey,
  noteUse,
  type StoredPasskey,
  selectByCredential,
  selectPasskeys,
  spendChallenge,
  updateName,
  updateVersion,
  voidChallengesUpTo,
} from './store.ts';

/**
 * Passkeys (WebAuthn Level 3): key pairs of which we keep the public half. Each answer is to a challenge of ours, for our
 * host name, by a person whom the device has verified; so one counts as both factors.
 *
 *   asking.ts     what a browser is asked for, from `options.ts` and `challenge.ts`
 *   judging.ts    whether its answer is right: `answer.ts` and `key.ts` (pure), `ceremony.ts` (the library)
 *   here          what is kept, and what an answer spends
 */
export type { Refusal as PasskeyRefusal } from './answer.ts';
export { type Ceremony, challengeLife } from './challenge.ts';
export type { JudgedAssertion, NewPasskey, RefusedPasskey } from './judging.ts';
export type { CreationOptions, RequestOptions } from './options.ts';
export { passkeyRefused, refusals, wrongPasskey } from './refusals.ts';
export { type RelyingParty, relyingPartyOf } from './relying-party.ts';
export {
  type AuthenticationResponse,
  authenticationResponse,
  exampleAssertion,
  exampleRequestOptions,
  inForm,
  type RegistrationResponse,
  registrationResponse,
  requestOptionsSchema,
} from './shapes.ts';
export { passkeysByHost, passkeysForFacts, type StoredPasskey } from './store.ts';

/** Passkeys that one account may have. */
export const mostPasskeys = 20;

const longestName = 64;

export type Passkeys = ReturnType<typeof createPasskeys>;

/**
 * Spends the challenge that was answered, right or wrong, and nothing else; says why the answer was wrong. One that comes
 * again is no more than that, whatever else is wrong with it: nothing is to be concluded from its counter.
 */
async function forgo(tx: Tx, judged: JudgedAssertion): Promise<Refusal | undefined> {
  if (!(await spendChallenge(tx, judged.challenge))) return 'challenge';
  return 'refused' in judged ? judged.refused : undefined;
}

export function createPasskeys(parts: {
  database: Database;
  /** Challenges are signed, and handles made, each with a key that comes of it: 256 bits that all instances have. */
  secret: Buffer;
  publicUrl: () => string;
  service: string;
}) {
  const keyFor = (use: string): Buffer => createHmac('sha256', parts.secret).update(use).digest();
  const secrets = { challenges: keyFor('passkey challenges'), handles: keyFor('passkey handles') };
  const asking = createAsking({ ...parts, secrets });
  const { relyingParty, mustHaveRelyingParty, handleOf, usable, creationOptions, requestOptions } = asking;
  const { verify, judge } = createJudging({ database: parts.database, secrets, mustHaveRelyingParty });
  return {
    relyingParty,
    handleOf,
    usable,
    creationOptions,
    requestOptions,
    verify,
    judge,

    /**
     * Keeps a new passkey of an account. Throws `wrong_passkey` where its challenge has been answered already,
     * `passkey_exists` where anybody has this credential, `too_many_passkeys`, or `invalid` for its name. The last
     * three say nothing against the answer, and undo its spending too: the challenge stays good until that is mended.
     */
    async add(tx: Tx, userId: string, given: NewPasskey, name: string, now: number): Promise<StoredPasskey> {
      const { registered, challenge, rpId } = given;
      if (!(await spendChallenge(tx, challenge))) throw wrongPasskey('challenge');
      const before = await selectPasskeys(tx, userId);
      if (before.length >= mostPasskeys) throw tooMany();
      await insertHolder(tx, userId, await handleOf(tx, userId));
      const called = mustBeLabel(name, longestName);
      const about = { id: newId(), userId, rpId, name: called, createdAt: now, lastUsedAt: undefined };
      const passkey = { ...registered, ...about };
      if (!(await insertPasskey(tx, passkey))) throw new Problem('passkey_exists');
      await noteChange(tx, userId);
      return passkey;
    },

    /** Spends the challenge of a new passkey that is refused; false where it has been answered already. */
    refuse: (tx: Tx, { challenge }: RefusedPasskey): Promise<boolean> => spendChallenge(tx, challenge),

    /** Spends what was answered and notes the use of the passkey; says why it was wrong, or is so by now. */
    async use(tx: Tx, judged: JudgedAssertion, now: number): Promise<Refusal | undefined> {
      const refused = await forgo(tx, judged);
      if (refused || 'refused' in judged) return refused;
      const { passkey, said } = judged;
      if (await noteUse(tx, passkey.id, said, now)) return undefined;
      // Another answer has been taken since this one was judged, and no device counts the same twice; or it is gone.
      return (await selectByCredential(tx, passkey.credentialId)) ? 'counter' : 'unknown_credential';
    },

    forgo,

    /** The passkeys of an account, the oldest first. */
    list: selectPasskeys,

    /** Gives a passkey another name; false where it has that one. Throws `not_found`, or `invalid` for what cannot be one. */
    async rename(tx: Tx, userId: string, id: string, typed: string): Promise<boolean> {
      const name = mustBeLabel(typed, longestName);
      const before = (await selectPasskeys(tx, userId)).find((passkey) => passkey.id === id);
      if (!before) throw notTheirs();
      if (before.name === name) return false;
      await updateName(tx, userId, id, name);
      return true;
    },

    /** Takes a passkey away. Throws `not_found`. */
    async remove(tx: Tx, userId: string, id: string): Promise<void> {
      if (!(await deletePasskey(tx, userId, id))) throw notTheirs();
      await noteChange(tx, userId);
    },

    /** Takes every passkey of an account away. */
    async removeAll(tx: Tx, userId: string): Promise<void> {
      if (await deletePasskeys(tx, userId)) await noteChange(tx, userId);
    },

    /** No challenge that would be taken at `now` is good any more, for whatever it was: which were answered may be forgotten. */
    voidChallenges: (tx: Tx, now: number): Promise<void> =>
      voidChallengesUpTo(tx, now + clockTolerance + challengeLife),

    /**
     * Deletes answered challenges that have expired, and whose time cannot come again: where the clock is set back behind
     * the newest event, the clock rule lets nobody answer (`upkeep/clock-check.ts`).
     */
    async sweep(tx: Tx, now: number): Promise<'more' | undefined> {
      const newest = await newestEvent(tx, { afterSequence: 0, laterThan: 0 });
      return newest && deleteExpiredChallenges(tx, Math.min(now, newest.at - minute));
    },
  };
}

/** Notes that the passkeys of an account are others than before. */
async function noteChange(tx: Tx, userId: string): Promise<void> {
  const left = await selectPasskeys(tx, userId);
  await updateVersion(tx, userId, left.length === 0 ? null : newId());
}

const notTheirs = () => new Problem('not_found', { detail: 'This account has no passkey of that id.' });

const tooMany = () =>
  new Problem('too_many_passkeys', {
    detail: `An account has at most ${mostPasskeys}: remove one that is not used any more.`,
  });
