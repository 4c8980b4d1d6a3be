import { createHash } from 'node:crypto';
import * as z from 'zod';
import type { Sealer } from '../../seal.ts';
import { isSigned, sign } from '../signature.ts';
import { BackupError, damaged, parseLine } from './backup-error.ts';

/**
 * A backup as a file: a first line that says what it is, the lines of its contents, and a last line with a SHA-256 over
 * all before and an HMAC of that, which only a holder of the key file can make: who can write to where backups lie
 * cannot change what they bring back. No key is in it.
 */
const firstLine = z.object({
  countersign: z.literal('backup'),
  format: z.int(),
  keys: z.string(),
  /** Of the program that made it. */
  version: z.string(),
  /** The newest migration that was run on the database. */
  schema: z.string(),
  made_at: z.iso.datetime(),
  /** The generation of the database, where it has one. */
  generation: z.string().nullable(),
  /** The newest row of the audit log; 0 where there is none. */
  audit_sequence: z.int().min(0),
});
const lastLine = z.strictObject({ sha256: z.string(), key: z.string(), mac: z.base64() });

export type Header = z.infer<typeof firstLine>;
export type Seal = z.infer<typeof lastLine>;

const format = 1;
const noKeys = 'none: without a copy of the key file nothing that is sealed in here opens';

/** The lines of a file, with their newlines, in pieces of some size. */
export async function* fileOf(
  about: Omit<Header, 'countersign' | 'format' | 'keys'>,
  contents: AsyncIterable<string>,
  sealer: Sealer,
): AsyncGenerator<string> {
  const digest = createHash('sha256');
  let piece = `${JSON.stringify({ countersign: 'backup', format, keys: noKeys, ...about } satisfies Header)}\n`;
  for await (const line of contents) {
    if (line.length > longestLine) throw new BackupError(tooLong);
    piece += `${line}\n`;
    if (piece.length < pieceLength) continue;
    digest.update(piece);
    yield piece;
    piece = '';
  }
  digest.update(piece);
  const sha256 = digest.digest('hex');
  yield `${piece}${JSON.stringify({ sha256, ...sign(sealer, 'backup', sha256) } satisfies Seal)}\n`;
}

const pieceLength = 64 * 1024;

/** Throws `BackupError` unless a holder of the key file has made the file. */
export function checkSeal(sealer: Sealer, { key, mac, sha256 }: Seal): void {
  const isOurs = isSigned(sealer, 'backup', sha256, { key, mac });
  if (isOurs === undefined)
    throw new BackupError(`This backup was signed with key "${key}", which the key file does not hold. Put that back.`);
  if (isOurs) return;
  throw new BackupError(
    'This backup was changed by somebody without the key file, or comes from another service. Take another one, and look at who could write to it.',
  );
}

/** A backup that is being read. */
export interface Opened {
  header: Header;
  /** To be read to its end, once. Throws `BackupError` where the file is not what was written. */
  contents: AsyncGenerator<string>;
  /** The last line, when the contents have been read. */
  seal(): Seal;
}

/** Reads the first line. Throws `BackupError` where it is none of ours. */
export async function openBackup(bytes: AsyncIterable<Uint8Array>): Promise<Opened> {
  const lines = linesIn(bytes);
  const digest = createHash('sha256');
  const take = async (): Promise<string> => {
    const { value, done } = await lines.next();
    if (done) throw damaged();
    return value;
  };
  const first = await take();
  digest.update(`${first}\n`);
  let seal: Seal | undefined;

  async function* contents(): AsyncGenerator<string> {
    for (;;) {
      const line = await take();
      seal = line.startsWith('{"sha256"') ? lastLine.safeParse(parseLine(line)).data : undefined;
      if (seal) break;
      digest.update(`${line}\n`);
      yield line;
    }
    if (seal.sha256 !== digest.digest('hex') || !(await lines.next()).done) throw damaged();
  }

  return {
    header: headerOf(first),
    contents: contents(),
    seal() {
      if (!seal) throw damaged();
      return seal;
    },
  };
}

function headerOf(line: string): Header {
  if (!line.startsWith('{"countersign":"backup"'))
    throw new BackupError('This is no backup of Countersign. Name the file that `countersign db backup` has written.');
  const parsed = parseLine(line);
  const given = firstLine.pick({ countersign: true, format: true }).safeParse(parsed).data;
  if (given && given.format !== format)
    throw new BackupError(`This backup has format ${given.format}; install the version that made it, or a newer one.`);
  const { data } = firstLine.safeParse(parsed);
  if (!data) throw damaged();
  return data;
}

/** Far more than any row has, in characters: what is no backup may have no line at all. */
const longestLine = 64 * 1024;
const tooLong =
  'A row is longer than any that this service writes: find out who could write to the database. To keep it as it is, copy its files.';

/**
 * Lines without their newlines. Throws `BackupError` where the last one has none, because it was cut off, and for bytes
 * that would be read as others than they are.
 */
async function* linesIn(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  const decode = (chunk?: Uint8Array): string => {
    try {
      return decoder.decode(chunk, { stream: chunk !== undefined });
    } catch {
      throw damaged();
    }
  };
  let rest = '';
  for await (const chunk of bytes) {
    const [begun = '', ...others] = decode(chunk).split('\n');
    const lines = [rest + begun, ...others];
    rest = lines.pop() ?? '';
    if (rest.length > longestLine) throw damaged();
    yield* lines;
  }
  if (rest + decode() !== '') throw damaged();
}
