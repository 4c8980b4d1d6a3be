import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The real command line in processes of its own, in a folder of its own, without the options of whoever runs the tests. */
export const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const main = join(root, 'src', 'cli', 'main.ts');

export interface Outcome {
  code: number | null;
  stdout: string;
  stderr: string;
}

export interface Given {
  folder: string;
  env?: Record<string, string>;
  stdin?: string;
}

/** Runs a command to its end. */
export async function countersign(args: readonly string[], { stdin = '', ...given }: Given): Promise<Outcome> {
  const run = begin(args, given);
  // Who reads nothing may be gone before it is written.
  run.child.stdin?.on('error', () => {});
  run.child.stdin?.end(stdin);
  return run.end;
}

export interface Run {
  child: ChildProcess;
  /** The output so far. */
  stdout(): string;
  stderr(): string;
  /** Waits until the output has this, as long as the test may take; answers the match. */
  until(pattern: RegExp): Promise<RegExpExecArray>;
  end: Promise<Outcome>;
}

/** Starts a command that goes on. */
export function begin(args: readonly string[], { folder, env = {} }: Given): Run {
  const child = spawn(process.execPath, [main, ...args], { cwd: folder, env: { ...bare(), ...env } });
  const outputs = { stdout: '', stderr: '' };
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => (outputs.stdout += chunk));
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => (outputs.stderr += chunk));
  const closed = once(child, 'close');
  return {
    child,
    stdout: () => outputs.stdout,
    stderr: () => outputs.stderr,
    async until(pattern) {
      for (;;) {
        const match = pattern.exec(outputs.stdout) ?? pattern.exec(outputs.stderr);
        if (match) return match;
        if (child.exitCode !== null)
          throw new Error(`ended with ${child.exitCode}: ${outputs.stdout}${outputs.stderr}`);
        await Promise.race([once(child.stdout, 'data'), once(child.stderr, 'data'), closed]);
      }
    },
    end: closed.then(([code]) => ({ code, ...outputs })),
  };
}

/** Gives the work a folder, and takes it away whatever happens. */
export async function inFolder(work: (folder: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'countersign-cli-'));
  try {
    await work(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function bare(): Record<string, string | undefined> {
  return Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/^(COUNTERSIGN_|NODE_(?!COMPILE_CACHE$))/.test(name)),
  );
}
