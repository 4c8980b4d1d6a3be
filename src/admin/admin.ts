import { record } from '../audit/audit.ts';
import type { Clock } from '../clock.ts';
import type { Database, Tx } from '../database/database.ts';
import { Problem, type Session } from '../http/http.ts';
import type { Options } from '../options.ts';
import type { Passwords } from '../passwords/passwords.ts';
import type { Sessions } from '../sessions/sessions.ts';
import { minimumPassword, requiresSecondFactor, type SignIn } from '../sign-in/sign-in.ts';
import { changeUser, createUser, findUser, nameToStore, removeUser, type User } from '../users/users.ts';

/**
 * Users as an administrator sees them. Every verb names its actor: an administrator, who is looked at again in the
 * transaction and may not use these on himself, or the operator: at the command line, or by a program around the server.
 */
export type Actor = { session: Session; address: string } | 'operator';

/** A one-time link by which a person chooses a password, and until when. */
export interface Link {
  url: string;
  expiresAt: number;
}

export type Admin = ReturnType<typeof createAdmin>;

export function createAdmin(parts: {
  database: Database;
  clock: Clock;
  passwords: Passwords;
  sessions: Sessions;
  signIn: SignIn;
  requireSecondFactor: Options['requireSecondFactor'];
  publicUrl: () => string;
}) {
  const { database, clock, passwords, sessions, signIn, requireSecondFactor, publicUrl } = parts;

  const minimumFor = (administrator: boolean): 8 | 15 =>
    minimumPassword(requiresSecondFactor(administrator, requireSecondFactor));

  const makeLink = async (tx: Tx, userId: string, now: number): Promise<Link> => {
    const { token, expiresAt } = await passwords.makeLink(tx, userId, now);
    return { url: `${publicUrl()}/invitation?token=${token}`, expiresAt };
  };

  /** Runs a change of a user that exists, by an actor who still may, and writes it down. */
  const change = <T>(
    actor: Actor,
    userId: string,
    work: (tx: Tx, user: User, now: number, note: Note) => Promise<T>,
  ): Promise<T> =>
    database.transaction(async (tx) => {
      await checkActor(tx, signIn, actor);
      const user = await findUser(tx, userId);
      if (!user) throw new Problem('not_found', { detail: 'There is no user of that id.' });
      if (actor !== 'operator' && actor.session.userId === userId)
        throw new Problem('forbidden', { detail: 'Ask another administrator: these are not for your own account.' });
      const now = clock();
      const note: Note = (event, detail) =>
        record(tx, now, { event, userId, ...by(actor), ...(detail ? { detail } : {}) });
      return work(tx, user, now, note);
    });

  return {
    /** Creates a user with the password given, else with a one-time link to choose one. */
    async create(
      actor: Actor,
      given: { name: string; administrator: boolean; password?: string | undefined },
    ): Promise<{ user: User; link?: Link }> {
      const minimum = minimumFor(given.administrator);
      const password =
        given.password === undefined
          ? undefined
          : await passwords.prepareNew(given.password, { name: nameToStore(given.name), minimum });
      return database.transaction(async (tx) => {
        await checkActor(tx, signIn, actor);
        const now = clock();
        const user = await createUser(tx, given, now);
        await record(tx, now, {
          event: 'user.created',
          userId: user.id,
          ...by(actor),
          detail: { administrator: user.administrator },
        });
        if (!password) {
          await record(tx, now, { event: 'password.link_made', userId: user.id, ...by(actor) });
          return { user, link: await makeLink(tx, user.id, now) };
        }
        await passwords.set(tx, user.id, password, now);
        return { user };
      });
    },

    /** Renames, disables, enables, or changes roles. Disabling ends every session. */
    async change(
      actor: Actor,
      userId: string,
      given: { name?: string | undefined; disabled?: boolean | undefined; administrator?: boolean | undefined },
    ): Promise<User> {
      return change(actor, userId, async (tx, user, _now, note) => {
        const changed = await changeUser(tx, user, given);
        if (changed.name !== user.name) await note('user.renamed');
        if (changed.administrator !== user.administrator)
          await note('user.roles_changed', { administrator: changed.administrator });
        if (changed.disabled !== user.disabled) await note(changed.disabled ? 'user.disabled' : 'user.enabled');
        if (changed.disabled) await sessions.endOthers(tx, userId);
        return changed;
      });
    },

    /** Deletes a user with everything that is theirs; the audit log stays. */
    async remove(actor: Actor, userId: string): Promise<void> {
      await change(actor, userId, async (tx, _user, _now, note) => {
        await signIn.secondFactor.removeAll(tx, userId);
        await removeUser(tx, userId);
        await note('user.deleted');
      });
    },

    /** Takes away every second factor and recovery code, and ends every session: for a person who has lost them. */
    async resetSecondFactors(actor: Actor, userId: string): Promise<void> {
      await change(actor, userId, async (tx, _user, _now, note) => {
        await signIn.secondFactor.removeAll(tx, userId);
        await note('second_factors.reset');
      });
    },

    /** Sets a password, and ends every session. For the operator: over HTTP people choose their own by a link. */
    async setPassword(user: User, typed: string): Promise<void> {
      const password = await passwords.prepareNew(typed, { name: user.name, minimum: minimumFor(user.administrator) });
      await change('operator', user.id, async (tx, _user, now, note) => {
        await signIn.password.replace(tx, user.id, password, undefined, now);
        await note('password.changed');
      });
    },

    /** Ends every session of a user, or one of them; answers how many. */
    async endSessions(userId: string, sessionId?: string): Promise<number> {
      return change('operator', userId, async (tx, _user, _now, note) => {
        const count =
          sessionId === undefined
            ? await sessions.endOthers(tx, userId)
            : Number(await sessions.end(tx, sessionId, userId));
        if (count > 0) await note('sessions.ended', { count });
        return count;
      });
    },
  };
}

type Note = (
  event: Parameters<typeof record>[2]['event'],
  detail?: Record<string, string | number | boolean>,
) => Promise<void>;

function by(actor: Actor): { actorId: string; sessionId?: string; address?: string } {
  return actor === 'operator'
    ? { actorId: 'operator' }
    : { actorId: actor.session.userId, sessionId: actor.session.id, address: actor.address };
}

/** Facts are read again where they are used: two administrators may take each other's role at the same moment. */
async function checkActor(tx: Tx, signIn: SignIn, actor: Actor): Promise<void> {
  if (actor === 'operator') return;
  await signIn.stillMay(tx, actor.session);
  const facts = await signIn.readFacts(tx, actor.session.userId);
  if (!facts?.user.administrator) throw new Problem('forbidden');
}
