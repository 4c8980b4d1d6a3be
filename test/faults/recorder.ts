import { existsSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { addressesOf, callable, type Ffi, type Library, type Native, type Signature } from './native.ts';

/** One thing that SQLite has asked of the system, in the order in which it did. Files are named without their folder. */
export type Step =
  | { kind: 'write'; file: string; at: number; bytes: Buffer }
  | { kind: 'truncate'; file: string; size: number }
  /** When this is done, all that was written to the file before is on the disk. */
  | { kind: 'sync'; file: string }
  | { kind: 'create'; file: string }
  | { kind: 'delete'; file: string };

/** Where things stand in what SQLite hands out: https://www.sqlite.org/c3ref/vfs.html and …/io_methods.html */
const inVfs = { length: 168, next: 16, name: 24, open: 40, delete: 48 };
const inMethods = { length: 152, write: 24, truncate: 32, sync: 40 };

const signatures = {
  find: { arguments: ['pointer'], return: 'pointer' },
  register: { arguments: ['pointer', 'i32'], return: 'i32' },
  open: { arguments: ['pointer', 'pointer', 'pointer', 'i32', 'pointer'], return: 'i32' },
  delete: { arguments: ['pointer', 'pointer', 'i32'], return: 'i32' },
  write: { arguments: ['pointer', 'pointer', 'i32', 'i64'], return: 'i32' },
  truncate: { arguments: ['pointer', 'i64'], return: 'i32' },
  sync: { arguments: ['pointer', 'i32'], return: 'i32' },
} satisfies Record<string, Signature>;

/**
 * Puts a VFS of ours between the SQLite of this process and its own one, which hears of each write, truncation, sync and
 * deletion in a folder and then has the own one do it: it is the real program on real files that is listened to. Answers
 * what ends it, which is to be called when nothing is open any more. `scratch` is a folder for what is needed besides.
 */
export function listen(ffi: Ffi, folder: string, scratch: string, hear: (step: Step) => void): () => void {
  // SQLite has a VFS when it has been used once.
  new DatabaseSync(':memory:').close();
  const sqlite = callable(ffi, addressesOf(['sqlite3_vfs_find', 'sqlite3_vfs_register']), join(scratch, 'sqlite.so'));
  const find = sqlite.getFunction('sqlite3_vfs_find', signatures.find);
  const register = sqlite.getFunction('sqlite3_vfs_register', signatures.register);
  const own = pointer(find(0n));
  const ours = Buffer.from(ffi.toBuffer(own, inVfs.length));
  const name = Buffer.from('listening\0');
  ours.writeBigUInt64LE(0n, inVfs.next);
  ours.writeBigUInt64LE(ffi.getRawPointer(name), inVfs.name);

  const ownVerbs = callable(
    ffi,
    new Map([
      ['open', ffi.getUint64(own, inVfs.open)],
      ['delete', ffi.getUint64(own, inVfs.delete)],
    ]),
    join(scratch, 'vfs.so'),
  );
  const open = ownVerbs.getFunction('open', signatures.open);
  const remove = ownVerbs.getFunction('delete', signatures.delete);
  const files = new Map<bigint, string>();
  // A journal has other verbs than a database, because nobody locks it.
  const methods = new Map<bigint, Buffer>();

  /** The name of a file that is listened to. */
  const named = (path: number | bigint): string | undefined => {
    if (pointer(path) === 0n) return undefined;
    const text = ffi.toString(pointer(path));
    return dirname(text) === folder ? basename(text) : undefined;
  };
  const onOpen: Native = (_vfs, path, file, flags, out) => {
    const known = named(path);
    const isNew = known !== undefined && !existsSync(join(folder, known));
    const result = open(own, path, file, flags, out);
    if (result !== 0 || known === undefined) return result;
    if (isNew) hear({ kind: 'create', file: known });
    files.set(pointer(file), known);
    const ownMethods = ffi.getUint64(pointer(file));
    const listening =
      methods.get(ownMethods) ?? listeningMethods(ffi, ownMethods, { files, hear, scratch, keeper: sqlite });
    methods.set(ownMethods, listening);
    ffi.setUint64(pointer(file), 0, ffi.getRawPointer(listening));
    return result;
  };
  const onDelete: Native = (_vfs, path, syncs) => {
    const known = named(path);
    const result = remove(own, path, syncs);
    if (result === 0 && known !== undefined) hear({ kind: 'delete', file: known });
    return result;
  };
  ours.writeBigUInt64LE(sqlite.registerCallback(signatures.open, onOpen), inVfs.open);
  ours.writeBigUInt64LE(sqlite.registerCallback(signatures.delete, onDelete), inVfs.delete);
  register(ffi.getRawPointer(ours), 1);
  // SQLite keeps ours in its list, behind its own.
  kept.push(sqlite, ownVerbs, ours, name, methods);
  return () => void register(own, 1);
}

const kept: unknown[] = [];
const pointer = (given: number | bigint): bigint => BigInt(given);

interface Listening {
  files: ReadonlyMap<bigint, string>;
  hear(step: Step): void;
  scratch: string;
  keeper: Library;
}

/** The verbs on an open file, of which three are heard of. */
function listeningMethods(ffi: Ffi, own: bigint, { files, hear, scratch, keeper }: Listening): Buffer {
  const methods = Buffer.from(ffi.toBuffer(own, inMethods.length));
  const verbs = ['write', 'truncate', 'sync'] as const;
  const ownVerbs = callable(
    ffi,
    new Map(verbs.map((verb) => [verb, ffi.getUint64(own, inMethods[verb])])),
    join(scratch, `methods-${own}.so`),
  );
  kept.push(ownVerbs);
  const wrap = (verb: (typeof verbs)[number], stepOf: (file: string, ...given: (number | bigint)[]) => Step): void => {
    const real = ownVerbs.getFunction(verb, signatures[verb]);
    const heard: Native = (file, ...given) => {
      const name = files.get(pointer(file));
      const step = name === undefined ? undefined : stepOf(name, ...given);
      const result = real(file, ...given);
      if (step && result === 0) hear(step);
      return result;
    };
    methods.writeBigUInt64LE(keeper.registerCallback(signatures[verb], heard), inMethods[verb]);
  };
  wrap('write', (file, bytes = 0n, length = 0, at = 0n) => {
    // A copy: SQLite uses its memory again.
    return { kind: 'write', file, at: Number(at), bytes: Buffer.from(ffi.toBuffer(pointer(bytes), Number(length))) };
  });
  wrap('truncate', (file, size = 0n) => ({ kind: 'truncate', file, size: Number(size) }));
  wrap('sync', (file) => ({ kind: 'sync', file }));
  return methods;
}
