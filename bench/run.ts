import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type DataSet, generate } from './data/generate.ts';
import type { Job, Measured } from './load.ts';
import { cores, type Running, runJob, startServer, twoCores } from './processes.ts';
import { type Limit, type Spread, spread } from './statistics.ts';

/** What the groups of rows share: how long and how often to measure, data sets, and how servers are started. */
export interface Run {
  quick: boolean;
  repeats: number;
  /** One thing in a full run and another in a quick one. */
  either<Value>(full: Value, quick: Value): Value;
  /** The two sizes that are compared. */
  many: number;
  few: number;
  /** The data set of so many users, made when it is first asked for; sign-ins with passwords leave it as good as it was. */
  dataSet(users: number): Promise<DataSet>;
  /** One that nobody else is given. */
  ownDataSet(users: number): Promise<DataSet>;
  /** A new empty folder, gone when the run is over. */
  folder(): string;
  pins: ReturnType<typeof twoCores>;
  say(sentence: string): void;
}

/** A line of the budget with the figure of each repeat. */
export interface Row {
  id: string;
  what: string;
  unit: '×' | 'MB' | 'kB' | '';
  limit: Limit;
  values: number[];
  /** The same ratio in CPU time of the server for each answer, which a noisy machine moves less. */
  cpu?: number | undefined;
  /** Why the figures do not tell whether the row is met, whatever they are. */
  unsure?: string | undefined;
}

/** An absolute figure, for information. */
export interface Figure extends Spread {
  what: string;
  unit: string;
  /** CPU time of the server for each answer, in ms. */
  cpu?: number | undefined;
}

export interface Findings {
  rows: Row[];
  figures: Figure[];
}

export const password = 'four unrelated plain words';

export function openRun(quick: boolean, say: Run['say']): Run & { close(): void } {
  const base = mkdtempSync(join(tmpdir(), 'countersign-bench-'));
  const sets = new Map<number, Promise<DataSet>>();
  let folders = 0;
  const folder = () => {
    const made = join(base, String(++folders));
    mkdirSync(made);
    return made;
  };
  const make = async (users: number) => {
    say(`making ${users.toLocaleString('en')} users and sessions`);
    return generate({ folder: folder(), users, seed: 'bench', password });
  };
  return {
    quick,
    repeats: quick ? 3 : 5,
    either: (full, short) => (quick ? short : full),
    many: quick ? 20_000 : 1_000_000,
    few: 1000,
    async dataSet(users) {
      const made = sets.get(users) ?? make(users);
      sets.set(users, made);
      return made;
    },
    ownDataSet: make,
    folder,
    pins: twoCores(),
    say,
    close: () => rmSync(base, { recursive: true, force: true }),
  };
}

/** The threads on which hashes run, in ours and in what it is held against: one a core, and Node's four at least. */
export const threads = { UV_THREADPOOL_SIZE: String(Math.max(4, cores)) };

/** The arguments with which the built service serves a folder; its log is on, as by default, and goes nowhere. */
export function ours({ data, keyFile }: Pick<DataSet, 'data' | 'keyFile'>, ...flags: string[]): string[] {
  const places = ['--data', data, '--key-file', keyFile, '--host', '127.0.0.1'];
  return [fileURLToPath(new URL('../dist/cli/main.js', import.meta.url)), 'serve', ...places, ...flags];
}

/** The service where each sign-in comes from another address, which a proxy passes on. */
export async function startForSignIns(set: DataSet): Promise<Running> {
  const proxied = ['--port', '0', '--trust-proxy', '127.0.0.1', '--drain', '0s', '--hash-concurrency', String(cores)];
  return startServer({ command: ours(set, ...proxied), env: threads });
}

export function peer(name: string): string {
  return fileURLToPath(new URL(`peers/${name}.mjs`, import.meta.url));
}

/** Runs the load generator on a server that is there. */
export async function load(job: Job, core?: number): Promise<Measured> {
  const limit = (job.seconds + job.warmUp + 30) * 1000;
  return runJob<Measured>({ command: [fileURLToPath(new URL('load.ts', import.meta.url))], core }, job, limit);
}

/** Each of them measured once, one after the other, and that as often as the run repeats. */
export async function inTurns<Name extends string, Result>(
  { repeats }: Run,
  measures: Record<Name, (turn: number) => Promise<Result>>,
): Promise<Record<Name, Result[]>> {
  const names = Object.keys(measures) as Name[];
  const results = Object.fromEntries(names.map((name) => [name, []])) as unknown as Record<Name, Result[]>;
  for (let turn = 0; turn < repeats; turn += 1)
    for (const name of names) results[name].push(await measures[name](turn));
  return results;
}

export function figure(what: string, unit: string, values: readonly number[], cpu?: number): Figure {
  return { what, unit, ...spread(values), ...(cpu === undefined ? {} : { cpu }) };
}

/** All of them, or nothing where the system shows none. */
export function known(values: readonly (number | undefined)[]): number[] | undefined {
  const there = values.filter((value) => value !== undefined);
  return there.length === values.length ? there : undefined;
}
