import type { Service } from '../../src/service.ts';
import { type Account, newAccount } from './account.ts';
import type { Clock } from './clock.ts';
import { nextDeed } from './deeds.ts';
import type { Door } from './door.ts';
import { type Random, randomOf } from './random.ts';

/** Somebody who does one thing after another, and remembers what the service has said. */
export interface Person {
  /**
   * What the account may be: one, or two while something is under way or was when the service fell: from before it and
   * from after it. Nothing else may ever be found.
   */
  may: readonly Account[];
  /** What is under way. */
  doing: string | undefined;
  /** By which it is chosen what comes next. */
  random: Random;
}

/** How often what was done and acknowledged. */
export type Tally = Map<string, number>;

export const count = (tally: Tally, what: string, more = 1): unknown => tally.set(what, (tally.get(what) ?? 0) + more);

export async function makePeople(service: Service, names: readonly string[], seed: number): Promise<Person[]> {
  const password = 'four unrelated plain words';
  const made: Person[] = [];
  for (const [index, name] of names.entries()) {
    const { user } = await service.admin.create('operator', { name, password, administrator: false });
    made.push({
      may: [newAccount(user.id, name, password)],
      doing: undefined,
      random: randomOf(seed * names.length + index),
    });
  }
  return made;
}

/**
 * Does one thing after another until the service is gone, or `most` have been done. Throws where the service refuses what
 * it must do.
 */
export async function live(
  person: Person,
  { door, clock, tally, onDone }: { door: Door; clock: Clock; tally: Tally; onDone?: () => void },
  most = Number.POSITIVE_INFINITY,
): Promise<void> {
  const { random } = person;
  let gone = false;
  const trying: Door = async (asked) => {
    const reply = await door(asked);
    gone ||= reply === 'lost' || reply.status === 503;
    return reply;
  };
  for (let deeds = 0; !gone && deeds < most; deeds += 1) {
    const [account] = person.may;
    const deed = account && (await nextDeed(account, clock, random, trying));
    if (!account || !deed) continue;
    person.may = [account, deed.done(account)];
    person.doing = deed.name;
    const reply = await trying(deed.request);
    // Where a service answers that it cannot now, the word that it could may have been lost behind it.
    if (reply === 'lost' || reply.status === 503) return;
    const isDone = [200, 201, 204].includes(reply.status);
    const isLate = deed.lateAt !== undefined && clock.now >= deed.lateAt;
    if (!isDone && !isLate)
      throw new Error(`${account.name}: ${deed.name} was answered ${reply.status} ${JSON.stringify(reply.body)}`);
    person.may = [isDone ? deed.done(account, reply) : account];
    person.doing = undefined;
    count(tally, isDone ? deed.name : 'late codes');
    count(tally, 'acknowledged');
    onDone?.();
  }
}
