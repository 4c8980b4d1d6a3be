import { type Audit, actorOfServiceToken, type Entry, type Event } from '../audit/audit.ts';
import type { Clock } from '../clock.ts';
import type { Database, Tx } from '../database/database.ts';
import { Problem, type ServiceToken, type Session } from '../http/http.ts';
import type { ServiceTokens } from '../service-tokens/service-tokens.ts';
import type { SignIn } from '../sign-in/sign-in.ts';
import { findUser, type User } from '../users/users.ts';

/** An administrator by one of his sessions, or the operator: at the command line, or by a program around the server. */
export type Administrator = { session: Session; address: string } | 'operator';

/** Whoever changes users: besides the two, a program by its service token, which may do less. */
export type Actor = Administrator | { serviceToken: ServiceToken; address: string };

/** Writes down what has been done to the user, and by whom. */
type Note = (event: Event, detail?: Entry['detail']) => Promise<void>;

/** Runs a change of a user that exists, by an actor who still may. */
export type Change = <T>(
  actor: Actor,
  userId: string,
  work: (about: { tx: Tx; user: User; now: number; note: Note }) => Promise<T>,
) => Promise<T>;

interface Parts {
  audit: Audit;
  database: Database;
  clock: Clock;
  signIn: SignIn;
  serviceTokens: ServiceTokens;
}

export type CheckActor = (tx: Tx, actor: Actor) => Promise<void>;

/**
 * Judges an actor again, in the transaction of what he asks for: two administrators may take each other's role at the
 * same moment, and a token may have been revoked. Throws `unauthenticated`, `forbidden` or `reauthentication_required`.
 */
export function createCheckActor({ clock, signIn, serviceTokens }: Parts): CheckActor {
  return async (tx, actor) => {
    if (actor === 'operator') return;
    if ('serviceToken' in actor) {
      const token = await serviceTokens.findById(tx, actor.serviceToken.id, clock());
      if (!token || !mayLend(await findUser(tx, token.createdBy))) throw new Problem('unauthenticated');
      return;
    }
    const { user } = await signIn.stillMay(tx, actor.session);
    if (!user.administrator) throw new Problem('forbidden');
  };
}

/** Whether the tokens that a user has made are good: while he is an administrator, and not disabled. */
export function mayLend(maker: User | undefined): boolean {
  return maker?.administrator === true && !maker.disabled;
}

/** Changes are for users that exist, never for oneself, and by a program never for administrators. */
export function createChange(parts: Parts, checkActor: CheckActor): Change {
  const { audit, database, clock } = parts;
  return (actor, userId, work) =>
    database.transaction(async (tx) => {
      await checkActor(tx, actor);
      const user = await findUser(tx, userId);
      if (!user) throw new Problem('not_found', { detail: 'There is no user of that id.' });
      if (actor !== 'operator' && 'session' in actor && actor.session.userId === userId)
        throw new Problem('forbidden', { detail: 'Ask another administrator: these are not for your own account.' });
      if (user.administrator) refuseProgram(actor, 'A service token may not change or delete an administrator.');
      const now = clock();
      const note: Note = (event, detail) =>
        audit.record(tx, now, { event, userId, ...by(actor), ...(detail ? { detail } : {}) });
      return work({ tx, user, now, note });
    });
}

/** Throws `forbidden` with the reason when the actor is a program. */
export function refuseProgram(actor: Actor, detail: string): void {
  if (actor !== 'operator' && 'serviceToken' in actor) throw new Problem('forbidden', { detail });
}

/** Who did it, as the audit log has it. */
export function by(actor: Actor): { actorId: string; sessionId?: string; address?: string } {
  if (actor === 'operator') return { actorId: 'operator' };
  const { address } = actor;
  return 'serviceToken' in actor
    ? { actorId: actorOfServiceToken(actor.serviceToken.id), address }
    : { actorId: actor.session.userId, sessionId: actor.session.id, address };
}
