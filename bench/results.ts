import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { cpus, release, totalmem, type } from 'node:os';
import { fileURLToPath } from 'node:url';
import { cores } from './processes.ts';
import type { Figure, Findings, Row } from './run.ts';
import { type Limit, type Spread, spread, type Verdict, verdict } from './statistics.ts';

/** What a run has found: what `results.json` holds. */
export interface Results {
  made: string;
  /** How long the run took, in seconds. */
  took: number;
  repeats: number;
  commit: string;
  machine: { cpu: string; cores: number; memory: string; system: string; node: string; pinned: boolean };
  versions: Record<string, string>;
  rows: Judged[];
  figures: Figure[];
}

export interface Judged extends Spread {
  id: string;
  what: string;
  unit: Row['unit'];
  limit: Limit;
  cpu?: number;
  verdict: Verdict;
  unsure?: string;
}

/** Median, spread and verdict of a row. */
export function judge({ id, what, unit, limit, values, cpu, unsure }: Row): Judged {
  return {
    ...{ id, what, unit, limit, ...spread(values) },
    ...(cpu === undefined ? {} : { cpu }),
    verdict: unsure === undefined ? verdict(values, limit) : 'noisy',
    ...(unsure === undefined ? {} : { unsure }),
  };
}

export function resultsOf(
  findings: readonly Findings[],
  run: { made: Date; took: number; repeats: number; pinned: boolean },
): Results {
  return {
    made: run.made.toISOString(),
    took: Math.round(run.took),
    repeats: run.repeats,
    commit: commit(),
    machine: machine(run.pinned),
    versions: versions(),
    rows: findings.flatMap(({ rows }) => rows.map(judge)),
    figures: findings.flatMap(({ figures }) => figures),
  };
}

/** As it is written: figures to four digits, more of which no run repeats. */
export function resultsText(results: Results): string {
  const short = (_: string, value: unknown) =>
    typeof value === 'number' && !Number.isInteger(value) ? Number(value.toPrecision(4)) : value;
  return `${JSON.stringify(results, short, 2)}\n`;
}

export function readResults(): Results {
  return JSON.parse(readFileSync(fileURLToPath(new URL('results.json', import.meta.url)), 'utf8'));
}

function machine(pinned: boolean): Results['machine'] {
  const memory = `${Math.round(totalmem() / 1e9)} GB`;
  const cpu = cpus()[0]?.model.trim() ?? 'unknown';
  return { cpu, cores, memory, system: `${type()} ${release()}`, node: process.version, pinned };
}

function commit(): string {
  const git = (...args: string[]) => {
    const { status, stdout } = spawnSync('git', args, { cwd: import.meta.dirname, encoding: 'utf8' });
    return status === 0 ? stdout.trim() : undefined;
  };
  const head = git('rev-parse', '--short', 'HEAD');
  if (head === undefined) return 'unknown';
  return git('status', '--porcelain', '--', ':(top)src') === '' ? head : `${head}, with changes`;
}

/** Of us, of the peers, and of what both stand on. */
function versions(): Record<string, string> {
  const of = (file: string): string => JSON.parse(readFileSync(new URL(file, import.meta.url), 'utf8')).version;
  const modules = (name: string) => `../node_modules/${name}/package.json`;
  return {
    countersign: of('../package.json'),
    'better-auth': of('node_modules/better-auth/package.json'),
    fastify: of(modules('fastify')),
    '@node-rs/argon2': of(modules('@node-rs/argon2')),
  };
}
