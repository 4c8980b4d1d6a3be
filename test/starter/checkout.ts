/**
 * Checkouts for the starter's tests, in a temporary folder, with a stand-in for npm that leaves behind what npm leaves:
 * the real one takes the network and half a minute.
 */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const project = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const base = mkdtempSync(join(tmpdir(), 'countersign-starter-'));
export const started = new Set<ChildProcess>();

/** Ends what was started and removes what was made. */
export function cleanUp(): void {
  for (const one of started) one.kill('SIGKILL');
  rmSync(base, { recursive: true, force: true });
}

/** A lock file that asks for one package, and for another one on other platforms. */
export const lock = (version: string): string =>
  JSON.stringify({
    packages: {
      '': {},
      'node_modules/a': { version, integrity: `sha512-${version}` },
      'node_modules/other-platform': { version: '1.0.0', optional: true, os: [`not-${process.platform}`] },
    },
  });

/** Does as `npm ci` does: empties node_modules, takes its time, brings Node, and writes its own lock file last. */
const npm = `#!${process.execPath}
import fs from 'node:fs';
fs.appendFileSync('npm-calls', JSON.stringify({ args: process.argv.slice(2), stdin: fs.fstatSync(0).isCharacterDevice() }) + '\\n');
console.log('words of npm on stdout');
fs.rmSync('node_modules', { recursive: true, force: true });
if (fs.existsSync('npm-fails')) process.exit(9);
setTimeout(() => {
  fs.mkdirSync('node_modules/a', { recursive: true });
  fs.writeFileSync('node_modules/a/package.json', '{}');
  if (!fs.existsSync('npm-brings-no-node')) {
    fs.mkdirSync('node_modules/node/bin', { recursive: true });
    if (fs.existsSync('npm-brings-strange-node')) fs.writeFileSync('node_modules/node/bin/node', 'not for here', { mode: 0o755 });
    else fs.symlinkSync(process.execPath, 'node_modules/node/bin/node');
  }
  const { packages } = JSON.parse(fs.readFileSync('package-lock.json'));
  fs.writeFileSync('node_modules/.package-lock.json', JSON.stringify({ packages: { 'node_modules/a': packages['node_modules/a'] } }));
}, Number(process.env.NPM_TAKES ?? 0));
`;

/** What the starter starts: says its arguments on stdout, then ends, or waits for a signal. */
const program = `#!/usr/bin/env node
import { writeFileSync } from 'node:fs';
const given: string[] = process.argv.slice(2);
process.stdout.write(JSON.stringify(given) + '\\n');
if (given.includes('wait')) {
  process.on('SIGTERM', () => process.exit(7));
  process.on('SIGINT', () => process.exit(8));
  setInterval(() => {}, 1000);
  writeFileSync('waiting', String(process.pid));
}
if (given.includes('abort')) process.kill(process.pid, 'SIGKILL');
if (given.includes('fail')) process.exitCode = 3;
`;

export interface Checkout {
  folder: string;
  /** Runs `node scripts/starter.mjs …` in it. */
  start(args: string[], env?: Record<string, string | undefined>): ChildProcess;
  run(args: string[], env?: Record<string, string | undefined>): Promise<Outcome>;
  calls(): { args: string[]; stdin: boolean }[];
  write(file: string, content: string): void;
}

interface Outcome {
  code: number | null;
  signal: string | null;
  stdout: string;
  stderr: string;
}

export function checkout(engines = '>=24.18'): Checkout {
  const folder = mkdtempSync(join(base, 'checkout-'));
  const write = (file: string, content: string): void => {
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    writeFileSync(join(folder, file), content);
  };
  cpSync(join(project, 'scripts'), join(folder, 'scripts'), { recursive: true });
  write('package.json', JSON.stringify({ name: 'countersign', type: 'module', engines: { node: engines } }));
  write('package-lock.json', lock('1.0.0'));
  write('src/cli/main.ts', program);
  write('bin/npm', npm);
  write('test/databases/suite.json', '[]');
  write('test/databases/global.ts', '');
  chmodSync(join(folder, 'bin', 'npm'), 0o755);
  const start: Checkout['start'] = (args, env = {}) => {
    const run = spawn(process.execPath, [join(folder, 'scripts', 'starter.mjs'), ...args], {
      cwd: folder,
      env: { ...process.env, NODE_TEST_CONTEXT: undefined, PATH: `${join(folder, 'bin')}:${process.env.PATH}`, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    started.add(run);
    return run;
  };
  return {
    folder,
    start,
    write,
    run: (args, env) => outcome(start(args, env)),
    calls: () =>
      existsSync(join(folder, 'npm-calls'))
        ? readFileSync(join(folder, 'npm-calls'), 'utf8')
            .trim()
            .split('\n')
            .map((line) => JSON.parse(line))
        : [],
  };
}

export async function outcome(run: ChildProcess): Promise<Outcome> {
  assert.ok(run.stdout && run.stderr);
  const [stdout, stderr, [code, signal]] = await Promise.all([text(run.stdout), text(run.stderr), once(run, 'close')]);
  return { code, signal, stdout, stderr };
}

/** Waits for a file, for half a minute at most. */
export async function file(path: string): Promise<void> {
  for (let tries = 0; tries < 3000 && !existsSync(path); tries += 1) await wait(10);
  assert.ok(existsSync(path), `${path} never came`);
}
