import { Readable, Writable } from 'node:stream';
import { run } from '../src/cli/program.ts';

export interface Outcome {
  code: number;
  stdout: string;
  stderr: string;
}

/** Runs one command line in this process, with these variables alone; nothing is on stdin where none is given. */
export async function command(
  args: readonly string[],
  env: Record<string, string | undefined>,
  stdin?: string | Buffer,
): Promise<Outcome> {
  const outputs = { stdout: '', stderr: '' };
  const into = (name: keyof typeof outputs): Writable =>
    new Writable({
      write(chunk, _encoding, done) {
        outputs[name] += chunk;
        done();
      },
    });
  const io = { stdin: Readable.from(stdin ? [stdin] : []), stdout: into('stdout'), stderr: into('stderr'), env };
  return { code: await run(args, io), ...outputs };
}
