import assert from 'node:assert/strict';
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { openService } from '../../src/service.ts';
import { createKeyFile } from '../../src/upkeep/key-file.ts';
import { freshDatabase } from '../databases/fresh.ts';
import { quickHash } from '../quick-hash.ts';
import { examine } from './check.ts';
import { type Clock, createClock } from './clock.ts';
import { type Door, doorOf } from './door.ts';
import { lookAt, type Place } from './look.ts';
import { everything } from './outcome.ts';
import { count, live, makePeople, type Person, type Tally } from './people.ts';
import { type Random, randomOf } from './random.ts';
import { storedFacts } from './stored.ts';
import type { Order } from './victim.ts';

const victim = fileURLToPath(new URL('victim.ts', import.meta.url));
const names = ['alice', 'bob', 'carol', 'dave'];
const longestMs = 200;

export type Kind = 'sqlite' | 'postgres';

/**
 * Rounds of kill -9 on one database that lives through all of them: a service is started, looked at, set to work by
 * several people, and killed 1 to 200 ms after the first thing it has acknowledged. Answers what was acknowledged, and
 * what became of what was not. Throws where anything is not as it must be.
 */
export async function killRounds(kind: Kind, rounds: number, seed: number): Promise<Tally> {
  const random = randomOf(seed);
  const tally: Tally = new Map();
  const folder = await mkdtemp(join(tmpdir(), 'countersign-kill-'));
  const fresh = kind === 'postgres' ? await freshDatabase() : undefined;
  const options = { data: join(folder, 'data'), keyFile: join(folder, 'keys', 'k'), databaseUrl: fresh?.url ?? '' };
  const clock = createClock();
  const spares = createSpares();
  try {
    await createKeyFile(options.keyFile, 'or fail');
    const people = await settle(options, clock, seed);
    const ground = { options, clock, people, random, tally };
    const early: Tally = new Map();
    await oneRound(await spares.take(), { ...ground, tally: early }, 'acquaint');
    // What was done early has to outlive every kill; but nothing was killed while it was done.
    for (const [what, times] of early) if (everything.includes(what)) count(tally, what, times);
    for (let round = 1; round <= rounds; round += 1) await oneRound(await spares.take(), ground, 'kill');
    await oneRound(await spares.take('the last'), ground, 'look');
  } finally {
    await spares.close();
    await fresh?.drop();
    await rm(folder, { recursive: true, force: true });
  }
  return tally;
}

interface Ground {
  options: Place;
  clock: Clock;
  people: Person[];
  random: Random;
  tally: Tally;
}

/** How much everybody has done before the first kill in the midst of it. */
const acquaintance = 40;

async function settle(options: Place, { now }: Clock, seed: number): Promise<Person[]> {
  const service = await openService(options, { clock: () => now, argon2: quickHash });
  const people = await makePeople(service, names, seed);
  await service.close();
  return people;
}

async function oneRound(
  child: ChildProcess,
  { options, clock, people, random, tally }: Ground,
  what: 'acquaint' | 'kill' | 'look',
): Promise<void> {
  const order: Order = { options, now: clock.now };
  child.send(order);
  const [port] = (await Promise.race([once(child, 'message'), once(child, 'exit')])) as unknown[];
  assert.equal(typeof port, 'number', 'a service that was killed can be started again');
  const { door, close } = doorOf(Number(port), clock);
  try {
    await look(people, { options, door, clock, tally });
    if (what === 'look') return;
    const most = what === 'acquaint' ? acquaintance : undefined;
    const first = Promise.withResolvers<void>();
    const all = Promise.all(people.map((person) => live(person, { door, clock, tally, onDone: first.resolve }, most)));
    // They end before only where something is wrong.
    await (most ? all : Promise.race([all, first.promise.then(() => sleep(1 + random.below(longestMs)))]));
    child.kill('SIGKILL');
    await all;
    if (what === 'acquaint') return;
    count(tally, 'kills');
    count(tally, 'under way', people.filter(({ doing }) => doing).length);
  } finally {
    child.kill('SIGKILL');
    await ended(child);
    close();
  }
}

type Sight = Pick<Ground, 'options' | 'clock' | 'tally'> & { door: Door };

/** Looks at the whole database, then at everybody's account. */
async function look(people: readonly Person[], { options, door, clock, tally }: Sight): Promise<void> {
  const { stored, rows } = await lookAt(options);
  tally.set('rows of the log', rows);
  await Promise.all(
    people.map(async (person) => {
      const verdict = await examine(person, storedFacts(stored, person.may), { door, clock });
      if (verdict) count(tally, verdict);
    }),
  );
}

/** Processes that have read the source while another one worked. */
function createSpares() {
  const all = new Set<ChildProcess>();
  const make = (): ChildProcess => {
    const child = fork(victim, { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
    all.add(child);
    child.once('exit', () => all.delete(child));
    return child;
  };
  const warm = (child: ChildProcess): Promise<unknown> => Promise.race([once(child, 'message'), once(child, 'exit')]);
  let next = make();
  let ready = warm(next);
  return {
    async take(which?: 'the last'): Promise<ChildProcess> {
      const child = next;
      await ready;
      if (which === undefined) {
        next = make();
        ready = warm(next);
      }
      return child;
    },
    async close(): Promise<void> {
      for (const child of all) child.kill('SIGKILL');
      await Promise.all([...all].map(ended));
    },
  };
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
}
