import { Writable } from 'node:stream';
import { type Call, Failure, type Io } from './call.ts';

/**
 * Secrets that a person types: at a terminal after a question and without echo, else the first line of stdin. Never as an
 * argument, which every process of the machine can read and the shell remembers.
 */

/** Bytes of a line on stdin; far more than the longest password. */
const longestLine = 16 * 1024;

/** A new password: typed twice at a terminal, since nobody sees it. Throws `Failure` when none comes, or two that differ. */
export async function askNewPassword(call: Call, whose: string): Promise<string> {
  const questions = [`New password for ${whose}: `, 'The same again: '];
  const [password = '', again] = await ask(call.io, questions);
  if (again !== undefined && again !== password) throw new Failure('The two are not the same; nothing was changed.');
  if (password === '')
    throw new Failure('No password came. Type it when asked, or send it as the first line of stdin.', 2);
  return password;
}

/** One secret, such as that of an authenticator. Throws `Failure` when none comes. */
export async function askSecret(call: Call, what: string): Promise<string> {
  const [secret = ''] = await ask(call.io, [`${what}: `]);
  if (secret.trim() === '')
    throw new Failure('Nothing came. Type it when asked, or send it as the first line of stdin.', 2);
  return secret;
}

/** The answers to the questions at a terminal; without one, the first line of stdin alone. */
async function ask(io: Io, questions: readonly string[]): Promise<string[]> {
  return io.stdin.isTTY ? askUnseen(io, questions) : [await firstLine(io)];
}

async function askUnseen(io: Io, questions: readonly string[]): Promise<string[]> {
  const { createInterface } = await import('node:readline');
  const unseen = new Writable({ write: (_chunk, _encoding, done) => done() });
  const reader = createInterface({ input: io.stdin, output: unseen, terminal: true, historySize: 0 });
  reader.once('SIGINT', () => reader.close());
  const lines = reader[Symbol.asyncIterator]();
  const answers: string[] = [];
  try {
    for (const question of questions) {
      io.stderr.write(question);
      const line = await lines.next();
      io.stderr.write('\n');
      if (line.done) throw new Failure('Stopped; nothing was changed.');
      answers.push(line.value);
    }
    return answers;
  } finally {
    reader.close();
  }
}

/** Up to the first newline, which is removed, and with it the carriage return of Windows. */
async function firstLine({ stdin }: Io): Promise<string> {
  let bytes = Buffer.alloc(0);
  for await (const chunk of stdin) {
    bytes = Buffer.concat([bytes, Buffer.from(chunk)]);
    if (bytes.includes(0x0a) || bytes.length > longestLine) break;
  }
  const end = bytes.indexOf(0x0a);
  const line = end < 0 ? bytes : bytes.subarray(0, end);
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(line).replace(/\r$/, '');
  } catch {
    throw new Failure('The first line of stdin is not UTF-8; nothing was changed. Send it as UTF-8.', 2);
  }
}
