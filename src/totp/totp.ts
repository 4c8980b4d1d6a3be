import { randomBytes } from 'node:crypto';
import { minute } from '../clock.ts';
import { type Db, placeIn, replaceSealed, type SealedColumn, type Tx } from '../database/database.ts';
import type { Place, Sealer } from '../seal.ts';
import { newId } from '../tokens.ts';
import { type Late, lateness, type Match, matchingStep, secretBytes, stepAt } from './code.ts';
import type { Bound, Enrolment } from './enrolment.ts';
import {
  advanceStep,
  deleteBound,
  deleteExpiredPending,
  deletePending,
  insertPending,
  lowerSteps,
  raiseSteps,
  selectBound,
  selectPending,
  updateProved,
  updateShown,
  upsertBound,
} from './store.ts';

/**
 * TOTP: the codes of authenticator apps (RFC 6238), and how an authenticator is bound to an account.
 *
 * Secrets are sealed at rest and bound to their row. Judging a code (`judge`) is separate from spending its step
 * (`spend`), which is one conditional statement in the transaction of what the code allows. What binding and removing
 * end elsewhere (sessions, recovery codes) is decided in `sign-in/`.
 */
export { codeAt, type Match, period } from './code.ts';
export { type Enrolment, whatToConfirm, whatToShow } from './enrolment.ts';
export { otpauthUri } from './otpauth-uri.ts';
export { qrPng, qrSvg, qrText } from './qr.ts';
export { authenticatorsForFacts } from './store.ts';

/** A secret that waits to be put in force is forgotten after this. */
const pendingLife = 10 * minute;

/** Which secret: the one in force of an account, or the pending one of a session. */
export type Which = { bound: string } | { pendingOf: string };

export type Totp = ReturnType<typeof createTotp>;

export function createTotp(parts: { sealer: Sealer; window: 0 | 1 }) {
  const { sealer, window } = parts;

  const openSecret = async (db: Db, which: Which): Promise<{ secret: Buffer; after: number } | undefined> => {
    if ('bound' in which) {
      const row = await selectBound(db, which.bound);
      return row && { secret: sealer.open(boundPlace(row.user_id), row.secret), after: row.last_step };
    }
    const row = await selectPending(db, which.pendingOf);
    return row && { secret: sealer.open(pendingPlace(row.session_id), row.secret), after: -1 };
  };

  const resealBound = async (tx: Tx, userId: string): Promise<void> => {
    const row = await selectBound(tx, userId);
    if (!row || !sealer.isOutdated(row.secret)) return;
    const fresh = sealer.seal(boundPlace(userId), sealer.open(boundPlace(userId), row.secret));
    await replaceSealed(tx, sealedSecrets, { id: userId, sealed: row.secret }, fresh);
  };

  const bind = async (tx: Tx, given: NewBinding, secret: Buffer, now: number): Promise<Bound> => {
    const { id, userId, sessionId, shown, step } = given;
    await upsertBound(tx, {
      user_id: userId,
      id,
      secret: sealer.seal(boundPlace(userId), secret),
      bound_at: now,
      bound_by: sessionId,
      shown: shown ? 1 : 0,
      proved_at: step === undefined ? null : now,
      last_step: step ?? -1,
    });
    await deletePending(tx, userId);
    return { id, boundBy: sessionId, boundAt: now, shown, proved: step !== undefined };
  };

  return {
    /** The authenticator in force of an account. */
    inForce,

    /** Where an account stands, as one of its sessions sees it. */
    async enrolment(db: Db, userId: string, sessionId: string, now: number): Promise<Enrolment> {
      const pending = await selectPending(db, sessionId);
      return {
        bound: await inForce(db, userId),
        pending: pending && pending.expires_at > now ? { id: pending.id } : undefined,
      };
    },

    /** Makes a pending secret for a session, in place of one it may have. */
    async startPending(tx: Tx, userId: string, sessionId: string, now: number): Promise<void> {
      const secret = sealer.seal(pendingPlace(sessionId), randomBytes(secretBytes));
      await insertPending(tx, {
        session_id: sessionId,
        user_id: userId,
        id: newId(),
        secret,
        expires_at: now + pendingLife,
      });
    },

    /** The secret itself, to be shown to the person whose it is. Throws `Unsealable` when it cannot be opened. */
    async secret(db: Db, which: Which): Promise<Buffer | undefined> {
      return (await openSecret(db, which))?.secret;
    },

    /** Notes that the secret in force has been shown. */
    noteShown: updateShown,

    /** Which step a typed code belongs to. Spends nothing. Throws `Unsealable` when the secret cannot be opened. */
    async judge(db: Db, which: Which, typed: string, now: number): Promise<Match> {
      const opened = await openSecret(db, which);
      return opened ? matchingStep(opened.secret, typed, { now, window, after: opened.after }) : 'wrong';
    },

    /** How late a code of the authenticator in force is that was not accepted; a spent one tells nothing of a clock. */
    async lateness(db: Db, userId: string, typed: string, now: number): Promise<Late | undefined> {
      const opened = await openSecret(db, { bound: userId });
      const late = opened && lateness(opened.secret, typed, now);
      return late && late.step > opened.after ? late : undefined;
    },

    /**
     * Spends a step of the authenticator in force and notes that it is proved; true for exactly one caller. A secret
     * sealed with another key than the active one is sealed anew.
     */
    async spend(tx: Tx, userId: string, authenticatorId: string, step: number, now: number): Promise<boolean> {
      if (!(await advanceStep(tx, userId, authenticatorId, step))) return false;
      await updateProved(tx, userId, now);
      await resealBound(tx, userId);
      return true;
    },

    /**
     * Puts a session's pending secret in force, in place of one that was. With `proof`, it must still be the one whose
     * code was judged, and counts as proved by that step. Nothing happens when it is gone.
     */
    async bindPending(
      tx: Tx,
      userId: string,
      sessionId: string,
      proof: { id: string; step: number } | undefined,
      now: number,
    ): Promise<Bound | undefined> {
      const pending = await selectPending(tx, sessionId);
      if (!pending || pending.expires_at <= now || (proof && proof.id !== pending.id)) return undefined;
      const secret = sealer.open(pendingPlace(sessionId), pending.secret);
      return bind(tx, { id: pending.id, userId, sessionId, shown: true, step: proof?.step }, secret, now);
    },

    /** Puts a new secret in force that nobody has seen yet. */
    async bindNew(tx: Tx, userId: string, sessionId: string, now: number): Promise<Bound> {
      return bind(tx, { id: newId(), userId, sessionId, shown: false, step: undefined }, randomBytes(secretBytes), now);
    },

    /**
     * Accepts that it is `now`, where steps were spent that are yet to come, and answers of how many authenticators:
     * they can be used again soon. No code of the present steps comes to life again: those stay spent.
     */
    acceptTime: (tx: Tx, now: number): Promise<number> => lowerSteps(tx, stepAt(now) + 1),

    /**
     * Spends every step of a code that could be accepted `now`, of every authenticator, and answers of how many: which
     * of them were spent already is not known.
     */
    spendPresent: (tx: Tx, now: number): Promise<number> => raiseSteps(tx, stepAt(now) + 1),

    /** Discards the secret in force. */
    remove: deleteBound,
    /** Discards every pending secret of an account. */
    discardPending: deletePending,
    /** Deletes pending secrets that have expired. */
    sweep: deleteExpiredPending,
  };
}

async function inForce(db: Db, userId: string): Promise<Bound | undefined> {
  const row = await selectBound(db, userId);
  if (!row) return undefined;
  const { id, bound_by: boundBy, bound_at: boundAt } = row;
  return { id, boundBy, boundAt, shown: row.shown === 1, proved: row.proved_at !== null };
}

interface NewBinding {
  id: string;
  userId: string;
  sessionId: string;
  shown: boolean;
  /** The step of the code that proved it, spent with the binding. */
  step: number | undefined;
}

/** Where secrets in force are kept, by user. */
export const sealedSecrets: SealedColumn = { table: 'authenticators', column: 'secret', idColumn: 'user_id' };
/** Where pending secrets are kept, by session. */
export const sealedPendingSecrets: SealedColumn = {
  table: 'pending_authenticators',
  column: 'secret',
  idColumn: 'session_id',
};

const boundPlace = (userId: string): Place => placeIn(sealedSecrets, userId);
const pendingPlace = (sessionId: string): Place => placeIn(sealedPendingSecrets, sessionId);
