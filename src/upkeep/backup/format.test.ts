import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { createKeyring, parseKeys } from '../../seal.ts';
import { checkSeal, fileOf, openBackup } from './format.ts';

const keyring = (letter: string) => createKeyring(parseKeys(`k1 ${Buffer.alloc(32, letter).toString('base64')}`), 'k1');
const ours = keyring('a');
const about = {
  ...{ version: '1.0.0', schema: '0010-generations', made_at: '2026-11-23T12:00:00.000Z' },
  ...{ generation: null, audit_sequence: 7 },
};
const lines = ['{"table":"users","columns":{"id":"text"}}', '["ü"]', '["b"]', '{"tables":{},"counters":{}}'];

async function made(): Promise<Buffer> {
  let text = '';
  for await (const piece of fileOf(about, from(lines), ours)) text += piece;
  return Buffer.from(text);
}

async function* from<T>(items: Iterable<T>): AsyncGenerator<T> {
  yield* items;
}

/** Reads a file as a restore does. */
async function read(bytes: Buffer, sealer = ours, length = 65_536): Promise<string[]> {
  const count = Math.ceil(bytes.length / length);
  const pieces = Array.from({ length: count }, (_, at) => bytes.subarray(at * length, (at + 1) * length));
  const { header, contents, seal } = await openBackup(from(pieces));
  assert.equal(header.countersign, 'backup');
  const found: string[] = [];
  for await (const line of contents) found.push(line);
  checkSeal(sealer, seal());
  return found;
}

test('a file gives back what was written, and says in its first line that it holds no key', async () => {
  const file = await made();
  for (const length of [65_536, 7, 1]) assert.deepEqual(await read(file, ours, length), lines, 'parted anywhere');
  assert.match(file.toString().split('\n')[0] ?? '', /"keys":"none: without a copy of the key file/);
});

test('a file that ends early anywhere is refused', async () => {
  const file = await made();
  for (let length = 0; length < file.length; length += 1)
    await assert.rejects(read(file.subarray(0, length)), { name: 'BackupError' }, `${length} bytes`);
});

test('a file in which a byte has changed anywhere, or that goes on, is refused', async () => {
  const file = await made();
  for (let at = 0; at < file.length; at += 1) {
    const changed = Buffer.from(file);
    changed[at] = (changed[at] ?? 0) ^ 1;
    await assert.rejects(read(changed), { name: 'BackupError' }, `byte ${at}`);
  }
  for (const more of ['\n', '["c"]\n', file.toString()])
    await assert.rejects(read(Buffer.concat([file, Buffer.from(more)])), { name: 'BackupError' });
});

test('who has no key can change no file, though he makes its checksum right again', async () => {
  const [seal = '', ...before] = (await made()).toString().trimEnd().split('\n').reverse();
  const text = `${before.reverse().join('\n').replace('["b"]', '["c"]')}\n`;
  const { key, mac } = JSON.parse(seal);
  const sha256 = createHash('sha256').update(text).digest('hex');
  const forged = (by: object): Buffer => Buffer.from(`${text}${JSON.stringify({ sha256, key, mac, ...by })}\n`);
  await assert.rejects(read(forged({})), /changed by somebody without the key file/);
  await assert.rejects(read(forged({ mac: '' })), /changed by somebody without the key file/);
  await assert.rejects(read(forged({ key: 'k9' })), /signed with key "k9", which the key file does not hold/);
  await assert.rejects(
    read(await made(), keyring('b')),
    /changed by somebody without the key file, or comes from another/,
  );
});

test('bytes that would be read as what stood there are refused all the same', async () => {
  const file = Buffer.from((await made()).toString());
  const bom = Buffer.from([0xef, 0xbb, 0xbf]);
  for (const changed of [Buffer.concat([bom, file]), Buffer.concat([file, Buffer.from([0xc3])])])
    await assert.rejects(read(changed), /^BackupError: This (?:file is damaged|is no backup)/);
  const replaced: Buffer[] = [];
  for await (const piece of fileOf(about, from(['["\ufffd"]', '{}']), ours)) replaced.push(Buffer.from(piece));
  const whole = Buffer.concat(replaced);
  assert.deepEqual(await read(whole), ['["\ufffd"]', '{}']);
  const at = whole.indexOf('\ufffd');
  const invalid = Buffer.concat([whole.subarray(0, at), Buffer.from([0xff]), whole.subarray(at + 3)]);
  await assert.rejects(read(invalid), /^BackupError: This file is damaged/);
});

test('a row that is too long to be read again is not written', async () => {
  const pieces = fileOf(about, from([`["${'a'.repeat(65_536)}"]`]), ours);
  await assert.rejects(pieces.next(), /^BackupError: A row is longer than any that this service writes/);
});

test('a file that cannot be signed is not written', async () => {
  const pieces = fileOf(about, from(lines), { ...ours, deriveFrom: () => undefined });
  await assert.rejects(pieces.next(), /^Error: Key "k1" is not held/);
});

test('a file of a later format names what can read it, and any other file is no backup', async () => {
  const later = (await made()).toString().replace('"format":1', '"format":2');
  await assert.rejects(
    read(Buffer.from(later)),
    /^BackupError: This backup has format 2; install the version that made it/,
  );
  for (const other of ['', '\n', 'SQLite format 3\0', '{}\n', '{"countersign":"backup"}\n', '\u0000'.repeat(5_000_000)])
    await assert.rejects(read(Buffer.from(other)), /^BackupError: This (?:file is damaged|is no backup)/);
});
