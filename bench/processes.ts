import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { availableParallelism } from 'node:os';
import { text } from 'node:stream/consumers';

/** Processes of a run: started on a core of their own where that can be, watched, and ended whatever happens. */
export interface Running {
  pid: number;
  port: number;
  stop(): Promise<void>;
}

const children = new Set<ChildProcess>();

/** How long a server may take to start. */
const startLimit = 60_000;

/** Ends whatever still runs; for the end of the program, however it comes. */
export function endAll(): void {
  for (const child of children) child.kill('SIGKILL');
}

interface Start {
  /** The arguments of Node. */
  command: readonly string[];
  /** The core it is pinned to; else it runs on all. */
  core?: number | undefined;
  env?: Record<string, string> | undefined;
}

/** Starts a server, which says on stderr that it is "Listening on http://…:PORT". Its stdout goes nowhere. */
export async function startServer(start: Start): Promise<Running> {
  const child = spawnNode(start, ['ignore', 'ignore', 'pipe']);
  let said = '';
  const port = await within(
    startLimit,
    `${start.command.join(' ')} to listen`,
    new Promise<number>((resolve, reject) => {
      child.stderr?.setEncoding('latin1').on('data', (words: string) => {
        said = (said + words).slice(-10_000);
        const found = /Listening on http:\/\/[^\s:]+:(\d+)/.exec(said);
        if (found) resolve(Number(found[1]));
      });
      child.once('error', reject);
      child.once('exit', (code) => reject(new Error(`${start.command.join(' ')} ended with ${code}:\n${said}`)));
    }),
  );
  return { pid: child.pid ?? 0, port, stop: () => stop(child) };
}

/** Starts a process of which nothing is wanted but that it runs. */
export function startQuiet(start: Start): { pid: number; stop(): Promise<void> } {
  const child = spawnNode(start, ['ignore', 'ignore', 'ignore']);
  return { pid: child.pid ?? 0, stop: () => stop(child) };
}

/** Runs a program that takes JSON on stdin and answers JSON on stdout; throws where it takes longer than `limit` ms. */
export async function runJob<Answer>(start: Start, job: unknown, limit: number): Promise<Answer> {
  const child = spawnNode(start, ['pipe', 'pipe', 'inherit']);
  child.stdin?.on('error', () => {}).end(JSON.stringify(job));
  if (!child.stdout) throw new Error('There is no stdout.');
  try {
    const words = await within(limit, start.command.join(' '), text(child.stdout));
    if (words === '') throw new Error(`${start.command.join(' ')} has answered nothing; its reason stands above.`);
    return JSON.parse(words);
  } finally {
    await stop(child);
  }
}

function spawnNode({ command, core, env }: Start, stdio: ('ignore' | 'inherit' | 'pipe')[]): ChildProcess {
  const node = [process.execPath, ...command];
  const [program = '', ...rest] = core === undefined ? node : ['taskset', '-c', String(core), ...node];
  const child = spawn(program, rest, {
    stdio,
    env: { ...process.env, NODE_ENV: 'production', NODE_COMPILE_CACHE: undefined, ...env },
  });
  children.add(child);
  child.once('exit', () => children.delete(child));
  return child;
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), 5000);
  await ended;
  clearTimeout(timer);
}

/** The result, or an error that says for what it was waited in vain. */
export async function within<Result>(limit: number, what: string, work: Promise<Result>): Promise<Result> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`Waited ${limit / 1000} s in vain for ${what}.`)), limit);
  });
  return Promise.race([work, late]).finally(() => clearTimeout(timer));
}

/** Two cores to pin to, where the system knows `taskset` and lets us have two: the ends of the list are seldom one core's threads. */
export function twoCores(): { server: number; generator: number } | undefined {
  if (process.platform !== 'linux' || spawnSync('taskset', ['--version']).status !== 0) return undefined;
  const list = /^Cpus_allowed_list:\s*(.*)$/m.exec(proc('self', 'status'))?.[1];
  const cores = (list ?? '').split(',').flatMap((range) => {
    const [from = Number.NaN, to = from] = range.split('-').map(Number);
    return Number.isNaN(from) ? [] : Array.from({ length: to - from + 1 }, (_, index) => from + index);
  });
  const [generator, server] = [cores[0], cores.at(-1)];
  return generator === undefined || server === undefined || cores.length < 2 ? undefined : { server, generator };
}

export const cores = availableParallelism();

/** CPU time that a process has used so far, in ms, to 10 ms; undefined where the system does not show it. */
export function cpuTime(pid: number): number | undefined {
  if (process.platform !== 'linux') return undefined;
  const stat = proc(pid, 'stat');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) * 10;
}

/** Resident memory of a process in MB as the system counts memory, of 1,024 times 1,024 bytes; undefined where it does not show it. */
export function residentMemory(pid: number): number | undefined {
  if (process.platform !== 'linux') return undefined;
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(proc(pid, 'status'))?.[1]) / 1024;
}

function proc(pid: number | 'self', file: string): string {
  return readFileSync(`/proc/${pid}/${file}`, 'latin1');
}

/** A port that is free now. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('There is no port.');
  return address.port;
}
