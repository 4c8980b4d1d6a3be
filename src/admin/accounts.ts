import type { Audit } from '../audit/audit.ts';
import type { Clock } from '../clock.ts';
import type { Database, Tx } from '../database/database.ts';
import type { Passwords } from '../passwords/passwords.ts';
import type { ServiceTokens } from '../service-tokens/service-tokens.ts';
import type { Sessions } from '../sessions/sessions.ts';
import type { SignIn } from '../sign-in/sign-in.ts';
import { siteOf } from '../throttle/throttle.ts';
import type { Totp } from '../totp/totp.ts';
import { changeUser, createUser, hasBeenInUse, nameToStore, removeUser, type User } from '../users/users.ts';
import { type Actor, type Administrator, by, type Change, type CheckActor, refuseProgram } from './actor.ts';

/** A one-time link by which a person chooses a password, or a passkey where there is no second factor, and until when. */
export interface Link {
  url: string;
  expiresAt: number;
}

interface Parts {
  audit: Audit;
  database: Database;
  clock: Clock;
  passwords: Passwords;
  sessions: Sessions;
  totp: Totp;
  signIn: SignIn;
  serviceTokens: ServiceTokens;
  publicUrl: () => string;
  checkActor: CheckActor;
  change: Change;
  minimumFor: (administrator: boolean) => 8 | 15;
}

/** Accounts that come, change and go. */
export function createAccounts(parts: Parts) {
  const { audit, database, clock, passwords, signIn, checkActor, change, minimumFor } = parts;
  return {
    /** Creates a user with the password given, else with a one-time link to choose one. */
    async create(
      actor: Actor,
      given: { name: string; administrator: boolean; password?: string | undefined },
    ): Promise<{ user: User; link?: Link }> {
      if (given.administrator) refuseProgram(actor, noRoles);
      const minimum = minimumFor(given.administrator);
      const network = siteOf(by(actor).address ?? 'operator');
      const password =
        given.password === undefined
          ? undefined
          : await passwords.prepareNew(given.password, { name: nameToStore(given.name), minimum, network });
      return database.transaction(async (tx) => {
        await checkActor(tx, actor);
        const now = clock();
        const user = await createUser(tx, given, now);
        const { id: userId, administrator } = user;
        await audit.record(tx, now, { event: 'user.created', userId, ...by(actor), detail: { administrator } });
        if (!password) {
          await audit.record(tx, now, { event: 'password.link_made', userId, ...by(actor), detail: { forced: false } });
          return { user, link: await makeLink(parts, tx, { userId, kind: 'invitation', now }) };
        }
        await passwords.set(tx, userId, password, now);
        return { user };
      });
    },

    /**
     * Renames, disables, enables, or changes roles. Disabling ends every session; it and losing the role revoke the
     * service tokens that the user has made.
     */
    async change(
      actor: Actor,
      userId: string,
      given: { name?: string | undefined; disabled?: boolean | undefined; administrator?: boolean | undefined },
    ): Promise<User> {
      if (given.administrator !== undefined) refuseProgram(actor, noRoles);
      return change(actor, userId, async ({ tx, user, now, note }) => {
        const changed = await changeUser(tx, user, given);
        if (changed.name !== user.name) await note('user.renamed');
        if (changed.administrator !== user.administrator)
          await note('user.roles_changed', { administrator: changed.administrator });
        if (changed.disabled !== user.disabled) await note(changed.disabled ? 'user.disabled' : 'user.enabled');
        // What is out may be in hands that were trusted with less, or no longer are.
        const promoted = changed.administrator && !user.administrator;
        if (changed.disabled || promoted) await voidWhatIsOut(parts, tx, userId);
        if (changed.disabled) await signIn.endSessions(tx, userId);
        if (changed.disabled || !changed.administrator) await revokeTokens(parts, tx, userId, now, actor);
        return changed;
      });
    },

    /** Deletes a user with everything that is theirs; the audit log stays. Answers who it was. */
    async remove(actor: Actor, userId: string): Promise<User> {
      return change(actor, userId, async ({ tx, user, note }) => {
        await signIn.removeFactors(tx, userId);
        await removeUser(tx, userId);
        await note('user.deleted');
        return user;
      });
    },
  };
}

/** For people who have lost what they sign in with, and for accounts that have got into wrong hands. No program does these. */
export function createRescue(parts: Parts) {
  const { audit, database, clock, passwords, sessions, totp, signIn, change, minimumFor } = parts;
  return {
    /**
     * Takes away every second factor and recovery code, and ends every session: for a person who has lost them. Answers
     * whether a password is left: without one nobody can sign in before a link is made.
     */
    async resetSecondFactors(actor: Administrator, userId: string): Promise<{ passwordLeft: boolean }> {
      return change(actor, userId, async ({ tx, note }) => {
        await signIn.removeFactors(tx, userId);
        await note('second_factors.reset');
        return { passwordLeft: await passwords.isSet(tx, userId) };
      });
    },

    /**
     * Makes a one-time link to choose a password, or a first passkey. A link made before and the password there is are void at once, and
     * sessions and pending secrets end, as with any new password. Second factors stay: passkeys sign in as before.
     */
    async newPasswordLink(actor: Administrator, userId: string): Promise<{ user: User; link: Link }> {
      return change(actor, userId, async ({ tx, user, now, note }) => {
        const forced = await passwords.remove(tx, userId);
        await totp.discardPending(tx, userId);
        await signIn.endSessions(tx, userId);
        const kind = forced || (await hasBeenInUse(tx, userId)) ? 'replacement' : 'invitation';
        await note('password.link_made', { forced });
        return { user, link: await makeLink(parts, tx, { userId, kind, now }) };
      });
    },

    /** Sets a password, and ends every session. For the operator: over HTTP people choose their own by a link. */
    async setPassword(user: User, typed: string): Promise<void> {
      const facts = { name: user.name, minimum: minimumFor(user.administrator), network: 'operator' };
      const password = await passwords.prepareNew(typed, facts);
      await change('operator', user.id, async ({ tx, now, note }) => {
        await signIn.password.replace(tx, user.id, password, undefined, now);
        await note('password.changed');
      });
    },

    /** Ends every session of a user and forgets every browser that knows them, or ends one session; answers how many sessions. */
    async endSessions(actor: Administrator, userId: string, sessionId?: string): Promise<number> {
      return change(actor, userId, async ({ tx, note }) => {
        const ended =
          sessionId === undefined
            ? await signIn.endSessions(tx, userId)
            : { sessions: Number(await sessions.end(tx, sessionId, userId)), browsers: 0 };
        const { sessions: count, browsers } = ended;
        if (count + browsers > 0) await note('sessions.ended', { count, browsers });
        return count;
      });
    },

    /** Ends every session of everybody, and forgets every browser (ASVS 7.4.5); answers how many sessions there were. */
    async endEverySession(): Promise<number> {
      return database.transaction(async (tx) => {
        const now = clock();
        const { sessions: count } = await signIn.endAll(tx, now);
        await audit.record(tx, now, { event: 'sessions.ended', actorId: 'operator', detail: { count } });
        return count;
      });
    },
  };
}

const noRoles = 'A service token may not give or take roles.';

/** Voids a one-time link, and secrets that wait to be put in force. */
async function voidWhatIsOut({ passwords, totp }: Parts, tx: Tx, userId: string): Promise<void> {
  await passwords.voidLink(tx, userId);
  await totp.discardPending(tx, userId);
}

/** Revokes for good what somebody has made who may make none now: giving the role back arms nothing again. */
async function revokeTokens(
  { audit, serviceTokens }: Parts,
  tx: Tx,
  userId: string,
  now: number,
  actor: Actor,
): Promise<void> {
  const made = (await serviceTokens.list(tx, now)).filter(({ createdBy }) => createdBy === userId);
  for (const { id, name } of made) {
    await serviceTokens.revoke(tx, id, now);
    const detail = { service_token: id, name };
    await audit.record(tx, now, { event: 'service_token.revoked', userId, ...by(actor), detail });
  }
}

/** Makes a link for a user; one made before is void. */
async function makeLink(
  { passwords, publicUrl }: Parts,
  tx: Tx,
  { userId, kind, now }: { userId: string; kind: 'invitation' | 'replacement'; now: number },
): Promise<Link> {
  const { token, expiresAt } = await passwords.makeLink(tx, userId, kind, now);
  return { url: `${publicUrl()}/invitation?token=${token}`, expiresAt };
}
