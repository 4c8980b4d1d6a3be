import { writeFileSync } from 'node:fs';
import { chart } from './chart.ts';
import { checks } from './checks.ts';
import { latency } from './latency.ts';
import { endAll } from './processes.ts';
import { resultsOf, resultsText } from './results.ts';
import { type Findings, openRun, type Run } from './run.ts';
import { secondFactor } from './second-factor.ts';
import { signIns } from './sign-ins.ts';
import { packages, page } from './small.ts';
import { memory, start } from './start.ts';
import { table } from './table.ts';

/**
 * `npm run bench`: measures every line of the budget and writes it down; `npm run bench -- quick` does it in less time on less
 * data, and words such as `checks` name what alone is measured: then nothing is written. Exit code 1: something could not be
 * measured.
 */
const groups: Record<string, (run: Run) => Promise<Findings>> = {
  checks,
  'sign-ins': signIns,
  'second-factor': secondFactor,
  latency,
  start,
  memory,
  page,
  packages,
};

const words = process.argv.slice(2);
const quick = words.includes('quick');
const named = words.filter((word) => word !== 'quick');
const stranger = named.find((word) => !Object.hasOwn(groups, word));
if (stranger !== undefined) {
  say(`"${stranger}" is nothing to measure; there are ${Object.keys(groups).join(', ')}, and quick.`);
  process.exit(2);
}

const run = openRun(quick, say);
process.on('exit', () => {
  endAll();
  run.close();
});
for (const [signal, code] of [
  ['SIGINT', 130],
  ['SIGTERM', 143],
  ['SIGHUP', 129],
] as const)
  process.on(signal, () => process.exit(code));
process.exit(await main());

async function main(): Promise<number> {
  const made = new Date();
  const wanted = named.length > 0 ? named : Object.keys(groups);
  const findings: Findings[] = [];
  for (const name of wanted) {
    const found = await measured(name);
    if (found) findings.push(found);
  }
  const whole = findings.length === wanted.length;
  const took = performance.now() / 1000;
  const results = resultsOf(findings, { made, took, repeats: run.repeats, pinned: run.pins !== undefined });
  process.stdout.write(`\n${table(results)}`);
  if (whole && !quick && named.length === 0) {
    writeFileSync(new URL('results.json', import.meta.url), resultsText(results));
    writeFileSync(new URL('chart.svg', import.meta.url), chart(JSON.parse(resultsText(results))));
    say('written to bench/results.json and bench/chart.svg');
  }
  return whole ? 0 : 1;
}

async function measured(name: string): Promise<Findings | undefined> {
  const began = performance.now();
  say(`measuring ${name}`);
  try {
    const found = await groups[name]?.(run);
    say(`${name} took ${Math.round((performance.now() - began) / 1000)} s`);
    return found;
  } catch (error) {
    say(`${name} could not be measured: ${error instanceof Error ? error.message : error}`);
    return undefined;
  }
}

function say(sentence: string): void {
  process.stderr.write(`bench: ${sentence}\n`);
}
