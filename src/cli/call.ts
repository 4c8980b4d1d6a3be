import type { Readable, Writable } from 'node:stream';
import type { Settings } from './settings.ts';

/** What a command reads from and writes to. Only `main.ts` knows that these belong to a process. */
export interface Io {
  stdin: Readable & { isTTY?: boolean };
  stdout: Writable & { isTTY?: boolean };
  stderr: Writable;
  env: Readonly<Record<string, string | undefined>>;
}

/** One verb as it was typed. */
export interface Call {
  io: Io;
  /** What stands beside the flags: a name, an id, a file. The required ones are there. */
  args: readonly string[];
  flags: Readonly<Record<string, unknown>>;
  /** The options in force. Throws `OptionError` for one that cannot be. */
  settings(): Settings;
  /** Writes the answer to stdout: `data` as one JSON document where `--json` was given, else `text`. */
  answer(text: string, data: object): void;
  /** Says something beside the answer, on stderr, to whoever reads along. */
  say(sentence: string): void;
}

/** 1: it did not work. 2: the command or an option is wrong, trying again does not help. 3: there is no such thing. */
export type ExitCode = 1 | 2 | 3;

/** An end that is not a success; the message is one or two sentences that say what to do next, or lines of such. */
export class Failure extends Error {
  override name = 'Failure';
  readonly exitCode: ExitCode;

  constructor(lines: string | readonly string[], exitCode: ExitCode = 1) {
    super([lines].flat().join('\n'));
    this.exitCode = exitCode;
  }
}

/** Text without what could steer a terminal (a user agent is anybody's text): that becomes a question mark. */
export function clean(text: string): string {
  return text.replace(/[\p{C}\p{Zl}\p{Zp}]/gu, '?');
}

/** Rows as aligned lines, cleaned. */
export function columns(rows: readonly (readonly string[])[]): string {
  const cleaned = rows.map((row) => row.map(clean));
  const widths = (cleaned[0] ?? []).map((_, at) => Math.max(...cleaned.map((row) => (row[at] ?? '').length)));
  return cleaned
    .map((row) =>
      row
        .map((cell, at) => cell.padEnd(widths[at] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}
