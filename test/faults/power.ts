import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createKeyFile } from '../../src/upkeep/key-file.ts';
import type { Account } from './account.ts';
import { compare, examine } from './check.ts';
import { createClock } from './clock.ts';
import { createDisk, fates, type Image } from './disk.ts';
import { doorIn } from './door.ts';
import { lookAt, type Place } from './look.ts';
import type { Ffi } from './native.ts';
import { count, live, makePeople, type Person, type Tally } from './people.ts';
import { type Random, randomOf } from './random.ts';
import { listen, type Step } from './recorder.ts';
import { storedFacts } from './stored.ts';
import { openVictim } from './victim.ts';

/** What people had been told when SQLite took a step, and what was under way. */
interface Moment {
  step: Step;
  people: readonly Remembered[];
  now: number;
}

type Remembered = Pick<Person, 'doing'> & { may: readonly Account[] };

/** A service's whole life on one SQLite file, step by step as SQLite took them. */
export interface Life {
  moments: readonly Moment[];
  end: Omit<Moment, 'step'>;
  keyFile: string;
  /** What people did. */
  tally: Tally;
}

const names = ['alice', 'bob', 'carol', 'dave'];

/**
 * Has a service begin on an empty folder, several people live on it, stop, and begin again, in this process, and writes
 * down each step that its SQLite takes. `folder` is for whatever is needed.
 */
export async function recordLife(
  ffi: Ffi,
  folder: string,
  { seed, deeds }: { seed: number; deeds: number },
): Promise<Life> {
  const place: Place = { data: join(folder, 'data'), keyFile: join(folder, 'keys', 'k'), databaseUrl: '' };
  const clock = createClock();
  const moments: Moment[] = [];
  const tally: Tally = new Map();
  const people: Person[] = [];
  const present = () => ({ people: people.map(({ may, doing }) => ({ may, doing })), now: clock.now });
  await createKeyFile(place.keyFile, 'or fail');
  const stop = listen(ffi, place.data, folder, (step) => moments.push({ step, ...present() }));
  try {
    for (const half of [1, 2]) {
      const server = await openVictim(place, () => clock.now);
      const door = doorIn(server, clock);
      if (half === 1)
        for (const [index, name] of names.entries())
          people.push(...(await makePeople(server.service, [name], seed + index)));
      await Promise.all(people.map((person) => live(person, { door, clock, tally }, deeds / names.length / 2)));
      await server.close();
    }
  } finally {
    stop();
  }
  return { moments, end: present(), keyFile: place.keyFile, tally };
}

/** Which steps of a life are left out, by the step itself and those around it: as if SQLite had never taken them. */
export type Unheard = (step: Step, before: Step | undefined, next: Step | undefined) => boolean;

/** What is tried of a life: so many failures of power, and each so-many-th of them looked at through the front door. */
export interface Plan {
  failures: number;
  doorEvery: number;
  seed: number;
  unheard?: Unheard;
}

/**
 * Lets the power fail in a life again and again: between any two steps, with each fate for what was not synced. Each time a
 * service is started on what is left, and everything that had been acknowledged by then must be there, and nothing that
 * was over. Throws at the first that is not so, and says where it was.
 */
export async function failPower(
  life: Life,
  folder: string,
  { failures, doorEvery, seed, unheard }: Plan,
): Promise<Tally> {
  const random = randomOf(seed);
  const tally: Tally = new Map();
  const disk = createDisk();
  const chosen = chooseMoments(life.moments, failures / fates.length, random);
  for (const [index, moment] of life.moments.entries()) {
    if (chosen.has(index)) {
      for (const fate of fates) {
        count(tally, 'failures');
        const byDoor = random.below(doorEvery) === 0;
        const where = `before step ${index} of ${life.moments.length} (${moment.step.kind} ${moment.step.file}), ${fate}`;
        const failure = { image: disk.image(fate, random), moment, where, byDoor, keyFile: life.keyFile };
        await survive(failure, folder, tally);
      }
    }
    const { step } = moment;
    if (!unheard?.(step, life.moments[index - 1]?.step, life.moments[index + 1]?.step)) disk.take(step);
  }
  const last = { image: disk.image('none of it is kept', random), moment: life.end, where: 'at the end', byDoor: true };
  await survive({ ...last, keyFile: life.keyFile }, folder, tally);
  return tally;
}

/** Half of them anywhere; half around the steps that are few, and on which most depends: all but writes and syncs of the WAL. */
function chooseMoments(moments: readonly Moment[], most: number, random: Random): Set<number> {
  const rare = moments.flatMap(({ step }, index) => (isRare(step, moments[index - 1]?.step) ? [index, index + 1] : []));
  const chosen = new Set<number>();
  const add = (from: readonly number[], until: number): void => {
    for (let tries = 0; from.length > 0 && chosen.size < until && tries < until * 20; tries += 1)
      chosen.add(from[random.below(from.length)] ?? 0);
  };
  add(rare, most / 2);
  add([...moments.keys()], most);
  return chosen;
}

/** The first and the last of a checkpoint's writes, and whatever happens to a file as a whole. */
function isRare(step: Step, before: Step | undefined): boolean {
  if (step.kind === 'sync') return !step.file.endsWith('-wal');
  return step.kind !== 'write' || step.file !== before?.file || step.at === 0;
}

interface Failure {
  image: Image;
  moment: Omit<Moment, 'step'>;
  where: string;
  byDoor: boolean;
  keyFile: string;
}

async function survive(
  { image, moment, where, byDoor, keyFile }: Failure,
  folder: string,
  tally: Tally,
): Promise<void> {
  const data = await mkdtemp(join(folder, 'failed-'));
  const place: Place = { data, keyFile, databaseUrl: '' };
  const clock = createClock(moment.now);
  try {
    await mkdir(data, { recursive: true });
    for (const [name, bytes] of image) await writeFile(join(data, name), bytes);
    const server = byDoor || moment.people.length === 0 ? await openVictim(place, () => clock.now) : undefined;
    try {
      const { stored } = await lookAt(place);
      const door = server && doorIn(server, clock);
      if (door) count(tally, 'by the door');
      for (const { may, doing } of moment.people) {
        const person = { may, doing };
        const facts = storedFacts(stored, may);
        const verdict = door ? await examine(person, facts, { door, clock }) : compare(person, facts);
        if (verdict) count(tally, verdict);
      }
    } finally {
      await server?.close();
    }
  } catch (error) {
    throw new Error(`the power failed ${where}: ${error instanceof Error ? error.message : error}`, { cause: error });
  } finally {
    await rm(data, { recursive: true, force: true });
  }
}
