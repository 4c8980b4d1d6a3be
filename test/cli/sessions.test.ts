import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { countersign, inFolder } from './process.ts';

/**
 * Runs test/cli/sessions/*.txt, each in a folder of its own. A line there begins with
 *
 *   $  a command: variables, `countersign`, arguments ('…' holds one with spaces)
 *   <  a line for its stdin, which else is empty
 *   >  a line it writes to stdout, all of them in order; … stands for anything, alone on a line for any lines
 *   !  the same for stderr
 *   =  its exit code, which else is 0
 *   #  a comment
 */
interface Step {
  command: string;
  stdin: string[];
  stdout: string[];
  stderr: string[];
  code: number;
}

const folder = join(import.meta.dirname, 'sessions');

describe('sessions at the command line', { concurrency: true }, () => {
  for (const file of readdirSync(folder).sort()) {
    test(file.replace(/\.txt$/, '').replaceAll('-', ' '), () => inFolder((cwd) => replay(file, cwd)));
  }
});

async function replay(file: string, cwd: string): Promise<void> {
  for (const step of read(readFileSync(join(folder, file), 'utf8'))) {
    const words = [...step.command.matchAll(/'([^']*)'|(\S+)/g)].map((match) => match[1] ?? match[2] ?? '');
    const at = words.indexOf('countersign');
    const env = Object.fromEntries(words.slice(0, at).map((word) => word.split('=') as [string, string]));
    const outcome = await countersign(words.slice(at + 1), { folder: cwd, env, stdin: step.stdin.join('') });
    const all = `$ ${step.command}\n${outcome.stdout}${outcome.stderr}= ${outcome.code}`;
    assert.match(outcome.stdout, pattern(step.stdout), `stdout of ${all}`);
    assert.match(outcome.stderr, pattern(step.stderr), `stderr of ${all}`);
    assert.equal(outcome.code, step.code, all);
  }
}

function read(text: string): Step[] {
  const steps: Step[] = [];
  for (const line of text.split('\n')) {
    const [mark, rest] = [line.charAt(0), line.slice(2)];
    if (mark === '$') steps.push({ command: rest, stdin: [], stdout: [], stderr: [], code: 0 });
    const step = steps.at(-1);
    if (mark === '' || mark === '#' || mark === '$') continue;
    if (mark === '<') step?.stdin.push(`${rest}\n`);
    else if (mark === '>') step?.stdout.push(rest);
    else if (mark === '!') step?.stderr.push(rest);
    else if (mark === '=' && step) step.code = Number(rest);
    else throw new Error(`a line that begins with "${mark}": ${line}`);
  }
  return steps;
}

function pattern(lines: string[]): RegExp {
  const each = lines.map((line) =>
    line === '…' ? '(?:.*\\n)*?' : `${line.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&').replaceAll('…', '.*')}\\n`,
  );
  return new RegExp(`^${each.join('')}$`);
}
